"""Runs a build on the local Airflow, from starting it to the table at the end."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from realsyn_airflow import settings
from realsyn_local import keys, places, processes, summary
from realsyn_local.api import Api
from realsyn_local.watch import BUILD, Watch
from realsyn_tasks.core.screen import VARIABLE as JSON

console = Console()


class BuildFailed(RuntimeError):
    """The build did not end well; says why."""


def build(conf: dict[str, Any], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Run realsyn_build with a form and print its summary.

    `meanwhile` is done while Airflow starts. Raises BuildFailed, or StartError.
    """
    started = time.monotonic()
    with airflow() as (api, address):
        meanwhile()
        wait_for_dags(api(), address.since)
        _run(api(), conf, address, started)


class Address:
    """Where Airflow is, and since when its DAGs have to be parsed."""

    def __init__(self, url: str, since: str) -> None:
        self.url = url
        self.since = since

    def page(self, path: str = "/") -> str:
        """Give what opens a page of the UI in a browser that has no session yet."""
        return keys.address(self.url, keys.key(places.LOGIN), path)


@contextmanager
def airflow() -> Any:
    """Give the local Airflow's API (once it is up) and address; stop what was started here."""
    since = datetime.now(UTC).isoformat()
    running = processes.launch()
    if not running.mine:
        since = ""
    console.print(f"Airflow {'starts' if running.mine else 'is running'} at {running.url}")
    made: list[Api] = []

    def api() -> Api:
        if not made:
            processes.wait_until_healthy(running)
            made.append(Api(running.port))
        return made[0]

    try:
        yield api, Address(running.url, since)
    finally:
        if running.mine:
            processes.stop()


def wait_for_dags(api: Api, since: str) -> None:
    """Wait until the DAG files were parsed; BuildFailed with what is wrong with one."""
    deadline = time.monotonic() + processes.START_TIMEOUT
    while not api.parsed_since(since):
        if time.monotonic() > deadline:
            raise BuildFailed(f"the DAGs are not parsed; see {places.LOGS}/dag-processor.log")
        time.sleep(0.3)
    if errors := api.import_errors():
        raise BuildFailed("DAG files with errors:\n" + "\n".join(errors))


def _run(api: Api, conf: dict[str, Any], address: Address, started: float) -> None:
    run = api.unfinished_run(BUILD, conf)
    if run:
        console.print("the same build is under way already; it goes on")
    else:
        try:
            run = api.trigger(BUILD, conf)
        except ValueError as error:
            raise BuildFailed(f"the form is refused: {error}") from None
    page = address.page(f"/dags/{BUILD}/runs/{run}")
    console.print(f"watch it at {page}", soft_wrap=True, highlight=False)
    watch = Watch(api, run, console)
    if watch.until_done() != "success":
        raise BuildFailed(_why(watch))
    summary.show(console, watch.returned("summary") or {}, time.monotonic() - started)


def _why(watch: Watch) -> str:
    lines = [
        f"{task['dag_id']} {task['task_id']}"
        + (f" [{task['rendered_map_index']}]" if task.get("rendered_map_index") else "")
        + f": {message}"
        for task, message in watch.failures()
    ]
    return "\n".join(lines) or "the run failed without a failed task; see the UI (make ui)"


def data_plane(words: Sequence[str], threads: int = 0) -> dict[str, Any]:
    """Run a data-plane command with its messages on the screen; BuildFailed if it fails.

    `threads` are what it has for arithmetic; 0: what the environment says.
    """
    given = {"OMP_NUM_THREADS": str(threads)} if threads else {}
    done = subprocess.run(
        [str(settings.data_python()), "-m", "realsyn_tasks", *words],
        cwd=settings.PROJECT,
        env=os.environ | {JSON: "1"} | given,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"`realsyn_tasks {words[0]}` failed with exit code {done.returncode}")
    lines = done.stdout.strip().splitlines()
    return dict(json.loads(lines[-1])) if lines and lines[-1].startswith("{") else {}
