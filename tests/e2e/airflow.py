"""Runs builds on a real local Airflow for tests, and does it harm."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.airflow_home import PROJECT, TINY_STAGES, ask, tiny_data_python
from tests.crawls import write_tiny_warc
from tests.tiny_data_plane import HOLD_FILE

CONTROL_PYTHON = PROJECT / ".venvs" / "control" / "bin" / "python"
SCALES = ("6", "4")
LOOK = 3.0  # seconds between questions to Airflow, each of which is work for it
# Airflow's own default, and files of DAGs that no test changes: what looks more often gains seconds
# on idle cores, and loses more on busy ones.
SPARING = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
}
TIMEOUT = 900.0  # seconds; a build of the tiny crawl takes 60 on two idle cores


@dataclass
class Site:
    """A tiny crawl, and an Airflow of its own with tiny models."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.crawl = self.folder / "crawl"
        self.home = self.folder / "airflow"
        self.root = self.folder / "root"
        self.default = self.folder / "default"  # the root that a scheduled run looks at
        self.python = tiny_data_python(self.folder)
        self.held = self.folder / "held"  # the stage whose batches wait to be killed
        self.include = self.folder / "include"  # in place of the project's, where there is one
        self.sets = self.folder / "sets"  # evaluation sets
        write_tiny_warc(self.crawl)

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start `realsyn_local build` on the crawl."""
        words = ["build", "--crawl", self.crawl, "--root", self.root, "--target", ",".join(SCALES)]
        words += ["--stages", json.dumps(TINY_STAGES), "--no-analyze"]
        return self._local(*map(str, words), *options)

    def build(self, *options: str) -> tuple[int, str]:
        """Run a build to its end; give the exit code and what it printed."""
        return ended(self.start(*options))

    def hold(self, stage: str) -> None:
        """Let batches of a stage wait that begin from now on, and those of no other."""
        self.held.write_text(stage, encoding="utf-8")

    def let_go(self) -> None:
        """Let no further batch wait."""
        self.held.unlink()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Keep this site's Airflow running, with its DAGs parsed; end it as Ctrl-C does."""
        process = self._local("ui")
        try:
            wait_for(
                lambda: self._answers("dags?tags=realsyn").get("total_entries", 0) >= 8, process
            )
            yield
        finally:
            process.terminate()
            process.communicate(timeout=60)

    def trigger(self, dag: str, form: dict[str, Any]) -> str:
        """Switch a DAG on and start a run of it; give its path in the API."""
        self.switch_on(dag)
        run = self.call(f"dags/{dag}/dagRuns", {"conf": form, "logical_date": None})
        return f"dags/{dag}/dagRuns/{run['dag_run_id']}"

    def switch_on(self, dag: str) -> None:
        """Let a DAG run."""
        self.call(f"dags/{dag}", {"is_paused": False}, "PATCH")

    def switch_off(self, dag: str) -> None:
        """Let no run of a DAG begin."""
        self.call(f"dags/{dag}", {"is_paused": True}, "PATCH")

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """List the runs of a DAG."""
        return list(self.call(f"dags/{dag}/dagRuns?limit=100")["dag_runs"])

    def wait(self, run: str) -> dict[tuple[str, int], Any]:
        """Wait for a run to end; give its tasks by id and map index, with what each returned."""
        deadline = time.monotonic() + TIMEOUT
        while self.call(run)["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, f"{run} does not end"
            time.sleep(LOOK)
        assert self.call(run)["state"] == "success", run
        return {
            (task["task_id"], task["map_index"]): task
            for task in self.call(f"{run}/taskInstances?limit=100")["task_instances"]
        }

    def returned(self, run: str, task: str) -> Any:
        """Give what a task of a run returned."""
        path = f"{run}/taskInstances/{task}/xcomEntries/return_value?deserialize=true"
        return self.call(path)["value"]

    def _answers(self, path: str) -> dict[str, Any]:
        try:
            return dict(self.call(path))
        except (OSError, ValueError, KeyError):
            return {}

    def call(self, path: str, body: Any = None, method: str = "") -> Any:
        """Ask the REST API."""
        return ask(self.home, path, body, method)

    def _local(self, *words: str) -> subprocess.Popen[str]:
        places = {
            "PYTHONPATH": "plugins",
            "REALSYN_AIRFLOW_HOME": str(self.home),
            "REALSYN_DATA_PYTHON": str(self.python),
            "REALSYN_ROOT": str(self.default),
            "REALSYN_INGEST": json.dumps({"schedule": "* * * * *", "settle_seconds": 1}),
            "REALSYN_EVALUATION_SETS": str(self.sets),
            HOLD_FILE: str(self.held),
            **SPARING,
            "COLUMNS": "200",
        }
        if self.include.exists():
            places |= {"REALSYN_INCLUDE": str(self.include)}
        return subprocess.Popen(
            [CONTROL_PYTHON, "-m", "realsyn_local", *words],
            cwd=PROJECT,
            env={**os.environ, **places},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self, words: str = "") -> list[int]:
        """List the processes of this site's Airflow whose command line holds some words."""
        marker = f"REALSYN_AIRFLOW_HOME={self.home}".encode()
        pids = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if words in command and marker in (folder / "environ").read_bytes():
                        pids.append(int(folder.name))
                except OSError:
                    continue
        return pids


def ended(build: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a build; give its exit code and what it printed."""
    said, _ = build.communicate(timeout=TIMEOUT)
    return build.returncode, said


def commits(root: Path) -> int:
    """Count the markers there are."""
    return len(list(root.glob("*/*/*/_commits/[0-9]*.json")))


def published(root: Path) -> dict[str, str]:
    """Digest every file of the published datasets."""
    folder = root / "datasets"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def pairs(root: Path) -> dict[str, str]:
    """Digest the data of the published datasets, without what is said of their making."""
    found = published(root).items()
    return {p: d for p, d in found if Path(p).parent.name in ("data", "webdataset")}


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> bool:
    """Wait until something is so; False if the process ends before."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if condition():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.5)  # a look at all processes, or at all markers, is itself some work
    raise TimeoutError("nothing happens any more")


def kill(pids: list[int]) -> None:
    """Kill processes as a power cut does."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
