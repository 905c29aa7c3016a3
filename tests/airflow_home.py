"""Airflow for tests: a home of its own, the settings of local.env, a chosen data plane.

Imported by conftests before anything of Airflow, whose settings are read on import.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from functools import lru_cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
DATA_PYTHON = PROJECT / ".venvs" / "data" / "bin" / "python"
# What the tiny encoder needs, and the embedded one does not.
TINY_STAGES = {"link_neighbours": {"image_cosine": 0.999}, "search_lists": {"hub_penalty": 0.0}}


def settle() -> Path:
    """Point Airflow at a temporary home; give it. The second call changes nothing."""
    if home := os.environ.get("REALSYN_TEST_HOME"):
        return Path(home)
    home = tempfile.mkdtemp(prefix="realsyn-airflow-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["REALSYN_TEST_HOME"] = home
    os.environ["REALSYN_AIRFLOW_HOME"] = home
    from realsyn_local import places

    os.environ.update(places.environment(port=1))
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "WARNING"
    return Path(home)


def tiny_data_python(folder: Path) -> Path:
    """Write what stands in for the data plane's Python: the same, warm, and with tiny models."""
    client = PROJECT / "tests" / "warm_client.py"
    own = f"{DATA_PYTHON} -m tests.tiny_data_plane"
    warm = f"{DATA_PYTHON} -I -S {client} {warm_data_plane()}"
    # A viewer looks at whose child it is, and is one for long.
    choice = f'if [ "$1" = view ]; then exec {own} "$@"; else exec {warm} "$@"; fi'
    return script(folder, f"shift 2\n{choice}\n")


@lru_cache(maxsize=1)
def warm_data_plane() -> Path:
    """Start the process that commands of the data plane are forks of; give its socket."""
    folder = tempfile.mkdtemp(prefix="realsyn-warm-")
    path = Path(folder) / "tiny_data_plane"
    server = subprocess.Popen(
        [DATA_PYTHON, "-m", "tests.warm_data_plane", path],
        cwd=PROJECT,
        env={k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "REALSYN"))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin and server.stdout
    assert server.stdout.readline() == "ready\n"
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    return path


def script(folder: Path, text: str) -> Path:
    """Write an executable shell script that is called as `python -m realsyn_tasks WORDS`."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    path.chmod(0o755)
    return path


def ask(home: Path, path: str, body: Any = None, method: str = "") -> Any:
    """Ask the REST API of the local Airflow that has this home."""
    with fetch(home, f"/api/v2/{path}", body, method) as answer:
        return json.load(answer)


def fetch(home: Path, path: str, body: Any = None, method: str = "") -> Any:
    """Open an address of the local Airflow that has this home, as its user."""
    token = _token(base(home), (home / "login.json").read_text())
    request = urllib.request.Request(
        f"{base(home)}{path}",
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method=method or ("POST" if body else "GET"),
    )
    return urllib.request.urlopen(request, timeout=60)


@lru_cache(maxsize=8)
def _token(address: str, logins: str) -> str:
    """Log in once: a test asks hundreds of times, and tokens last for a day."""
    [(user, password)] = json.loads(logins).items()
    login = json.dumps({"username": user, "password": password}).encode()
    asking = urllib.request.Request(
        f"{address}/auth/token", login, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asking, timeout=60) as answer:
        return str(json.load(answer)["access_token"])


def base(home: Path) -> str:
    """Give the address of the local Airflow that has this home."""
    port = json.loads((home / "local.json").read_text())["port"]
    return f"http://127.0.0.1:{port}"
