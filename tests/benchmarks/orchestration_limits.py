"""What Airflow keeps of runs over very many shards, against its limits: lists, XComs and conf.

A build is fabricated that has one stage group, complete (tests/benchmarks/ledgers.py); those before
it are off, which changes nothing of what Airflow keeps. The markers of the first stage that maps
over the corpus are withheld, so that all of its batches are due. Then the DAG of its group plans
and maps for real, and realsyn_backfill does with a form that names every other shard, the longest
text there is. The stage's pool is closed until Airflow has made all instances; with the markers
back, SOME of them run, find nothing to do, and the run is ended: what the others would cost is
known from these.

SHARDS    of the build (30000)
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.config import Dispatch
from realsyn_tasks.core.planner import batch_of
from realsyn_tasks.core.shards import as_ranges, in_ranges
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks import ledgers
from tests.benchmarks.measure import Row

if TYPE_CHECKING:
    from tests.benchmarks.orchestration import Run, Site

SHARDS = "30000"
STAGE, POOL = "spot_text", "gpu"  # the first stage of its group that maps over the corpus
SOME = 4  # instances that run
MOST = 1000  # batches; a profile can ask for no more
VALUE = 64 << 20  # bytes of a JSON value that MySQL takes as it is set up; others take more
WORD = 128 << 10  # bytes that Linux takes in one word of a command


def rows(site: Site, folder: Path, machine: str) -> Iterator[Row]:
    """Plan and map a group and a backfill, cut into as many batches as by default, and at most."""
    shards = int(os.environ.get("SHARDS", SHARDS))
    build = fabricated(folder / "root", shards)
    longest = int(site.setting("core", "max_map_length"))
    for batches in (Dispatch().max_batches, MOST):
        build = cut(build, batches)
        limits = {"instances": longest, "bytes": VALUE, "bytes of a word": WORD, "CPU s": 10.0}
        for what, value, unit in chain(_group(site, build), _backfill(site, build)):
            case = f"{shards} shards, at most {batches} batches: {what}"
            yield Row("orchestration", case, value, limits[unit], unit, machine)


def fabricated(root: Path, shards: int) -> Workspace:
    """Make the build."""
    group = PIPELINE.stage(STAGE).group
    before = [s.name for g in PIPELINE.groups_of(BUILD.name) for s in g.stages if g.name != group]
    [build] = ledgers.fabricate(root, shards, [group], [BUILD.name], before)
    return build


Figure = tuple[str, float, str]  # what, how much, of what


def _group(site: Site, build: Workspace) -> Iterator[Figure]:
    """Let the stage's group plan and map over all of its batches."""
    group = build.pipeline.stage(STAGE).group
    due = _batches(build, range(_shards(build)))
    run = _mapped(
        site, build, f"realsyn_{group}", {"build": build.uri}, f"stages.{STAGE}", len(due)
    )
    if run.xcom(f"plan.{STAGE}") != due:
        raise RuntimeError(f"the list of {STAGE} is not what it was planned to be")
    yield f"{group}: plan", site.cpu_of("batches"), "CPU s"
    yield f"{group}: {STAGE}, mapped", run.instances(f"stages.{STAGE}"), "instances"
    yield f"{group}: largest XCom", run.largest_xcom(), "bytes"


def _backfill(site: Site, build: Workspace) -> Iterator[Figure]:
    """Let a backfill plan and map over the stage's batches, for every other shard."""
    every_other = range(1, _shards(build), 2)
    named, due = as_ranges(every_other), len(_batches(build, every_other))
    form = {"root": build.storage.uri, "build": build.uri, "stage": STAGE, "shards": named}
    run = _mapped(site, build, "realsyn_backfill", {**form, "finish": False}, f"shards.{POOL}", due)
    steps = run.xcom(f"shards.{POOL}_batches")
    if as_ranges(n for step in steps for n in in_ranges(step["shards"])) != named:
        raise RuntimeError("the steps of the backfill are not the shards that were named")
    if run.form["shards"] != named:
        raise RuntimeError("the form of the backfill is not what was sent")
    yield "backfill: plan of the repair", site.cpu_of("repair"), "CPU s"
    yield "backfill: conf", len(json.dumps(run.form)), "bytes"
    yield "backfill: shards in one word", len(named), "bytes of a word"
    yield "backfill: mapped", run.instances(f"shards.{POOL}"), "instances"
    yield "backfill: largest XCom", run.largest_xcom(), "bytes"


def _batches(build: Workspace, shards: Iterable[int]) -> list[int]:
    stage = build.pipeline.stage(STAGE)
    return sorted({batch_of(build, stage, shard) for shard in shards})


def _mapped(
    site: Site, build: Workspace, dag: str, form: dict[str, Any], task: str, due: int
) -> Run:
    """Start a run that maps over so many batches of the stage; end it once some have run."""
    site.forget_costs()
    with site.closed(POOL), withheld(build):  # the markers are back before the pool is open
        run = site.start(dag, form)
        run.wait(lambda: run.instances(task) >= due)
    run.wait(lambda: run.instances(task, "success") >= SOME)
    run.end()
    return run


def _shards(build: Workspace) -> int:
    return build.config.shards(build.pipeline.stage(STAGE).axis)


def cut(build: Workspace, batches: int) -> Workspace:
    """Let the stages of a build have at most so many batches; that outdates nothing."""
    dispatch = Dispatch(max_batches=batches, light_batches=batches)
    config = build.config.model_copy(update={"dispatch": dispatch})
    return Workspace.create(build.storage, config, build.pipeline)


@contextmanager
def withheld(build: Workspace) -> Iterator[None]:
    """Take away the markers of the stage for a while, by one rename."""
    markers = Path(build.uri.removeprefix("file://")) / STAGE / "_commits"
    aside = markers.with_name("_withheld")
    markers.rename(aside)
    try:
        yield
    finally:
        aside.rename(markers)
