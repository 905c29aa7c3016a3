"""Airflow's settings for tests of DAGs, and a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import airflow_home

HOME = airflow_home.settle()


@pytest.fixture(scope="session")
def database() -> Path:
    """Airflow's home with an empty database in it."""
    from realsyn_local import database

    if not database.is_ready():
        database.prepare()
    return HOME
