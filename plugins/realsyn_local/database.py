"""Airflow's database, made ready before its processes start: tables and pools.

Run as `python -m realsyn_local.database` in Airflow's environment.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from importlib.metadata import version

from realsyn_local import places

DATABASE = places.HOME / "airflow.db"
STAMP = places.HOME / "database.stamp"


def fingerprint() -> str:
    """Digest what the database was made ready for."""
    parts = [version("apache-airflow-core"), places.POOLS.read_text(encoding="utf-8")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_ready() -> bool:
    """Say whether the tables and pools are as they should be."""
    present = STAMP.is_file() and DATABASE.is_file()
    return present and STAMP.read_text(encoding="utf-8") == fingerprint()


def prepare() -> None:
    """Make tables and pools."""
    from airflow.models.pool import Pool
    from airflow.utils import db

    db.initdb()
    for name, pool in json.loads(places.POOLS.read_text(encoding="utf-8")).items():
        Pool.create_or_update_pool(
            name, slots=pool["slots"], description=pool["description"], include_deferred=False
        )
    STAMP.write_text(fingerprint(), encoding="utf-8")


def bury_jobs() -> None:
    """Mark jobs as failed that say they run: nothing does, before Airflow is started.

    The scheduler then takes up their tasks at once, instead of waiting for heartbeats to age.
    Plain SQL, since importing Airflow's models for it would take seconds.
    """
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.execute("UPDATE job SET state = 'failed' WHERE state = 'running'")


if __name__ == "__main__":
    prepare()
