"""Gives every local Airflow of this machine a port of its own, also when two start at once.

An API server listens only seconds after its port was chosen. Until then, and as long as any of its
processes lives, a lock on a file named after the port says that it is taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

FIRST_PORT = 8080
PORTS = 100


class StartError(RuntimeError):
    """Airflow did not come up."""


@contextlib.contextmanager
def reserved() -> Iterator[tuple[int, int]]:
    """Give a free port and the descriptor of its lock; who inherits that keeps the port.

    Raises StartError if there is none.
    """
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        held = _locked(port)
        if held is None:
            continue
        try:
            if _is_free(port):
                yield port, held
                return
        finally:
            os.close(held)
    raise StartError(f"no free port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1}")


def _locked(port: int) -> int | None:
    name = Path(tempfile.gettempdir()) / f"realsyn-airflow-{os.getuid()}-{port}.lock"
    try:
        held = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # somebody else's file
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
