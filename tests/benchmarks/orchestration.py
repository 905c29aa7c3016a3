"""What it costs to orchestrate a build, by the number of its shards.

The project's own DAGs under a real scheduler with LocalExecutor (plugins/realsyn_local), over a
corpus of tiny shards (tests/benchmarks/many_shards.py), from the form of realsyn_build to the
published dataset. Measured is what the processes of Airflow and of the data plane cost beyond the
stages' own functions, which the commits tell. The smallest size is the peer of the others: a ratio
of 1 or more says that a shard of a large build costs no more than one of a small build.

SHARDS    sizes, in turn (100,300,1000)
BATCHES   most batches of a stage (24); light stages have a quarter

`--case limits` shows instead what Airflow keeps of a run over 30,000 shards
(tests/benchmarks/orchestration_limits.py).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from tests.airflow_home import DATA_PYTHON, PROJECT, TINY_STAGES, ask, script
from tests.benchmarks import orchestration_limits
from tests.benchmarks.many_shards import IMAGES, write_corpus
from tests.benchmarks.measure import Options, Row, machine_name

CONTROL_PYTHON = PROJECT / ".venvs" / "control" / "bin" / "python"
SIZES = "100,300,1000"
TICKS = os.sysconf("SC_CLK_TCK")
TIMEOUT = 3600.0
UNDER_WAY = ("queued", "running")


@dataclass(frozen=True)
class Cost:
    """What one build cost."""

    shards: int
    tasks: int  # processes of the data plane
    wall: float
    airflow: float  # CPU-s of scheduler, API server, triggerer, and the tasks' own processes
    data_plane: float  # CPU-s of the data plane's processes
    stages: float  # CPU-s of these within the stages' functions

    @property
    def overhead(self) -> float:
        """CPU seconds for a shard that are not a stage's own work."""
        return (self.airflow + self.data_plane - self.stages) / self.shards


def rows(options: Options) -> Iterator[Row]:
    """Build at each size; compare each with the smallest. Or look at the limits."""
    machine = machine_name(options.threads)
    with (
        tempfile.TemporaryDirectory(prefix="realsyn-bench-") as folder,
        airflow(Path(folder)) as at,
    ):
        if "limits" in options.cases:
            yield from orchestration_limits.rows(at, Path(folder), machine)
            return
        sizes = sorted(int(size) for size in os.environ.get("SHARDS", SIZES).split(","))
        costs = [at.build(size) for size in sizes]
    yield from _compared(costs, machine)


def _compared(costs: list[Cost], machine: str) -> Iterator[Row]:
    first = costs[0]
    for cost in costs[1:] or costs:
        case = f"build of {cost.shards} shards against {first.shards}, for a shard"
        for name, ours, peer, unit in (
            ("all but stages", cost.overhead, first.overhead, "CPU s"),
            ("Airflow", cost.airflow / cost.shards, first.airflow / first.shards, "CPU s"),
            ("whole build", cost.wall / cost.shards, first.wall / first.shards, "wall s"),
        ):
            yield Row("orchestration", f"{case}: {name}", ours, peer, unit, machine)
        ours, peer = (measured.airflow / measured.tasks for measured in (cost, first))
        yield Row(
            "orchestration",
            f"{case.replace('shard', 'task')}: Airflow",
            ours,
            peer,
            "CPU s",
            machine,
        )


class Site:
    """A local Airflow in a folder, and builds on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder / "airflow"
        self._meter = folder / "meter.jsonl"

    def environment(self) -> dict[str, str]:
        """Give the environment of its processes."""
        include = self._folder / "include"
        if not include.exists():
            shutil.copytree(PROJECT / "include", include)
            _cut_into_batches(include / "profiles" / "local.yaml")
        words = f'shift 2\nexec {DATA_PYTHON} -m tests.benchmarks.metered_data_plane "$@"\n'
        return {
            **os.environ,
            "PYTHONPATH": "plugins",
            "REALSYN_AIRFLOW_HOME": str(self._home),
            "REALSYN_DATA_PYTHON": str(script(self._folder, words)),
            "REALSYN_INCLUDE": str(include),
            "REALSYN_METER": str(self._meter),
        }

    def build(self, shards: int) -> Cost:
        """Run realsyn_build over a corpus of so many shards; RuntimeError if it fails."""
        root = self._folder / f"root-{shards}"
        write_corpus(root, shards)
        self._meter.write_text("")
        pids = self._pids()
        before, started = _cpu(pids), time.monotonic()
        self._run({"root": str(root), "scale": str(shards * IMAGES // 4), "stages": TINY_STAGES})
        wall, airflow = time.monotonic() - started, _cpu(self._pids()) - before
        metered = [json.loads(line) for line in self._meter.read_text().splitlines()]
        data_plane = sum(line["cpu"] for line in metered)
        stages = _stages_cpu(root)
        cost = Cost(shards, len(metered), wall, airflow - data_plane, data_plane, stages)
        print(cost, f"{cost.overhead:.3f} CPU-s a shard", flush=True)
        return cost

    def _run(self, form: dict[str, Any]) -> None:
        run = self.start("realsyn_build", form)
        run.wait(lambda: run.state not in UNDER_WAY)
        if run.state != "success":
            raise RuntimeError(f"the build failed; see the logs below {self._home}")

    def start(self, dag: str, form: dict[str, Any]) -> Run:
        """Start a run of a DAG with a form."""
        run = ask(self._home, f"dags/{dag}/dagRuns", {"conf": form, "logical_date": None})
        return Run(self._home, dag, run["dag_run_id"])

    def setting(self, section: str, option: str) -> str:
        """Give one of Airflow's settings."""
        answer = ask(self._home, f"config/section/{section}/option/{option}")
        return str(answer["sections"][0]["options"][0]["value"])

    @contextmanager
    def closed(self, pool: str) -> Iterator[None]:
        """Let nothing of a pool be started for a while."""
        path = f"pools/{pool}"
        known = ask(self._home, path)
        words = {"description": known["description"], "include_deferred": False, "pool": pool}
        ask(self._home, path, {**words, "slots": 0}, "PATCH")
        try:
            yield
        finally:
            ask(self._home, path, {**words, "slots": known["slots"]}, "PATCH")

    def forget_costs(self) -> None:
        """Start anew to note what the data plane's processes cost."""
        self._meter.write_text("")

    def cpu_of(self, command: str) -> float:
        """Give the CPU seconds of a command that the data plane was asked once."""
        lines = map(json.loads, self._meter.read_text().splitlines())
        return float(sum(line["cpu"] for line in lines if line["words"][0] == command))

    def wait_until_parsed(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until Airflow is up and has parsed the DAGs."""
        while process.poll() is None:
            try:
                if ask(self._home, "dags?tags=realsyn")["total_entries"] >= 7:
                    return
            except (OSError, ValueError):
                pass
            time.sleep(1)
        raise RuntimeError("Airflow did not start")

    def _pids(self) -> list[int]:
        marker = f"REALSYN_LOCAL_HOME={self._home}".encode()
        return [int(path.name) for path in Path("/proc").glob("[0-9]*") if marker in _environ(path)]


class Run:
    """A run of a DAG on a local Airflow."""

    def __init__(self, home: Path, dag: str, run_id: str) -> None:
        self._home, self._dag, self._id = home, dag, run_id
        self._path = f"dags/{dag}/dagRuns/{quote(run_id)}"

    @property
    def state(self) -> str:
        """Its state, in Airflow's words."""
        return str(ask(self._home, self._path)["state"])

    @property
    def form(self) -> dict[str, Any]:
        """Its conf, as Airflow gives it back."""
        form: dict[str, Any] = ask(self._home, self._path)["conf"]
        return form

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait for something; RuntimeError if the run ends before."""
        deadline = time.monotonic() + TIMEOUT
        while not until():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._dag} takes longer than {TIMEOUT:.0f} s")
            if self.state not in UNDER_WAY and not until():
                raise RuntimeError(f"{self._dag} has ended; see the logs below {self._home}")
            time.sleep(1)

    def end(self) -> None:
        """End it as failed, with all that it has not done."""
        ask(self._home, self._path, {"state": "failed"}, "PATCH")

    def xcom(self, task: str) -> Any:
        """Give what a task returned, as Airflow gives it back."""
        path = f"{self._path}/taskInstances/{task}/xcomEntries/return_value"
        return ask(self._home, f"{path}?map_index=-1&deserialize=true")["value"]

    def instances(self, task: str, state: str = "%") -> int:
        """Count the instances that a mapped task has in a state."""
        return self._number(
            "SELECT count(*) FROM task_instance WHERE run_id = ? AND dag_id = ? AND task_id = ?"
            " AND map_index >= 0 AND coalesce(state, '') LIKE ?",
            task,
            state,
        )

    def largest_xcom(self) -> int:
        """Give the bytes of its largest XCom, as they are stored."""
        return self._number(
            "SELECT max(length(value)) FROM xcom WHERE run_id = ? AND dag_id = ?",
        )

    def _number(self, query: str, *values: str) -> int:
        address = f"file:{self._home}/airflow.db?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=60)) as database:
            return int(database.execute(query, (self._id, self._dag, *values)).fetchone()[0])


def _cut_into_batches(profile: Path) -> None:
    most = int(os.environ.get("BATCHES", "24"))
    settings = yaml.safe_load(profile.read_text())
    settings["batches"] = {"max_batches": most, "light_batches": max(1, most // 4)}
    profile.write_text(yaml.safe_dump(settings))


def _environ(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _cpu(pids: list[int]) -> float:
    """CPU seconds of processes and of the children that they have waited for."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def _stages_cpu(root: Path) -> float:
    markers = root.glob("builds/*/*/_commits/[0-9]*.json")
    return float(sum(json.loads(path.read_text())["cost"]["cpu_seconds"] for path in markers))


@contextmanager
def airflow(folder: Path) -> Iterator[Site]:
    """Run a local Airflow in a folder."""
    site = Site(folder)
    command = [str(CONTROL_PYTHON), "-m", "realsyn_local"]
    environment = site.environment()
    with (folder / "ui.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "ui"], cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
        try:
            site.wait_until_parsed(process)
            yield site
        finally:
            process.terminate()
            subprocess.run([*command, "stop"], cwd=PROJECT, env=environment, check=False)
            process.wait()
