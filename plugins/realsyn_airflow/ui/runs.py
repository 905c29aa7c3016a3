"""What Airflow's database knows of runs: the roots they worked on, and the build of one run."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select

from realsyn_airflow import settings
from realsyn_tasks.core import prefixes
from realsyn_tasks.core.errors import ConfigError

LATEST = 300  # runs that are asked for their roots
SUGGESTED = 12
OPEN = "open"  # the task that opens a build or an extract


def roots(dags: Collection[str]) -> list[str]:
    """Suggest roots: the deployment's own, then those of these DAGs' latest runs."""
    known = [settings.default_root(), *_roots_of_runs(dags)]
    return [root for root in dict.fromkeys(known) if _is_allowed(root)][:SUGGESTED]


def run(dag_id: str, run_id: str = "") -> dict[str, str] | None:
    """Give root and build of a DAG's run, the latest unless one is named; None if there is none."""
    query = select(DagRun.run_id, DagRun.conf, DagRun.state).where(DagRun.dag_id == dag_id)
    if run_id:
        query = query.where(DagRun.run_id == run_id)
    with create_session(scoped=False) as session:
        row = session.execute(query.order_by(DagRun.id.desc()).limit(1)).first()
        opened = _opened(session, dag_id, row.run_id) if row else None
    if row is None:
        return None
    conf = row.conf if isinstance(row.conf, Mapping) else {}
    build = _build_in(opened) or str(conf.get("build") or "")
    root = str(conf.get("root") or "") or root_of(build) or settings.default_root()
    return {"run_id": row.run_id, "state": str(row.state), "root": root, "build": build}


def root_of(build: str) -> str:
    """Give ROOT out of ROOT/builds/NAME or ROOT/extracts/NAME; "" if it is none."""
    parts = build.rstrip("/").rsplit("/", 2)
    return parts[0] if len(parts) == 3 and parts[1] in ("builds", "extracts") else ""


def _roots_of_runs(dags: Collection[str]) -> Iterator[str]:
    query = select(DagRun.conf).where(DagRun.dag_id.in_(dags))
    with create_session(scoped=False) as session:
        confs = session.scalars(query.order_by(DagRun.id.desc()).limit(LATEST)).all()
    for conf in confs:
        if isinstance(conf, Mapping):
            root = str(conf.get("root") or "") or root_of(str(conf.get("build") or ""))
            if root:
                yield root.rstrip("/")


def _is_allowed(root: str) -> bool:
    try:
        prefixes.allowed(root)
    except ConfigError:
        return False
    return True


def _opened(session: Any, dag_id: str, run_id: str) -> Any:
    query: Any = XComModel.get_many(
        dag_ids=dag_id, run_id=run_id, task_ids=OPEN, key="return_value", limit=1
    )
    row = session.scalars(query).first()
    if row is None:
        return None
    return json.loads(row.value) if isinstance(row.value, str) else row.value


def _build_in(opened: Any) -> str:
    """Give the run that was opened, the first of several; "" where none was yet."""
    first = opened[0] if isinstance(opened, list) and opened else opened
    build = first.get("build") if isinstance(first, Mapping) else first
    return build if isinstance(build, str) else ""
