"""Runs an extract and a build of a corpus as an orchestrator does, one process at a time or two.

Each step of the command line is a process of its own (scale_data_plane.py), which notes what it
cost in the file `meter.jsonl` of its root. What has been noted is not done again, so that a suite
which was stopped goes on where it ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from realsyn_tasks.core.declaration import Group, Stage
from realsyn_tasks.core.include import PROJECT
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks.scale_crawl import crawl
from tests.benchmarks.scale_data_plane import METER
from tests.benchmarks.scale_models import BACKENDS
from tests.benchmarks.scale_planted import Planted

PROFILE = SCALE = "scale"
EXTRACT_NAME, BUILD_NAME = "crawl", "build"
Process = Callable[[Sequence[str], dict[str, str]], None]
STAGES: dict[str, dict[str, Any]] = {  # so that every stage has something to do at every size
    "fit_relevance": {"target_precision": 0.2},
    "embed_queries": {"caption": 0.5},
    "filter_licences": {"refused_licences": ["CC-BY-ND-*"]},
}


@dataclass(frozen=True)
class Size:
    """A corpus and how its work is cut: shards, partitions and batches are alike at every size."""

    pictures: int
    planted: Planted
    per_shard: int = 3_130  # pictures
    per_partition: int = 6_260  # pictures
    per_batch: int = 4  # shards or partitions
    share: float = 0.4  # of the pictures that is published
    code: str = ""  # the commit that is measured

    @property
    def name(self) -> str:
        """Name its root."""
        copies = round(self.planted.copies * 100)
        cut = f"{self.per_shard}-{self.per_partition}-{self.per_batch}"
        planted = f"{copies}-{self.planted.dim}-{self.planted.seed}"
        return f"root-{self.pictures}-{planted}-{cut}-{self.code or 'none'}"

    @property
    def partitions(self) -> int:
        """Count the partitions of each kind."""
        return max(1, round(self.pictures / self.per_partition))


def process(words: Sequence[str], environment: dict[str, str]) -> None:
    """Run a command in a process of its own; RuntimeError with its last words if it fails."""
    command = [sys.executable, "-m", "tests.benchmarks.scale_data_plane", *words]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {done.stderr[-3000:]}")


class Root:
    """The root of one size: its crawl, its include folder, its runs, and what they cost."""

    def __init__(self, folder: Path, size: Size, process: Process = process) -> None:
        self.size = size
        self.path = folder / size.name
        self._process = process
        self._meter = self.path / "meter.jsonl"
        self._include = self.path / "include"
        self.path.mkdir(parents=True, exist_ok=True)
        self.crawl = crawl(folder, size.planted, size.pictures, size.per_shard)
        if not self._include.exists():
            _write_include(self._include, size)

    @cached_property
    def environment(self) -> dict[str, str]:
        """Give the environment of its processes: one thread each."""
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        return {
            **os.environ,
            **dict.fromkeys(threads, "1"),
            METER: str(self._meter),
            "PYTHONPATH": str(PROJECT),
            "REALSYN_INCLUDE": str(self._include),
        }

    def run(self, groups: Sequence[str], processes: int) -> None:
        """Run the groups from the first on, each batch unless it is noted."""
        options = json.dumps({"profile": PROFILE, "stages": STAGES})
        for group in PIPELINE.groups:
            if group.name in groups:
                run = EXTRACT_NAME if group.kind == EXTRACT else BUILD_NAME
                self._open(group, run, options)
                self._run_group(group, run, processes)

    def _open(self, group: Group, run: str, options: str) -> None:
        given = ["--root", str(self.path), "--name", run, "--options", options]
        if group.kind == EXTRACT:
            self.step("open-extract", "--crawl", str(self.crawl), *given)
        elif group is PIPELINE.groups_of(BUILD.name)[0]:
            self.step("open-build", "--scale", SCALE, "--allow-smaller", *given)

    def _run_group(self, group: Group, run: str, processes: int) -> None:
        build = ("--build", self.uri(run))
        self.step("batches", *build, group.name)
        workspace = Workspace.open(self.uri(run), PIPELINE)
        for stage in workspace.stages(group.name):
            shards = workspace.config.shards(stage.axis)
            batches = range(workspace.config.dispatch.batches(stage, shards))
            with ThreadPoolExecutor(processes) as pool:
                orders = [("run", stage.name, *build, "--batch", str(n)) for n in batches]
                for _ in pool.map(lambda words: self.step(*words), orders):
                    pass
        self.step("gate", group.name, *build)
        self.step("promote", group.name, *build)

    def uri(self, run: str) -> str:
        """Name a run of this root."""
        kind = EXTRACT if run == EXTRACT_NAME else BUILD
        return f"{self.path}/{kind.folder}/{run}"

    def step(self, *words: str) -> None:
        """Run a command unless it is noted."""
        if any(note["words"] == list(words) for note in self.notes()):
            return
        self._process(words, self.environment)

    def notes(self) -> list[dict[str, Any]]:
        """Give what each step that did not fail has cost, in the order in which they ended."""
        lines = self._meter.read_text().splitlines() if self._meter.exists() else []
        return [note for line in lines if not (note := json.loads(line))["code"]]


def records(root: Root) -> list[dict[str, Any]]:
    """Give a record for each stage and each other step of a root; see the suite's docstring."""
    by_step: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for note in root.notes():
        by_step.setdefault(_step_of(note["words"]), []).append(note)
    return [_record(root, *step, notes) for step, notes in by_step.items()]


def _step_of(words: Sequence[str]) -> tuple[str, str]:
    """Name a step and its group."""
    command = words[0]
    if command == "run":
        return words[1], PIPELINE.stage(words[1]).group
    if command.startswith("open-"):
        return command, "extract" if command == "open-extract" else "retrieve"
    return f"{'plan' if command == 'batches' else command} {_group_in(words)}", _group_in(words)


def _group_in(words: Sequence[str]) -> str:
    return next(word for word in words if word in {group.name for group in PIPELINE.groups})


def _record(root: Root, step: str, group: str, notes: list[dict[str, Any]]) -> dict[str, Any]:
    stage = _stage(step)
    run = EXTRACT_NAME if PIPELINE.group(group).kind == EXTRACT else BUILD_NAME
    of_stage = _of_stage(root, run, stage) if stage else {}
    sums = ("cpu_seconds", "startup_seconds", "wall", "bytes_read", "bytes_written", "objects")
    kinds = notes[0]["requests"]
    return {
        "pictures": root.size.pictures,
        "copies": root.size.planted.copies,
        "stage": step,
        "group": group,
        "kind": "stage" if stage else "step",
        "axis": str(stage.axis) if stage else "one",
        "items": root.size.pictures,
        "batches": len(notes),
        "declared_memory_mb": 1024 * (stage.needs.memory_gb if stage else 2.0),
        "declared_gpus": stage.needs.gpu if stage else 0,
        **{name: sum(note[name] for note in notes) for name in sums},
        "peak_rss_mb": max(note["peak_rss_mb"] for note in notes),
        "startup_rss_mb": max(note["startup_rss_mb"] for note in notes),
        "requests": {kind: sum(note["requests"][kind] for note in notes) for kind in kinds},
        "batch_cpu_seconds": [round(note["cpu_seconds"], 3) for note in notes],
        "batch_wall": [round(note["wall"], 3) for note in notes],
        **of_stage,
    }


def _stage(name: str) -> Stage | None:
    return next((stage for stage in PIPELINE.stages if stage.name == name), None)


def _of_stage(root: Root, run: str, stage: Stage) -> dict[str, Any]:
    """Give what the commits of a stage say."""
    workspace = Workspace.open(root.uri(run), PIPELINE)
    commits = workspace.ledger(stage.name).commits().values()
    return {
        "shards": workspace.config.shards(stage.axis),
        "rows": sum(sum(commit.rows.values()) for commit in commits),
        "stored_bytes": sum(ref.size for commit in commits for ref in commit.objects.values()),
        "stored_objects": sum(len(commit.objects) for commit in commits),
        "commit_cpu_seconds": sum(commit.cost.get("cpu_seconds", 0.0) for commit in commits),
    }


def _write_include(folder: Path, size: Size) -> None:
    """Lay a profile and a scale over the project's include folder."""
    made = folder.with_suffix(".unfinished")
    (made / "profiles").mkdir(parents=True, exist_ok=True)
    for path in (PROJECT / "include").iterdir():
        if path.name not in {"profiles", "scales.yaml"} and not (made / path.name).exists():
            (made / path.name).symlink_to(path)
    target = int(size.pictures * size.share)
    scale = {"target": target, "samples_per_shard": max(1, int(size.per_shard * size.share))}
    (made / "scales.yaml").write_text(yaml.safe_dump({SCALE: scale}))
    (made / "profiles" / f"{PROFILE}.yaml").write_text(yaml.safe_dump(_profile(size)))
    made.rename(folder)


def _profile(size: Size) -> dict[str, Any]:
    planted = size.planted
    options = {"copies": planted.copies, "dim": planted.dim, "seed": planted.seed}
    batches = {"max_batches": 1000, "light_batches": 1000, "shards_per_batch": size.per_batch}
    return {
        "batches": batches,
        "models": {kind: {"name": "planted", "options": options} for kind in BACKENDS},
        "partitions": dict.fromkeys(PIPELINE.cuts, size.partitions),
        "backends": BACKENDS,
    }
