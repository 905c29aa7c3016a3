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
from collections.abc import Iterator
from pathlib import Path

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Promotion, Workspace
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.kinds import BUILD, CORPUS
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.sample.group import CLUSTERS, DATASET
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks.measure import Options, Row, machine_name

PROJECT = Path(__file__).resolve().parents[2]
CONTROL_PYTHON = PROJECT / ".venvs" / "control" / "bin" / "python"
SHARDS, GOAL_SECONDS, GOAL_MB = 10_000, 1.0, 200.0
MODELS = ("encoder", "tagger", "language_model", "captioner")


def fabricate(root: Path, shards: int) -> Workspace:
    """Write a complete build over a corpus of so many shards: markers, without their objects."""
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
    config = RunConfig(
        kind=BUILD.name,
        name="many",
        target=1000,
        axes={CORPUS.axis: shards, DATASET: 100},
        partitions={LISTS: 64, CLUSTERS: 64},
        models={
            kind: ResolvedModel(kind=kind, name="tiny", backend="tiny", identity="tiny")
            for kind in MODELS
        },
        stages={},
        sources={"corpus": CorpusRef.of([generation]).pinned()},
    )
    workspace = Workspace.create(storage, config, PIPELINE)
    planner = Planner(workspace, objects=False)  # asks for a stage once it is written
    for stage in workspace.stages():
        _commit_all(workspace, planner, stage)
    return workspace


def _generation_shard(number: int) -> GenerationShard:
    names = ("images", "sentences", "pixels")
    folder = f"corpus/gen=0001/shard={number:05d}"
    objects = {name: _object(f"{folder}/{name}", number) for name in names}
    return GenerationShard(objects=objects, rows={"images": 1000, "sentences": 5000})


def _object(path: str, number: int) -> ObjectRef:
    return ObjectRef(path=path, size=1_000_000, sha256=digest([path, number]), rows=1000)


def _commit_all(workspace: Workspace, planner: Planner, stage: Stage) -> None:
    """Write the markers of a stage as plain files, and promote its group as far as it is."""
    root = Path(workspace.storage.uri.removeprefix("file://"))
    folder = root / workspace.folder / stage.name / "_commits"
    folder.mkdir(parents=True)
    for shard in range(workspace.config.shards(stage.axis)):
        data = _marker(workspace, planner, stage, shard).model_dump_json(indent=1)
        (folder / f"{shard:05d}.json").write_text(data)
    before = workspace.promotion(stage.group)
    stages = (before.stages if before else {}) | {stage.name: planner.status(stage).digest}
    pointer = Promotion(group=stage.group, gate="", stages=stages).model_dump_json()
    workspace.storage.replace(workspace.promotion_path(stage.group), pointer.encode())


def _marker(workspace: Workspace, planner: Planner, stage: Stage, shard: int) -> Commit:
    inputs = planner.fingerprints.inputs(stage, shard)
    folder = f"{workspace.folder}/{stage.name}/shard={shard:05d}"
    names = ("rows", "dropped")
    return Commit(
        stage=stage.name,
        shard=shard,
        fingerprint=planner.fingerprints.of_inputs(stage, inputs),
        attempt="0123456789ab",
        objects={n: _object(f"{folder}/part-0123456789ab-{n}.parquet", shard) for n in names},
        rows={"rows": 1000},
        dropped={"image": {"too_small": 3, "no_match": 4}},
        inputs=inputs,
        config_digest=digest("config"),
        code_version="0.1.0",
        models={kind: f"tiny@{digest(kind)}" for kind in stage.models},
        cost={"seconds": 12.5, "cpu_seconds": 12.0, "peak_memory_mb": 900.0},
    )


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
