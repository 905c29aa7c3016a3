"""Airflow's settings for tests of plugins, and a server that stands in for AWS."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests import airflow_home

HOME = airflow_home.settle()
SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """An endpoint of AWS's services on this machine, run by the data plane's environment."""
    server = subprocess.Popen(
        [airflow_home.DATA_PYTHON, "-c", SERVER],
        cwd=airflow_home.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout
    yield server.stdout.readline().strip()
    server.communicate()


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """Airflow's own server, whose routes take seconds to make."""
    from airflow.api_fastapi.app import create_app, purge_cached_app

    yield create_app()
    purge_cached_app()
