"""Airflow's four components as forks of one process, which has imported what they share.

Run as `python -m realsyn_local.components` in Airflow's environment; ends when one of them ends.
Importing once instead of four times, and once more for every task, more than halves the cost of
starting Airflow and of running a task.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any

from realsyn_airflow import settings
from realsyn_local import execution_api, places

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
SHARED = (
    "airflow.__main__",
    "airflow.cli.commands.daemon_utils",
    "airflow.dag_processing.manager",
    "airflow.dag_processing.processor",
    "airflow.executors.local_executor",
    "airflow.jobs.scheduler_job_runner",
    "airflow.jobs.triggerer_job_runner",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.serialization.serialized_objects",
    "realsyn_airflow.groups",
)
SERVER = "api-server"
REPORTS = "scheduler"  # its tasks report to the API server, and after a crash they start at once
PATIENCE = 120  # seconds that it waits for that
PODS = "realsyn_airflow.pods"  # with the Kubernetes client, which takes seconds


def main() -> int:
    """Fork the components and wait for the first to end; then end the others."""
    for name in (*SHARED, *([PODS] if settings.profile().dispatch == "pod" else [])):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    components = {_fork(name, words): name for name, words in COMPONENTS.items()}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: _end(components))
    ended, status = os.wait()
    print(f"{components.get(ended)} ended with status {status}", flush=True)
    _end(components)
    return 1


def _fork(name: str, words: list[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _become(name, words)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become(name: str, words: list[str]) -> None:
    log = os.open(places.LOGS / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if name == REPORTS:
        wait_for_listener(int(os.environ["AIRFLOW__API__PORT"]), PATIENCE)
    if name == SERVER:
        execution_api.make_ready(importlib.import_module("airflow.api_fastapi.main").app)
    sys.argv = ["airflow", *words]
    importlib.import_module("airflow.__main__").main()


def wait_for_listener(port: int, seconds: float) -> bool:
    """Wait until somebody listens on a local port; False if nobody does in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        time.sleep(0.2)
    return False


def _end(components: dict[int, str]) -> Any:
    for pid in components:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
