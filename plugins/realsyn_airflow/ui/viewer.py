"""Where the viewer is: where the deployment says, or a child of this server, started on demand.

REALSYN_VIEWER         its address, such as http://realsyn-viewer:8790; unset: a child is started
REALSYN_VIEWER_TOKEN   what it wants to be shown

A child is started once, whichever of the server's processes is asked first: the others find it by
a file in AIRFLOW_HOME that only this user can read. It ends with the process that started it.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import select
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from airflow.configuration import AIRFLOW_HOME

from realsyn_airflow import aws, seam, settings
from realsyn_airflow.failures import DataPlaneFailure

ADDRESS, TOKEN = "REALSYN_VIEWER", "REALSYN_VIEWER_TOKEN"
PATIENCE = 90.0  # seconds in which a child has to say where it listens
_inside = threading.Lock()
_lasting = ExitStack()  # what a child reads as long as it runs
atexit.register(_lasting.close)
_children: list[subprocess.Popen[bytes]] = []  # kept, so that an ended one is waited for


class NoViewer(Exception):
    """There is no viewer, and none can be started; says what to do."""


@dataclass(frozen=True)
class Viewer:
    """Where one listens, and what it wants to be shown."""

    url: str
    token: str
    pid: int = 0  # of a child
    born: str = ""  # when that began, for ids are used again


def viewer() -> Viewer:
    """Give the viewer of this deployment, started now if it has to be; NoViewer says why not."""
    if address := os.environ.get(ADDRESS, "").rstrip("/"):
        token = os.environ.get(TOKEN, "")
        if not token:
            raise NoViewer(f"{ADDRESS} names a viewer: set {TOKEN} to its token, too")
        return Viewer(address, token)
    with _alone():
        return _known() or _started()


def _home() -> Path:
    return Path(AIRFLOW_HOME)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep out other threads and other processes of this server."""
    with _inside, (_home() / "viewer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _known() -> Viewer | None:
    try:
        known = Viewer(**json.loads((_home() / "viewer.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    _children[:] = [child for child in _children if child.poll() is None]
    return known if known.born and known.born == birth(known.pid) else None


def birth(pid: int) -> str:
    """Say when a process began, in the kernel's ticks; "" if it is gone."""
    try:
        # The name in parentheses may have spaces; the state comes after it, the birth at place 22.
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if words[0] == "Z" else words[19]


def _started() -> Viewer:
    token = secrets.token_urlsafe(32)
    child = _child(token)
    try:
        said = _announced(child)
    except NoViewer:
        child.kill()
        child.wait()
        raise
    made = Viewer(said["url"].rstrip("/"), token, child.pid, birth(child.pid))
    _keep(made)
    _children.append(child)
    return made


def _child(token: str) -> subprocess.Popen[bytes]:
    python = settings.data_python()
    if not python.exists():
        raise NoViewer(
            f"there is no viewer: {ADDRESS} names none, and there is no data plane at {python} to"
            " start one with; docs/ui.md says how to run one"
        )
    words = ["-m", "realsyn_tasks", "view", "--parent", str(os.getpid())]
    try:
        variables = _lasting.enter_context(aws.environment(seam.environment()))
    except DataPlaneFailure as error:
        raise NoViewer(f"there is no viewer: {error}") from error
    with _log().open("wb") as log:
        return subprocess.Popen(
            [str(python), *words],
            cwd=settings.PROJECT,
            env=variables | {TOKEN: token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )


def _log() -> Path:
    log = _home() / "logs" / "viewer.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return log


def _announced(child: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Read the line in which a child says where it listens."""
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], PATIENCE)
    line = child.stdout.readline() if ready else b""
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        why = "did not start in time" if not ready else "ended at once"
        raise NoViewer(f"the viewer {why}; its log says why: {_log()}") from None
    return said


def _keep(made: Viewer) -> None:
    file = _home() / "viewer.json"
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        json.dump(asdict(made), target)
    new.replace(file)
