"""One shard of one stage as people ask about it: what it holds, what it reads, why it is not done.

Nothing is worked out anew: markers, notes and logs are read by their names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from realsyn_tasks.core.answers import SETTLED, ShardState, StageStatus
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.declaration import Reading, Stage
from realsyn_tasks.core.planner import Planner, batch_of
from realsyn_tasks.core.shards import as_ranges, shown
from realsyn_tasks.core.wiring import collected_shards, reads_of
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.kinds import CORPUS, CRAWL

MOST_FILES = 200  # of a crawl, that are named
MOST_LINES = 400  # of one log
TRIES = 3  # logs of a batch that are read, the newest first
HOW = {
    Reading.ALIGNED: "the shard of the same number",
    Reading.GATHER: "what is meant for this shard, of all of its shards",
    Reading.RUN: "a run of its shards",
    Reading.BROADCAST: "its one shard",
    Reading.ALL: "all of its shards",
}
Record = dict[str, Any]


def record(run: Workspace, planner: Planner, stage: Stage, shard: int) -> Record:
    """Give all that is known of a shard, without its log and without what it dropped."""
    status, ledger = planner.status(stage), run.ledger(stage.name)
    state, commit = status.states[shard], ledger.find(shard)
    note = ledger.notes([shard]).get(shard)
    earlier = ledger.withdrawn([shard]).get(shard)
    return {
        "stage": stage.name,
        "group": stage.group,
        "shard": shard,
        "state": state.value,
        "batch": batch_of(run, stage, shard),
        "batches": run.config.dispatch.batches(stage, run.config.shards(stage.axis)),
        "why": why(run, planner, stage, shard, commit),
        "commit": commit and _commit(run, commit),
        "failure": note and note.model_dump(),
        "withdrawn": earlier.attempt if earlier else "",
        "reads": list(_reads(run, planner, stage, shard)),
        "read_by": [each.name for each in run.stages() if stage.name in each.reads],
    }


def _commit(run: Workspace, commit: Commit) -> Record:
    """Give a marker, with the reasons of drops in words and what is there of its objects."""
    words = run.pipeline.reason_words
    drops = [
        {"kind": kind, "reason": reason, "words": words.get(reason, ""), "count": count}
        for kind, counts in commit.dropped.items()
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    sizes = run.storage.sizes([ref.path for ref in commit.objects.values()])
    objects = [
        {"name": name, **ref.model_dump(), "present": size}
        for (name, ref), size in zip(commit.objects.items(), sizes, strict=True)
    ]
    left_out = {"objects", "dropped", "stage", "shard", "inputs"}
    size = sum(ref.size for ref in commit.objects.values())
    return {
        **commit.model_dump(exclude=left_out),
        "bytes": size,
        "objects": objects,
        "drops": drops,
    }


# -- why it is not done ---------------------------------------------------------------------------


def why(
    run: Workspace, planner: Planner, stage: Stage, shard: int, commit: Commit | None
) -> list[str]:
    """Say why a shard is not done, a sentence for each reason; nothing of one that is."""
    state = planner.status(stage).states[shard]
    if state is ShardState.STALE and commit:
        return list(_why_stale(run, planner, stage, commit))
    if state is ShardState.DAMAGED and commit:
        return list(_why_damaged(run, commit))
    if state in (ShardState.WAITING, ShardState.QUARANTINED):
        return list(_why_kept_back(run, planner, stage, shard))
    if state is ShardState.MISSING:
        return ["all that it reads is there, and nobody has done it yet"]
    return []


def _why_stale(run: Workspace, planner: Planner, stage: Stage, commit: Commit) -> Iterator[str]:
    now = planner.fingerprints.inputs(stage, commit.shard)
    changed = sorted(n for n in {*now, *commit.inputs} if now.get(n) != commit.inputs.get(n))
    if changed:
        yield f"what it read has changed since: {', '.join(changed)}"
    if commit.stage_version != stage.version:
        yield f"it was made by version {commit.stage_version} of the stage, now {stage.version}"
    models = run.config.identities_of(stage)
    others = sorted(n for n in {*models, *commit.models} if models.get(n) != commit.models.get(n))
    if others:
        yield f"it was made with another {', '.join(others)}"
    if not changed and not others and commit.stage_version == stage.version:
        yield "settings, seed or target of the stage were others when it was made"


def _why_damaged(run: Workspace, commit: Commit) -> Iterator[str]:
    sizes = run.storage.sizes([ref.path for ref in commit.objects.values()])
    for (name, ref), size in zip(commit.objects.items(), sizes, strict=True):
        if size != ref.size:
            there = "is gone" if size is None else f"has {size} bytes"
            yield f"object {name} {there}; its marker says {ref.size} bytes: {ref.path}"


def _why_kept_back(run: Workspace, planner: Planner, stage: Stage, shard: int) -> Iterator[str]:
    reads = reads_of(run)[stage.name]
    for read in reads.in_line:
        state = planner.state(read, shard)
        if state not in SETTLED or state is ShardState.QUARANTINED:
            yield f"{read.name}, shard {shard}, is {state.value if state else 'not there'}"
    for read in (*reads.whole, *reads.through):
        if not planner.status(read).complete:
            yield f"all of {read.name} is needed: {_left(planner.status(read))}"
    for read in reads.in_runs:
        numbers = collected_shards(run, stage, shard)
        left = [n for n in numbers if planner.state(read, n) not in SETTLED]
        if left:
            yield f"shards {shown(as_ranges(left))} of {read.name} are not done"
    for group in dict.fromkeys(read.group for read in (*reads.in_line, *reads.whole)):
        mine = [r for r in (*reads.in_line, *reads.whole) if r.group == group]
        if not all(planner.visible(read, stage) for read in mine):
            yield f"group {group} is not promoted as it is now: its gate has to pass first"


def _left(status: StageStatus) -> str:
    return f"{len(status.unsettled)} of {len(status.states)} shards are left"


# -- what it reads --------------------------------------------------------------------------------


def _reads(run: Workspace, planner: Planner, stage: Stage, shard: int) -> Iterator[Record]:
    at_work = {each.name for each in run.stages()}
    for name in stage.reads:
        if name in at_work:
            yield _of_stage(run, planner, stage, run.pipeline.stage(name), shard)
        elif name in run.sources:
            yield {"name": name, "source": True, **_of_source(run, stage, name, shard)}


def _of_stage(run: Workspace, planner: Planner, stage: Stage, read: Stage, shard: int) -> Record:
    how, status = run.pipeline.reading(stage, read.name), planner.status(read)
    numbers = {
        Reading.ALIGNED: lambda: [shard],
        Reading.RUN: lambda: list(collected_shards(run, stage, shard)),
    }.get(how, lambda: list(status.states))()
    states = Counter(str(status.states.get(number) or "unknown") for number in numbers)
    return {
        "name": read.name,
        "source": False,
        "how": HOW[how],
        "shards": shown(as_ranges(numbers)),
        "count": len(numbers),
        "states": dict(states),
    }


def _of_source(run: Workspace, stage: Stage, name: str, shard: int) -> Record:
    """Say what of a source a shard reads: files of a crawl, or a shard of a generation."""
    aligned = stage.axis == run.pipeline.source(name).axis
    crawl = crawl_of(run.config.sources) if name == CRAWL.name else None
    if crawl and aligned:
        sizes = {file.path: file.size for file in crawl.files}
        own = crawl.shards[shard]
        files = [{"path": path, "size": sizes.get(path)} for path in own[:MOST_FILES]]
        return {"how": f"{len(own)} files of {crawl.uri}", "files": files, "count": len(own)}
    if name == CORPUS.name and aligned:
        return {"how": _of_generation(run, shard), "count": 1}
    return {"how": "all of it", "count": run.config.shards(run.pipeline.source(name).axis)}


def _of_generation(run: Workspace, shard: int) -> str:
    for generation in corpus_of(run.config.sources).generations:
        if shard < generation.shards:
            return f"shard {shard} of generation {generation.generation}"
        shard -= generation.shards
    return "nothing"


# -- its log, and what it dropped -----------------------------------------------------------------


def logs(run: Workspace, stage: Stage, shard: int) -> list[Record]:
    """Give what the newest tries at a shard's batch noted of it and of the batch as a whole."""
    folder = f"{run.folder}/{stage.name}/_logs/{batch_of(run, stage, shard):05d}"
    paths = [path for path, _ in run.storage.listing(folder)][-TRIES:]
    read = zip(paths, run.storage.read_each(paths), strict=True)
    tries = [_try(path, data, shard) for path, data in read if data]
    return tries[::-1]


def _try(path: str, data: bytes, shard: int) -> Record:
    lines = [line for raw in data.splitlines() if (line := _line(raw))]
    own = [line for line in lines if line.get("shard", shard) == shard]
    started: Mapping[str, Any] = next((x for x in lines if x.get("event") == "started"), {})
    return {
        "name": PurePosixPath(path).stem,
        "path": path,
        "host": started.get("host", ""),
        "code_version": started.get("code_version", ""),
        "ended": any(line.get("event") == "ended" for line in lines),
        "lines": own[:MOST_LINES],
        "left_out": len(lines) - len(own[:MOST_LINES]),
    }


def _line(raw: bytes) -> Record | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def dropped(
    run: Workspace, stage: Stage, shard: int, kind: str = "", reason: str = "", most: int = 20
) -> list[Record]:
    """Give the first items that a committed shard dropped, of one kind and reason if named."""
    from realsyn_tasks.core import arrow_files

    commit = run.ledger(stage.name).find(shard)
    ref = commit.objects.get(DROPPED) if commit else None
    if ref is None:
        return []
    rows = (row for piece in arrow_files.pieces(run.storage, ref) for row in piece.to_pylist())
    words = run.pipeline.reason_words
    asked = (r for r in rows if kind in ("", r["kind"]) and reason in ("", r["reason"]))
    return [{**row, "words": words.get(row["reason"], "")} for row in islice(asked, most)]
