"""Where batches run: the profile's `dispatch` names the operator.

A new way to run batches is one operator that takes (stage, build, batch), and one line here.
"""

from __future__ import annotations

from airflow.sdk import BaseOperator

from realsyn_airflow import settings
from realsyn_airflow.operators import ShardBatchOperator

OPERATORS: dict[str, type[BaseOperator]] = {
    "process": ShardBatchOperator,
}


def batch_operator() -> type[BaseOperator]:
    """Give the operator that this deployment's profile dispatches batches with."""
    name = settings.profile().get("dispatch", "process")
    try:
        return OPERATORS[name]
    except KeyError:
        known = ", ".join(OPERATORS)
        message = f"profile {settings.profile_name()}: dispatch {name!r} is none of {known}"
        raise ValueError(message) from None
