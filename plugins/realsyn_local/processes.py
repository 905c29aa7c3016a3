"""Starts, finds and stops the processes of the local Airflow.

Whatever was started here, and whatever that started, carries a marker in its environment; so
leftovers are found by looking, not by believing a file that a crash left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from realsyn_local import database, places, ports
from realsyn_local.ports import StartError

START_TIMEOUT = 240.0  # seconds; a busy machine needs its time
STOP_TIMEOUT = 4.0  # what is cut off by that, the next start takes up


@dataclass(frozen=True)
class Airflow:
    """A running Airflow; `mine` if this process started it and has to stop it."""

    port: int
    mine: bool

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://localhost:{self.port}"


def launch() -> Airflow:
    """Give the Airflow that runs already, or start one without waiting for it."""
    places.LOGS.mkdir(parents=True, exist_ok=True)
    with _locked():
        port = running_port()
        if port:
            return Airflow(port, mine=False)
        _kill(marked())
        with ports.reserved() as (port, held):
            if not database.is_ready():
                _prepare_database(port)
            database.bury_jobs()
            state = {"port": port, "pid": _start_components(port, held)}
        places.STATE.write_text(json.dumps(state), encoding="utf-8")
    return Airflow(port, mine=True)


def wait_until_healthy(airflow: Airflow) -> None:
    """Wait until all four components answer; StartError with the log of one that died."""
    deadline = time.monotonic() + START_TIMEOUT
    while not is_healthy(airflow.port):
        _require_alive()
        if time.monotonic() > deadline:
            raise StartError(f"Airflow is not up after {START_TIMEOUT:.0f} s; see {places.LOGS}")
        time.sleep(0.3)


def is_healthy(port: int) -> bool:
    """Say whether database, scheduler, dag processor and triggerer are all well."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=10)
        states = [part["status"] for part in answer.json().values()]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False
    return len(states) >= 4 and all(state == "healthy" for state in states)


def running_port() -> int | None:
    """Give the port of the Airflow that runs here, if it does."""
    state = _state()
    return int(state["port"]) if state.get("pid") in marked() else None


def stop() -> bool:
    """End all that was started here: politely, then for good. False if there was nothing."""
    with _locked():
        pids = marked()
        pid = _state().get("pid")
        if pid in pids:
            _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while marked() and time.monotonic() < deadline:
            time.sleep(0.1)
        _kill(marked())
        places.STATE.unlink(missing_ok=True)
    return bool(pids)


def marked() -> list[int]:
    """List the processes with our marker, but for this one and its own parents."""
    wanted = f"{places.MARKER}={places.HOME}".encode()
    pids = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    pids.append(int(folder.name))
    return pids


def _state() -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(places.STATE.read_text(encoding="utf-8"))
        return state
    except (FileNotFoundError, ValueError):
        return {}


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    places.HOME.mkdir(parents=True, exist_ok=True)
    with places.LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepare_database(port: int) -> None:
    log = places.LOGS / "database.log"
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "realsyn_local.database"],
            env=places.environment(port),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise StartError(f"Airflow's database cannot be made ready; see {log}")


def _start_components(port: int, held: int) -> int:
    with (places.LOGS / "components.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "realsyn_local.components"],
            env=places.environment(port),
            cwd=places.HOME,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[held],
        )
    _children.append(process)
    return process.pid


_children: list[subprocess.Popen[bytes]] = []


def _require_alive() -> None:
    if any(process.poll() is not None for process in _children):
        log = places.LOGS / "components.log"
        words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
        raise StartError(f"Airflow has died; see the logs in {places.LOGS}\n" + "\n".join(words))


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill(pids: list[int]) -> None:
    for pid in pids:
        _signal(pid, signal.SIGKILL)
    for process in _children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
