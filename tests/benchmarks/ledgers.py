"""What it costs to know the state of runs of very many shards, and to find nothing left to do.

`rows` fabricates a build and an extract over so many shards, with the markers of all of their
stages and the objects that these name, and asks the data plane about them in processes of its own.
The peer of each figure is its goal. Then it counts what the same questions about a build in S3 ask
of it (ledgers_requests.py): `--case requests` does this alone, `--case seconds` leaves it out.
By hand:

    python -m tests.benchmarks.ledgers FOLDER 30000 sample   fabricate; sample's objects only
    python -m tests.benchmarks.ledgers FOLDER                ask; CPU seconds and MB of each
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
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
Marker = dict[str, Any]
SHARDS = (2_000, 10_000, 30_000)
GOAL_SECONDS, NO_OP_SECONDS, GOAL_MB = 10.0, 1.0, 500.0
METERED = """
import atexit, json, resource, sys, time
from realsyn_tasks.cli import main
def told():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.process_time(), peak]), file=sys.stderr)
atexit.register(told)
sys.argv = ['realsyn_tasks', *sys.argv[1:]]
main()
"""
NO_VARIABLES: Mapping[str, str] = {}
SIZE = 1_000  # bytes of an object
OLD = 1_000_000_000  # seconds since 1970: a file that surely no longer changes
LINKS = 50_000  # names that one file has; file systems allow no more


def fabricate(
    root: Path,
    shards: int,
    objects: Collection[str] = (),
    kinds: Collection[str] = (BUILD.name, EXTRACT.name),
    off: Sequence[str] = (),
) -> list[Workspace]:
    """Write a complete run of each kind over so many shards: all of their markers.

    Only those of the named stage groups have objects, and with them the corpus. Stages of the
    build may be `off`: what they make then seems to be of no run.
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
    for number, shard in enumerate(made if objects else ()):
        refs = {name: ref.model_dump() for name, ref in shard.objects.items()}
        _link_objects(root, {"stage": "corpus", "shard": number, "objects": refs})
    build = _config(
        BUILD.name,
        axes={CORPUS.axis: shards, DATASET: 100},
        off=tuple(off),
        partitions={LISTS: 64, CLUSTERS: 64},
        sources={"corpus": CorpusRef.of([generation]).pinned()},
    )
    extract = _config(
        EXTRACT.name,
        axes={CRAWL.axis: shards, CORPUS.axis: 0},
        partitions={NEIGHBOURHOODS: 64},
        sources={"crawl": _crawl(root, shards).pinned(), "corpus": CorpusRef().pinned()},
    )
    configs = {BUILD.name: build, EXTRACT.name: extract}
    runs = [Workspace.create(storage, configs[kind], PIPELINE) for kind in kinds]
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
    blank = root / f"blank-{commit['stage']}-{commit['shard'] * len(commit['objects']) // LINKS}"
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
        }
        for name in ("rows", "dropped")
    }
    own = {"shard": shard, "fingerprint": fingerprint, "attempt": attempt, "objects": objects}
    marker = {**frame, **own, "inputs": {name: value for name, value in inputs.items() if value}}
    del marker["folder"]
    return marker


def questions(root: str) -> dict[str, tuple[str, ...]]:
    """Give what is asked of the two runs, as command lines: what each is, and its words."""
    build, extract = f"{root}/builds/many", f"{root}/extracts/many"
    return {
        "start of the process": ("--help",),
        "status": ("status", "--build", build),
        "status, quick": ("status", "--build", build, "--quick"),
        "status of the extract, quick": ("status", "--build", extract, "--quick"),
        "plan of sample": ("batches", "sample", "--build", build),
        "plan of extract": ("batches", "extract", "--build", extract),
        "status of the extract": ("status", "--build", extract),
        "repair": ("repair", "--build", build, "--dry-run"),
        "repair of the extract": ("repair", "--build", extract, "--dry-run"),
        "no-op batch that maps": ("run", "balance", "--build", build),
        "no-op batch that gathers": ("run", "rank_pairs", "--build", build),
        "no-op batch that fits": ("run", "fit_band", "--build", build),
    }


def ask(words: tuple[str, ...], variables: Mapping[str, str] = NO_VARIABLES) -> tuple[float, float]:
    """Run the data plane with these words: CPU seconds and peak MB, start of the process too."""
    command = [sys.executable, "-c", METERED, *words]
    environment = {**os.environ, **variables}
    answer = subprocess.run(
        command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    seconds, megabytes = json.loads(answer.stderr.strip().splitlines()[-1])
    return seconds, megabytes


def rows(options: Options) -> Iterator[Row]:
    """Measure the seconds, and count the requests."""
    from tests.benchmarks import ledgers_requests

    machine = machine_name(options.threads)
    if options.wants("seconds"):
        yield from seconds(options, machine)
    if options.wants("requests"):
        yield from ledgers_requests.rows(machine, options.scale)


def seconds(options: Options, machine: str) -> Iterator[Row]:
    """Measure each size: the first time, without any index, and then."""
    for size in (round(shards * options.scale) for shards in SHARDS):
        with tempfile.TemporaryDirectory(prefix="realsyn-bench-") as folder:
            groups = [g.name for kind in (EXTRACT, BUILD) for g in PIPELINE.groups_of(kind.name)]
            fabricate(Path(folder), size, groups)
            asked = questions(folder)
            for path in Path(folder).glob("*/many/*/_commits.index"):
                path.unlink()
            for name, words in {"first status, quick": asked["status, quick"], **asked}.items():
                cpu, megabytes = ask(words)
                case = f"{size} shards in each stage: {name}"
                goal = NO_OP_SECONDS if "no-op" in name else GOAL_SECONDS
                yield Row("ledgers", case, cpu, goal, "CPU s", machine)
                yield Row("ledgers", case, megabytes, GOAL_MB, "MB", machine)


if __name__ == "__main__":
    if sys.argv[2:]:
        fabricate(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
    else:
        for question, line in questions(sys.argv[1]).items():
            print(question, *(f"{value:.2f}" for value in ask(line)), flush=True)
