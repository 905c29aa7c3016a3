"""Mends a generation of the corpus: its extract's shards are done again, and put back as they were.

What a generation holds never changes, so only equal bytes mend it; builds that are pinned to it
stay as they are. The extract must still be there, and its crawl where that is read again. The same
is done by realsyn_backfill, which sees an extract as unfinished while its generation is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.errors import ConfigError, DamagedObject, RealSynError, TransientError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.screen import terminal
from realsyn_tasks.core.shards import as_ranges, shown
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.extract.promotion import promote as promote_extract
from realsyn_tasks.kinds import CRAWL, EXTRACT
from realsyn_tasks.runs.models import loader
from realsyn_tasks.runs.verification import Damage, Objects, of_generation
from realsyn_tasks.stages import PIPELINE

SHARD = re.compile(r"/shard=(\d+)/")
EXAMPLES = 5  # objects that are named
Redone = dict[str, list[int]]  # stage -> shards


@dataclass(frozen=True)
class GenerationRepair:
    """What is damaged of a generation, which shards mend it, or why none can."""

    generation: int
    run: str  # URI of the extract
    damages: tuple[Damage, ...]
    redone: Redone
    hopeless: str = ""
    restored: tuple[str, ...] = ()  # paths

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        own = {name: getattr(self, name) for name in ("generation", "run", "redone", "hopeless")}
        damages = [damage.record() for damage in self.damages]
        return own | {"damages": damages, "restored": list(self.restored)}


def generation_of(storage: Storage, number: int) -> Generation:
    """Give a generation; ConfigError says which there are if it is none of them."""
    known = {generation.generation: generation for generation in generations(storage)}
    if number not in known:
        names = ", ".join(map(str, known)) or "none"
        raise ConfigError(f"there is no generation {number} in {storage.uri}; there are: {names}")
    return known[number]


def plan(root: str, number: int, checksums: bool) -> GenerationRepair:
    """Look through a generation, and tell what mends it; nothing is changed."""
    storage = Storage.at(root)
    generation = generation_of(storage, number)
    damages = tuple(of_generation(Objects(storage, checksums, lambda size: None), generation))
    folder = f"{EXTRACT.folder}/{generation.extract}"
    uri = f"{storage.uri}/{folder}"
    if not damages:
        return GenerationRepair(number, uri, (), {})
    if not storage.exists(f"{folder}/{CONFIG_NAME}"):
        return GenerationRepair(number, uri, damages, {}, _gone(f"its extract {uri} is gone"))
    run = Workspace.open(uri, PIPELINE)
    redone, hopeless = _due(run, damages)
    return GenerationRepair(number, uri, damages, redone, hopeless)


def _gone(why: str) -> str:
    return (
        f"{why}: it cannot be made again. Put back copies of the objects (their digests are in"
        " generation.json), or open builds over the other generations (--generations)"
    )


def _due(run: Workspace, damages: tuple[Damage, ...]) -> tuple[Redone, str]:
    """Give the shards that are to be done again, and why that would not help."""
    redone, planner = _owners(run, damages), Planner(run)
    for stage in run.stages():
        status = planner.status(stage)
        if stale := [s for s in status.unsettled if status.states[s] is ShardState.STALE]:
            return redone, _gone(
                f"{stage.name}, shards {shown(as_ranges(stale))}, is of another version of this"
                " program or of other settings, and would give other bytes by now"
            )
        lacking = {s for s in status.unsettled if status.states[s] is not ShardState.WAITING}
        if due := sorted(lacking.union(redone.get(stage.name, ()))):
            redone[stage.name] = due
    return redone, _without_crawl(run, redone)


def _owners(run: Workspace, damages: tuple[Damage, ...]) -> Redone:
    """Find the shards whose markers name the damaged objects."""
    paths = {damage.path for damage in damages}
    numbers = sorted({int(found[1]) for path in paths if (found := SHARD.search(path))})
    owners: Redone = {}
    for stage in run.stages():
        for shard, commit in run.ledger(stage.name).find_each(numbers).items():
            if paths & {ref.path for ref in commit.objects.values()}:
                owners.setdefault(stage.name, []).append(shard)
    return {stage: sorted(shards) for stage, shards in owners.items()}


def _without_crawl(run: Workspace, redone: Redone) -> str:
    """Say that the crawl is gone, if any shard reads it again."""
    crawl = crawl_of(run.config.sources)
    readers = [name for name in redone if CRAWL.name in PIPELINE.stage(name).reads]
    if crawl is None or not readers:
        return ""
    sizes = Storage.at(crawl.uri).sizes([file.path for file in crawl.files])
    lost = [f.path for f, size in zip(crawl.files, sizes, strict=True) if size != f.size]
    if not lost:
        return ""
    names = ", ".join(lost[:EXAMPLES])
    return _gone(f"{len(lost)} of {len(sizes)} files of its crawl {crawl.uri} are gone ({names})")


Load = Callable[[Any], Any]


def mend(root: str, number: int, checksums: bool, load: Load = loader) -> GenerationRepair:
    """Do the shards again, in this process, and put equal bytes back where they were.

    Raises ConfigError where nothing here can mend it, and TransientError where a shard failed.
    """
    repair = plan(root, number, checksums)
    if repair.hopeless:
        raise ConfigError(f"generation {number}: {repair.hopeless}")
    if not repair.damages:
        return repair
    run = Workspace.open(repair.run, PIPELINE)
    for stage, shards in _owners(run, repair.damages).items():
        for shard in shards:
            run.ledger(stage).withdraw(shard)
    _do_again(run, load)
    restored = tuple(promote_extract(run)["restored"])
    if left := plan(root, number, checksums).damages:
        raise ConfigError(f"generation {number}: {left[0].path} is still damaged: {left[0].detail}")
    return replace(repair, restored=restored)


def _do_again(run: Workspace, load: Load) -> None:
    """Run what the extract lacks, stage by stage."""
    runner, rounds = Runner(run, load(run.config)), len(run.stages())
    for left in reversed(range(rounds)):
        failed = _round(run, runner)
        if failed is None:
            return
        shard, stage, error = failed
        if not left or not isinstance(error, DamagedObject):  # else its marker was taken back
            raise TransientError(f"stage {stage}, shard {shard:05d}: {error}") from error


def _round(run: Workspace, runner: Runner) -> tuple[int, str, RealSynError] | None:
    """Run all that lacks a commit; give the first shard that failed, with its stage and why."""
    planner = Planner(run)
    for stage in run.stages():
        batches = planner.batches(stage)
        for batch in batches:
            for shard, error in runner.run_batch(stage, batch).failed.items():
                return shard, stage.name, error
        planner = Planner(run) if batches else planner
    return None


def show(repair: GenerationRepair) -> None:
    """Print for people what is damaged, and what mends it."""
    console = terminal(soft_wrap=True, highlight=False)
    for line in lines(repair):
        console.print(line, markup=False)


def lines(repair: GenerationRepair) -> Iterator[str]:
    """Give that line by line."""
    if not repair.damages:
        yield f"generation {repair.generation} is whole"
        return
    count = len(repair.damages)
    yield f"generation {repair.generation} is damaged, in {_objects(count)}:"
    for damage in repair.damages[:EXAMPLES]:
        yield f"  {damage.path}: {damage.fault}, {damage.detail}"
    yield from [f"  … and {count - EXAMPLES} more"] if count > EXAMPLES else []
    if repair.hopeless:
        yield repair.hopeless
        return
    done = "were" if repair.restored else "would be"
    yield f"of {repair.run} {done} done again, with what depends on it:"
    yield from (f"  {stage}: {shown(as_ranges(s))}" for stage, s in repair.redone.items())
    if repair.restored:
        yield f"as they were again: {_objects(len(repair.restored))}"


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count:,} objects"
