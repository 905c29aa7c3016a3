"""All stages over fabricated corpora of several sizes: what they cost, and how that grows.

A corpus (scale_planted.py) is a crawl of WARC files with four sentences for each picture, a share
of both copies of others. An extract of it and a build over it run as an orchestrator runs them:
every batch in a process of its own with one thread, with openings, plans, gates, promotions and
publication, through the real runner (scale_runs.py). Models are look-ups, the parser of
filter_sentences among them; `fetch` has nothing to do. Shards, partitions and batches hold equally
much at every size. Roots stay below the folder, so that a suite that was stopped goes on, and they
belong to a commit of this repository; crawls are used again.

    make bench SUITE=scale OPTIONS='--sizes 25000,100000 --processes 2 --root DIR --json FILE'

Of the second and further shares of copies only the extract runs. Corpora of other sizes than the
default ones want shards of a size that gives at least four of them.

The file of JSON is {"schema": 1, "machine": str, "records": [...]}: a record for each size and
stage (kind "stage") or other step (kind "step": "open-extract", "plan GROUP", "gate GROUP",
"promote GROUP" ...):

    pictures, copies      of the crawl, and the share of copies; items: the same as pictures
    stage, group, kind    see above
    axis, shards, batches of the run; shards only of stages
    cpu_seconds           of all its processes, without their start
    startup_seconds       CPU of starting them: imports, and what libraries load first
    wall                  seconds, summed over processes; other work on the machine counts
    peak_rss_mb           of its largest process; startup_rss_mb: before it had begun
    declared_memory_mb, declared_gpus       what a pod asks for
    bytes_read            by system calls, also of files in the cache
    bytes_written, objects                  that storage was given; markers and logs too
    requests              {get, put, head, list, delete} that S3 would be asked for
    batch_cpu_seconds, batch_wall           by batch
    rows, stored_bytes, stored_objects, commit_cpu_seconds      of its commits; only of stages
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from realsyn_tasks.core.include import PROJECT
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks import scale_report as report
from tests.benchmarks.measure import Options, Row, machine_name
from tests.benchmarks.scale_planted import Planted
from tests.benchmarks.scale_prediction import TOLERANCE, prediction
from tests.benchmarks.scale_runs import Root, Size, records

FOLDER = PROJECT / ".bench" / "scale"
SIZES = "25000,100000,400000"
SCHEMA = 1


def rows(options: Options) -> Iterator[Row]:
    """Run all sizes, write what was measured, and give what the goals are set for."""
    given = arguments(options)
    measured: list[report.Record] = []
    machine = machine_name(1)
    for copies in given.copies:
        for pictures in given.sizes:
            groups = given.groups if copies == given.copies[0] else given.groups[:1]
            measured += run(given, _size(given, pictures, copies), groups)
            save(given.json, machine, measured)
    print(*report.markdown(measured), sep="\n", flush=True)
    yield from _rows(measured, machine)


def arguments(options: Options) -> argparse.Namespace:
    """Read what may be said of this suite."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks scale")
    parser.add_argument("--sizes", type=_integers, default=SIZES, help=f"pictures ({SIZES})")
    parser.add_argument("--copies", type=_shares, default="20,50", help="per cent (20,50)")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per-shard", type=int, default=3_130, help="pictures, tens of them")
    parser.add_argument("--per-partition", type=int, default=6_260, help="pictures")
    parser.add_argument("--per-batch", type=int, default=4, help="shards or partitions")
    parser.add_argument("--processes", type=int, default=1, help="at a time")
    parser.add_argument("--groups", type=_groups, default=_groups(""), help="the first of them")
    parser.add_argument("--root", type=Path, default=FOLDER)
    parser.add_argument("--json", type=Path, default=FOLDER / "scale.json")
    parser.add_argument("--fresh", action="store_true", help="measure again what is there")
    given = parser.parse_args(options.more)
    given.sizes = [max(10, round(size * options.scale / 10) * 10) for size in given.sizes]
    return given


def run(given: argparse.Namespace, size: Size, groups: list[str]) -> list[report.Record]:
    """Run what is left of one size; give its records."""
    given.root.mkdir(parents=True, exist_ok=True)
    root_path = given.root / size.name
    if given.fresh and root_path.exists():
        shutil.rmtree(root_path)
    root = Root(given.root.resolve(), size)
    print(f"{size.pictures:,} pictures, {size.planted.copies:.0%} copies: {root.path}", flush=True)
    root.run(groups, given.processes)
    return records(root)


def save(path: Path, machine: str, measured: list[report.Record]) -> None:
    """Write the raw numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"schema": SCHEMA, "machine": machine, "records": measured}
    path.write_text(json.dumps(content, indent=1) + "\n")


def _size(given: argparse.Namespace, pictures: int, copies: float) -> Size:
    planted = Planted(copies, given.dim, given.seed)
    cut = (given.per_shard, given.per_partition, given.per_batch)
    return Size(pictures, planted, *cut, code=_code())


def _code() -> str:
    """Name the commit that is measured; empty where there is none."""
    command = ["git", "rev-parse", "--short=8", "HEAD"]
    asked = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _rows(measured: list[report.Record], machine: str) -> Iterator[Row]:
    """Give the growth of each stage beside its goals."""
    for copies in sorted({record["copies"] for record in measured}):
        for line in report.lines(measured, copies):
            sizes = " to ".join(f"{size:,}" for size in line.sizes[-2:])
            case = f"{line.name}, {sizes} pictures, {copies:.0%} copies"
            power, ratio = line.last("cpu_seconds"), line.rss_ratio
            if power is not None:
                yield Row("scale", f"{case}: CPU", power, line.cpu_goal, "exponent", machine)
            if ratio is not None:
                yield Row("scale", f"{case}: memory", ratio, report.RSS_GOAL, "ratio", machine)
        yield from _foretold(measured, copies, machine)


def _foretold(measured: list[report.Record], copies: float, machine: str) -> Iterator[Row]:
    """Hold the two largest runs against each other: what the smaller one foretells."""
    mine = [record for record in measured if record["copies"] == copies]
    sizes = sorted({record["pictures"] for record in mine})
    for before, size in pairwise(sizes):
        runs = ([r for r in mine if r["pictures"] == each] for each in (before, size))
        said = prediction(*runs)
        case = f"CPU of all at {size:,} pictures foretold from {before:,}, {copies:.0%} copies"
        case += f": {said.foretold:,.0f} s, and {said.measured:,.0f} s it was"
        yield Row("scale", case, said.off, TOLERANCE, "off", machine)


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _shares(text: str) -> list[float]:
    return [int(part) / 100 for part in text.split(",")]


def _groups(text: str) -> list[str]:
    """Name the groups up to the last that is asked for; all for none."""
    names = [group.name for group in PIPELINE.groups if group.kind in (EXTRACT, BUILD)]
    return names[: names.index(text) + 1] if text else names
