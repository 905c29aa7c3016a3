"""Airflow's settings for tests of DAGs, and a database."""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def stored(database: Path) -> Iterator[None]:
    """All DAGs in the database, as a scheduler finds them; dag.test() stores none of them again."""
    from airflow.dag_processing import dagbag
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.session import create_session

    manager = DagBundlesManager()  # type: ignore[no-untyped-call]
    with create_session() as session:
        manager.sync_bundles_to_db(session=session)
    [bundle] = manager.get_all_dag_bundles()
    bag = dagbag.BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
    dagbag.sync_bag_to_db(bag, bundle.name, bundle.version)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dagbag, "BundleDagBag", lambda **words: bag)
        patch.setattr(dagbag, "sync_bag_to_db", lambda *words: None)
        yield
