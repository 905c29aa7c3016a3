"""The tiny data plane as forks of one process, which has imported what its commands share.

Most of what a command on a tiny crawl costs is to import; a test of a whole build runs a hundred.
Each command is a process all the same, with its caller's words, environment, folder and streams,
and dies when its caller does (tests/warm_client.py, which is what Airflow starts).

Run as `python -m tests.warm_data_plane SOCKET`; says "ready", and ends with its standard input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

import realsyn_tasks
from realsyn_tasks import cli
from tests.tiny_data_plane import deploy, hold
from tests.warm_client import STREAMS

REQUEST = 1 << 20  # bytes; words and environment
SHARED = (
    "PIL.Image",
    "great_expectations",
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "tests.tiny_models",
)


def main(path: str) -> None:
    """Serve until standard input ends; in a child, be the command that was asked for."""
    load()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        serve(listener)


def load() -> None:
    """Import what commands share."""
    for module in pkgutil.walk_packages(realsyn_tasks.__path__, "realsyn_tasks."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in SHARED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def serve(listener: socket.socket) -> None:
    """Fork a guard for every caller."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        caller, _ = listener.accept()
        if not os.fork():
            guard(caller)
        caller.close()
        reap()


def reap() -> None:
    """Let guards go that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def guard(caller: socket.socket) -> NoReturn:
    """Run what a caller asks for, and end it with its caller; tell that how it ended."""
    try:
        told, streams, *_ = socket.recv_fds(caller, REQUEST, STREAMS)
        while not told.endswith(b"\n"):
            told += caller.recv(REQUEST) or b"{}\n"
        watch(caller, json.loads(told), streams)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def watch(caller: socket.socket, request: dict[str, Any], streams: list[int]) -> None:
    pid = os.fork()
    if not pid:
        become(request, streams)
    for stream in streams:
        os.close(stream)
    child = os.pidfd_open(pid)
    with suppress(OSError):  # a caller that is gone is met below
        caller.sendall(b"%d\n" % pid)
    either: list[Any] = [child, caller]
    ready, _, _ = select.select(either, [], [])
    if child not in ready:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):
        caller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the command, as a process of its own would."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(STREAMS, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["realsyn", *request["words"]]
    code: Any = 1
    try:
        hold(request["words"])
        deploy()
        cli.main()
        code = 0
    except SystemExit as left:
        code = left.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main(sys.argv[1])
