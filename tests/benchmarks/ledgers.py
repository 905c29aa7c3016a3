"""What it costs to know the state of a build of very many shards, in Airflow's environment.

`rows` fabricates builds, one with so many commits in all and one with so many in each stage over
the corpus, and asks for their state in a process of its own. The peer of each is the goal for the
first: a CPU second and 200 MB for a build of 10,000 shards. By hand:

    python -m tests.benchmarks.ledgers FOLDER 700     fabricate a build over so many shards
    python -m tests.benchmarks.ledgers FOLDER         ask for its state; a line of JSON
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import Any

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Promotion, Workspace
from realsyn_tasks.corpus.crawl import CrawlFile, CrawlRef
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.kinds import BUILD, CORPUS, CRAWL, EXTRACT
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.sample.group import CLUSTERS, DATASET
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks.measure import Options, Row, machine_name

PROJECT = Path(__file__).resolve().parents[2]
CONTROL_PYTHON = PROJECT / ".venvs" / "control" / "bin" / "python"
Marker = dict[str, Any]
SHARDS, GOAL_SECONDS, GOAL_MB = 10_000, 1.0, 200.0
SIZE = 1_000_000  # bytes of an object
OLD = 1_000_000_000  # seconds since 1970: a file that surely no longer changes
LINKS = 50_000  # names that one file has; file systems allow no more


def fabricate(root: Path, shards: int, objects: Collection[str] = ()) -> list[Workspace]:
    """Write a complete build and a complete extract over so many shards: all of their markers.

    Only those of the named stage groups have objects.
    """
    storage = Storage.at(str(root))
    made = tuple(_generation_shard(number) for number in range(shards))
    generation = Generation(
        generation=1,
        crawl="many",
        crawl_uri="",
        extract="many",
        config_digest="",
        digest="many",
        shards=made,
    )
    storage.replace(generation_path(1), generation.model_dump_json().encode())
    os.utime(root / generation_path(1), (OLD, OLD))
    build = _config(
        BUILD.name,
        axes={CORPUS.axis: shards, DATASET: 100},
        partitions={LISTS: 64, CLUSTERS: 64},
        sources={"corpus": CorpusRef.of([generation]).pinned()},
    )
    extract = _config(
        EXTRACT.name,
        axes={CRAWL.axis: shards, CORPUS.axis: 0},
        partitions={NEIGHBOURHOODS: 64},
        sources={"crawl": _crawl(root, shards).pinned(), "corpus": CorpusRef().pinned()},
    )
    runs = [Workspace.create(storage, config, PIPELINE) for config in (build, extract)]
    for run in runs:
        planner = Planner(run, objects=False)  # asks for a stage once it is written
        for stage in run.stages():
            _commit_all(run, planner, stage, stage.group in objects)
    return runs


def _config(kind: str, **fields: Any) -> RunConfig:
    return RunConfig(kind=kind, name="many", target=1000, models=_models(kind), stages={}, **fields)


def _crawl(root: Path, shards: int) -> CrawlRef:
    names = [f"{number:05d}.warc.gz" for number in range(shards)]
    files = tuple(CrawlFile(path=name, size=SIZE, digest=digest(name)) for name in names)
    grouped = tuple((name,) for name in names)
    return CrawlRef(
        name="many", uri=f"{root}/crawls/many", format="warc", files=files, shards=grouped
    )


def _models(kind: str) -> dict[str, ResolvedModel]:
    stages = (stage for group in PIPELINE.groups_of(kind) for stage in group.stages)
    names = sorted({name for stage in stages for name in stage.models})
    return {
        name: ResolvedModel(kind=name, name="tiny", backend="tiny", identity="tiny")
        for name in names
    }


def _generation_shard(number: int) -> GenerationShard:
    names = ("images", "sentences", "pixels")
    folder = f"corpus/gen=0001/shard={number:05d}"
    objects = {name: _object(f"{folder}/{name}", number) for name in names}
    return GenerationShard(objects=objects, rows={"images": 1000, "sentences": 5000})


def _object(path: str, number: int) -> ObjectRef:
    return ObjectRef(path=path, size=SIZE, sha256=digest([path, number]), rows=1000)


def _commit_all(workspace: Workspace, planner: Planner, stage: Stage, objects: bool) -> None:
    """Write the markers of a stage as plain files, and promote its group as far as it is."""
    root = Path(workspace.storage.uri.removeprefix("file://"))
    folder = root / workspace.folder / stage.name / "_commits"
    folder.mkdir(parents=True)
    count = workspace.config.shards(stage.axis)
    inputs = planner.fingerprints.inputs_of_all(stage)
    each = zip(*inputs.values(), strict=True) if inputs else repeat((), count)
    fingerprints = planner.fingerprints.of_columns(stage, inputs, count)
    frame = _frame(workspace, stage)
    for shard, (fingerprint, values) in enumerate(zip(fingerprints, each, strict=True)):
        commit = _marker(frame, shard, fingerprint, dict(zip(inputs, values, strict=True)))
        if objects:
            _link_objects(root, commit)
        _write(f"{folder}/{shard:05d}.json", json.dumps(commit).encode())
    before = workspace.promotion(stage.group)
    stages = (before.stages if before else {}) | {stage.name: planner.status(stage).digest}
    pointer = Promotion(group=stage.group, gate="", stages=stages).model_dump_json()
    workspace.storage.replace(workspace.promotion_path(stage.group), pointer.encode())


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, data)
    os.utime(descriptor, (OLD, OLD))
    os.close(descriptor)


def _link_objects(root: Path, commit: Marker) -> None:
    """Let a marker's objects be there: names of a file without content."""
    blank = root / f"blank-{commit['stage']}-{commit['shard'] // (LINKS // 2)}"
    if not blank.exists():
        with blank.open("wb") as file:
            file.truncate(SIZE)
    for ref in commit["objects"].values():
        path = f"{root}/{ref['path']}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(blank, path)


def _frame(workspace: Workspace, stage: Stage) -> Marker:
    """Give what all markers of a stage have in common."""
    commit = Commit(
        stage=stage.name,
        shard=0,
        fingerprint="",
        attempt="",
        objects={},
        rows={"rows": 1000},
        dropped={"image": {"too_small": 3, "no_match": 4}},
        counts={"transient": 0} if stage.name == "fetch" else {},
        config_digest=digest("config"),
        code_version="0.1.0",
        models={kind: f"tiny@{digest(kind)}" for kind in stage.models},
        cost={"seconds": 12.5, "cpu_seconds": 12.0, "peak_memory_mb": 900.0},
    )
    return {**commit.model_dump(mode="json"), "folder": f"{workspace.folder}/{stage.name}"}


def _marker(frame: Marker, shard: int, fingerprint: str, inputs: dict[str, str]) -> Marker:
    attempt = fingerprint[:12]
    folder = f"{frame['folder']}/shard={shard:05d}"
    objects = {
        name: {
            "path": f"{folder}/part-{attempt}-{name}.parquet",
            "size": SIZE,
            "sha256": sha256(f"{folder}{name}".encode()).hexdigest(),
            "rows": 1000,
            "row_groups": None,
        }
        for name in ("rows", "dropped")
    }
    own = {"shard": shard, "fingerprint": fingerprint, "attempt": attempt, "objects": objects}
    marker = {**frame, **own, "inputs": {name: value for name, value in inputs.items() if value}}
    del marker["folder"]
    return marker


def ask(root: Path) -> dict[str, float]:
    """Ask for the state of the build; CPU seconds and peak memory of this process."""
    from realsyn_tasks.report.status import status

    before = time.process_time()
    report = status(Workspace.open(f"{root}/builds/many", PIPELINE), quick=True)
    assert report.complete
    return {
        "commits": sum(line.shards for line in report.stages),
        "cpu_seconds": time.process_time() - before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def rows(options: Options) -> Iterator[Row]:
    """Measure both sizes."""
    shards = round(SHARDS * options.scale)
    over_corpus = sum(
        stage.axis == CORPUS.axis
        for group in PIPELINE.groups_of(BUILD.name)
        for stage in group.stages
    )
    sizes = {f"{shards} in all": shards // over_corpus, f"{shards} in each stage": shards}
    machine = machine_name(options.threads)
    for name, size in sizes.items():
        with tempfile.TemporaryDirectory(prefix="realsyn-bench-") as folder:
            fabricate(Path(folder), size)
            found = json.loads(_run(folder))
        case = f"status of a build of shards, {name} ({found['commits']})"
        yield Row("ledgers", case, found["cpu_seconds"], GOAL_SECONDS, "CPU s", machine)
        yield Row("ledgers", case, found["peak_mb"], GOAL_MB, "MB", machine)


def _run(folder: str) -> bytes:
    command = [str(CONTROL_PYTHON), "-m", "tests.benchmarks.ledgers", folder]
    return subprocess.check_output(command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": "."})


if __name__ == "__main__":
    if sys.argv[2:]:
        fabricate(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        print(json.dumps(ask(Path(sys.argv[1]))))
