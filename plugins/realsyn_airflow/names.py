"""Names that both sides of a run have to agree on; imports nothing of Airflow."""

from __future__ import annotations


def triggered_run_id(dag_id: str, run_id: str, map_index: int | None = None) -> str:
    """Name the run that a task triggers after the task's own run, the same on every try."""
    number = f"__{map_index}" if map_index is not None and map_index >= 0 else ""
    return f"{dag_id}__{run_id}{number}"
