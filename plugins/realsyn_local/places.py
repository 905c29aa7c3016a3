"""Where the local Airflow keeps its things, and the environment its processes get.

REALSYN_AIRFLOW_HOME moves them from .airflow in the project.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from realsyn_local import keys

PROJECT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("REALSYN_AIRFLOW_HOME", PROJECT / ".airflow")).resolve()
LOGS = HOME / "logs" / "local"
STATE = HOME / "local.json"
LOCK = HOME / "local.lock"
LOGIN = HOME / "login.json"
SETTINGS = PROJECT / "include" / "airflow" / "local.env"
POOLS = PROJECT / "include" / "airflow" / "pools.json"
CONNECT_ARGS = {"timeout": 60}  # seconds that a writer waits for SQLite; 5 end in errors under load
MARKER = "REALSYN_LOCAL_HOME"  # in the environment of every process started here


def settings() -> dict[str, str]:
    """Read include/airflow/local.env."""
    lines = (line.strip() for line in SETTINGS.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def secret() -> str:
    """Give the secret by which Airflow's processes trust each other, made at the first start."""
    file = HOME / "secret"
    if not file.is_file():
        keys.write_once(file, secrets.token_urlsafe(48))
    return file.read_text(encoding="utf-8")


def environment(port: int) -> dict[str, str]:
    """Give the environment of Airflow's processes; what is set already wins over local.env."""
    url = f"http://127.0.0.1:{port}"
    own = [f"{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]")]
    folders = {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__SECRET_KEY": secret(),
        "AIRFLOW__API_AUTH__JWT_SECRET": secret(),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(LOGIN),
        "REALSYN_HOSTS": ",".join([*own, os.environ.get("REALSYN_HOSTS", "")]),
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")]),
        MARKER: str(HOME),
    }
    return {**settings(), **os.environ, **folders}
