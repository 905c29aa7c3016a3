"""When a build is late: by hours that the profile names, or by its plan, in Airflow's database."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.api.common.trigger_dag import trigger_dag
from airflow.models.dagrun import DagRun
from airflow.models.deadline import Deadline
from airflow.sdk.definitions.deadline import DeadlineReference
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select

from realsyn_airflow import deadlines, notices
from realsyn_airflow.deadlines import PATIENCE, PlanDeadline, planned_hours
from realsyn_tasks.core.errors import ConfigError

NUMBERS = itertools.count()
HOOK = {"channels": {"hook": {"by": "webhook", "connection": "hook"}}}
TOLD = {**HOOK, "events": {"build_late": ["hook"]}}


@pytest.fixture(scope="module")
def told(database: Path) -> None:
    """The DAG of builds in a deployment that tells of late ones, as a scheduler finds it."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    manager = DagBundlesManager()
    with create_session() as session:
        manager.sync_bundles_to_db(session=session)
    [bundle] = manager.get_all_dag_bundles()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALSYN_NOTICES", json.dumps(TOLD))
        file = Path(bundle.path) / "realsyn_build.py"
        bag = BundleDagBag(file, bundle_path=bundle.path, bundle_name=bundle.name)
        sync_bag_to_db(bag, bundle.name, bundle.version)


def triggered(**form: str) -> list[timedelta]:
    """Trigger a build as the API does; give how long after it was queued it is late."""
    run_id, by = f"late-{next(NUMBERS)}", DagRunTriggeredByType.TEST
    with create_session(scoped=False) as session:
        trigger_dag("realsyn_build", run_id=run_id, conf=form, triggered_by=by, session=session)
        session.commit()
        run = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
        due = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)).all()
        return [deadline.deadline_time - run.queued_at for deadline in due]


def test_each_build_has_a_deadline_by_its_own_plan(told: None) -> None:
    [small], [large] = triggered(scale="300"), triggered(scale="15m", crawl="/nowhere")
    expected = PATIENCE * planned_hours({"scale": "15m", "crawl": "/nowhere"})
    assert large == pytest.approx(timedelta(hours=expected), abs=timedelta(seconds=5))
    assert small < large / 10


def test_a_form_without_a_plan_starts_all_the_same_and_without_a_deadline(
    told: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert triggered(scale="many") == []
    assert "has no deadline" in caplog.text


def test_hours_of_the_profile_overrule_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notices.deadline() is None
    monkeypatch.setenv("REALSYN_NOTICES", json.dumps({**TOLD, "late_hours": 3}))
    alert: Any = notices.deadline()
    assert (alert.interval, alert.reference) == (
        timedelta(hours=3),
        DeadlineReference.DAGRUN_QUEUED_AT,
    )
    monkeypatch.setenv("REALSYN_NOTICES", json.dumps(TOLD))
    assert isinstance(notices.deadline().reference, PlanDeadline)  # type: ignore[union-attr]


def test_the_plan_is_that_of_the_largest_scale_and_of_the_crawl() -> None:
    one, more, crawling = (
        planned_hours(form)
        for form in (
            {"scale": "15m"},
            {"scale": "15m,100m"},
            {"scale": "15m,100m", "crawl": "/nowhere"},
        )
    )
    assert 0 < one < more < crawling
    assert planned_hours({}) == planned_hours({"scale": "demo", "crawl": None})
    with pytest.raises(ConfigError, match="scale"):
        planned_hours({"scale": "15m,many"})


def test_airflow_knows_the_reference_by_the_plugin() -> None:
    from airflow.plugins_manager import get_deadline_references_plugins

    path = f"{deadlines.__name__}.{PlanDeadline.__qualname__}"
    assert get_deadline_references_plugins()[path] is PlanDeadline
