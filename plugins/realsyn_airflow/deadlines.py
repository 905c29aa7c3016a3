"""When a build is late: after so many hours, or after twice what its own plan says.

Airflow asks where it makes the run, in the API server or the scheduler. What comes from there stops
no build: one whose plan cannot be made has no deadline, and the log says why.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.definitions.deadline import BaseDeadlineReference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

PATIENCE = 2.0  # a build is late after so many times what its plan says


class PlanDeadline(BaseDeadlineReference):
    """The time at which a run of realsyn_build is late against its plan."""

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        """Give it; None where there is no plan."""
        from airflow.models.dagrun import DagRun
        from airflow.sdk.timezone import utcnow
        from sqlalchemy import select

        ours = (DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        try:
            run = session.scalars(select(DagRun).where(*ours)).one()
            hours = PATIENCE * planned_hours(run.conf or {})
        except Exception:
            log.exception("run %s of %s has no deadline: it has no plan", run_id, dag_id)
            return None
        return (run.queued_at or utcnow()) + timedelta(hours=hours)


def planned_hours(form: Mapping[str, Any]) -> float:
    """Give the hours that a build should take by include/costs.yaml and the fleet named there.

    Of several scales it is the longest: they share all but the sample. ConfigError for a scale that
    there is none of.
    """
    from realsyn_airflow import forms
    from realsyn_tasks.report.schedule import hours_of_build
    from realsyn_tasks.runs.targets import scales_of

    scales = scales_of(str(form.get("scale") or forms.scale().value))
    return max(hours_of_build(scale, crawling=bool(form.get("crawl"))) for scale in scales)
