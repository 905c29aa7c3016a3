"""Who may see and do what: Airflow's own permissions on the DAGs of RealSyn."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.models.dag import DagModel

from realsyn_airflow import settings
from realsyn_tasks.stages import PIPELINE

READ = "realsyn_build"  # whoever may see the results of its runs may see the pages
# Acting takes the right to trigger the DAG that does the like of it.
RIGHTS = {"release": "realsyn_ingest", "mark": "realsyn_build", "override": "realsyn_build"}
# What is sent as an action for its size alone, and changes nothing: readers may.
LOOKS = frozenset({"look_for_picture"})


def dags() -> list[str]:
    """Name the DAGs of RealSyn."""
    return sorted(path.stem for path in (settings.PROJECT / "dags").glob("realsyn_*.py"))


def dag_of_action(name: str, body: dict[str, Any]) -> str:
    """Name the DAG whose trigger an action wants; ValueError if its group is none.

    What is said of a group is the matter of whoever may run the group.
    """
    group = body.get("group") if name == "override" else None
    if group and group not in PIPELINE.group_names:
        raise ValueError(f"there is no group {group!r}: {', '.join(PIPELINE.group_names)}")
    return f"realsyn_{group}" if group else RIGHTS.get(name, READ)


def may_read(user: Any) -> bool:
    """Say whether a user may see the pages."""
    return _may(user, "GET", DagAccessEntity.XCOM, READ)


def may_trigger(user: Any, dag: str) -> bool:
    """Say whether a user may start runs of a DAG."""
    return _may(user, "POST", DagAccessEntity.RUN, dag)


def may_see_runs(user: Any, dag: str) -> bool:
    """Say whether a user may see the results of a DAG's runs."""
    return _may(user, "GET", DagAccessEntity.XCOM, dag)


def _may(user: Any, method: Any, entity: Any, dag: str) -> bool:
    details = DagDetails(id=dag, team_name=DagModel.get_team_name(dag))
    manager = get_auth_manager()
    return bool(
        manager.is_authorized_dag(method=method, access_entity=entity, details=details, user=user)
    )


def can(user: Any) -> dict[str, Any]:
    """Tell the pages what their user may do; what is refused is refused again when it is asked."""
    trigger = {dag: may_trigger(user, dag) for dag in dags()}
    acts = {name: trigger.get(dag, False) for name, dag in RIGHTS.items()}
    return {"read": may_read(user), "trigger": trigger, **acts}
