"""Holds what a root keeps against what is written of it: generations, runs, datasets.

By size, or by reading and digesting every byte: then an object that was changed and kept its size
is told, too. Each object is looked at once, whoever refers to it. Nothing is changed here; each
finding says what mends it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from realsyn_tasks.core.commits import Commit, Ledger
from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import (
    FOLDER,
    Generation,
    generation_path,
    read_generation,
    repair_words,
)
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.datasets.manifest import Fault
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.stages import PIPELINE

AT_ONCE = 500  # shards whose markers are at hand
OPEN_AGAIN = "open the run again under the same name; what is committed stays"
Step = Callable[[int], None]
Wrong = tuple[Fault, str]


@dataclass(frozen=True)
class Damage:
    """Something that is not as it was written."""

    place: str  # folder of the generation or run
    path: str
    fault: Fault
    detail: str
    remedy: str
    damages: bool = True  # something that counts is lost
    stage: str = ""
    shard: int | None = None

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self)


class Objects:
    """Holds objects against their sizes, or their digests too; knows again what many refer to."""

    def __init__(self, storage: Storage, checksums: bool, step: Step) -> None:
        self.storage = storage
        self.checksums, self._step = checksums, step
        self.shared: dict[str, Wrong | None] = {}  # by path, of what generations refer to
        self.count = 0

    def wrong(self, refs: Sequence[ObjectRef]) -> list[Wrong | None]:
        """Say of each object what is wrong with it; None where it is whole."""
        fresh = [ref for ref in refs if ref.path not in self.shared]
        sizes = self.storage.sizes([ref.path for ref in fresh])
        pairs = list(zip(fresh, sizes, strict=True))
        faults = self.storage.each(lambda pair: self._fault(*pair), pairs)
        by_path = {ref.path: fault for ref, fault in zip(fresh, faults, strict=True)}
        self.count += len(by_path)
        return [by_path[r.path] if r.path in by_path else self.shared[r.path] for r in refs]

    def _fault(self, ref: ObjectRef, size: int | None) -> Wrong | None:
        self._step(ref.size)
        if size is None:
            return Fault.MISSING, "there is no such object"
        if size != ref.size:
            return Fault.SIZE, f"{size} bytes instead of {ref.size}"
        try:
            self.storage.verify(ref, checksum=True) if self.checksums else None
        except DamagedObject:
            return Fault.CHECKSUM, f"it is not {ref.sha256}"
        return None


def bytes_of(storage: Storage) -> int:
    """Sum up the bytes of generations and runs, each object once."""
    objects = {r.path: r.size for g in _readable(storage) for s in g.shards for r in _refs(s)}
    total = sum(objects.values())
    for _, ledger in _ledgers(storage):
        sized = zip(*ledger.outlines().objects(), strict=True)
        total += sum(size for path, size in sized if path not in objects)
    return total


def _ledgers(storage: Storage) -> Iterator[tuple[str, Ledger]]:
    for folder in run_folders(storage):
        for stage in storage.folders(folder):
            if not stage.rsplit("/", 1)[-1].startswith("_"):
                yield stage, Ledger(storage, stage)


def run_folders(storage: Storage) -> list[str]:
    """List the folders of all runs, readable or not."""
    return [folder for kind in PIPELINE.kinds for folder in storage.folders(kind.folder)]


# -- generations -----------------------------------------------------------------------------------


def of_generations(objects: Objects) -> Iterator[Damage]:
    """Check the pointers of all generations and the objects that they name."""
    for number, path in _pointers(objects.storage):
        try:
            generation = read_generation(objects.storage, path)
        except ConfigError as error:
            place = path.rsplit("/", 1)[0]
            yield Damage(place, path, Fault.UNREADABLE, f"generation {number}", str(error))
        else:
            yield from of_generation(objects, generation)


def of_generation(objects: Objects, generation: Generation) -> Iterator[Damage]:
    """Check the objects of one generation."""
    remedy = f"`{repair_words(objects.storage, generation.generation)}` shows what mends it"
    place = generation_path(generation.generation).rsplit("/", 1)[0]
    for start in range(0, len(generation.shards), AT_ONCE):
        shards = list(enumerate(generation.shards))[start : start + AT_ONCE]
        named = [(n, name, ref) for n, shard in shards for name, ref in shard.objects.items()]
        faults = objects.wrong([ref for _, _, ref in named])
        for (number, name, ref), fault in zip(named, faults, strict=True):
            objects.shared[ref.path] = fault
            if fault:
                yield Damage(place, ref.path, *fault, remedy, stage=name, shard=number)


def _pointers(storage: Storage) -> Iterator[tuple[int, str]]:
    for folder in storage.folders(FOLDER):
        number = folder.rsplit("gen=", 1)[-1]
        path = f"{folder}/generation.json"
        if number.isdigit() and storage.exists(path):
            yield int(number), path


def _readable(storage: Storage) -> Iterator[Generation]:
    for _, path in _pointers(storage):
        try:
            yield read_generation(storage, path)
        except ConfigError:
            continue


def _refs(shard: Any) -> Iterable[ObjectRef]:
    refs: Iterable[ObjectRef] = shard.objects.values()
    return refs


# -- runs ------------------------------------------------------------------------------------------


def of_runs(objects: Objects) -> Iterator[Damage]:
    """Check the configuration of all runs, and the objects of all their markers."""
    storage = objects.storage
    in_corpus = {generation.extract for generation in _readable(storage)}
    for folder in run_folders(storage):
        path = f"{folder}/{CONFIG_NAME}"
        if not storage.exists(path):
            continue
        try:
            run = Workspace.open(f"{storage.uri}/{folder}", PIPELINE)
        except ConfigError as error:
            yield Damage(folder, path, Fault.UNREADABLE, str(error), OPEN_AGAIN)
            continue
        settled = run.config.kind == EXTRACT.name and run.config.name in in_corpus
        yield from _of_lists(objects, run)
        for stage in run.stages():
            yield from _of_stage(objects, run, stage.name, settled)


def _of_lists(objects: Objects, run: Workspace) -> Iterator[Damage]:
    """Check the lists of what was taken down that a build is pinned to."""
    takedown = corpus_of(run.config.sources).takedown
    for ref in takedown.removed if takedown else ():
        [data] = objects.storage.read_each([ref.path])
        if data is None or hashlib.sha256(data).hexdigest() != ref.sha256:
            detail = "there is no such list" if data is None else f"it is not {ref.sha256}"
            fault = Fault.MISSING if data is None else Fault.CHECKSUM
            yield Damage(run.folder, ref.path, fault, detail, OPEN_AGAIN)


def _of_stage(objects: Objects, run: Workspace, stage: str, settled: bool) -> Iterator[Damage]:
    """Check the objects of a stage; of an extract in the corpus, the generation is what counts."""
    ledger = run.ledger(stage)
    outlines = ledger.outlines()
    for start in range(0, len(outlines), AT_ONCE):
        shards = list(outlines)[start : start + AT_ONCE]
        commits = ledger.find_each(shards).values()
        named = [(commit, ref) for commit in commits for ref in commit.objects.values()]
        faults = objects.wrong([ref for _, ref in named])
        for (commit, ref), fault in zip(named, faults, strict=True):
            if fault and ref.path not in objects.shared:
                remedy = _nothing() if settled else _again(run, commit, fault[0])
                yield Damage(run.folder, ref.path, *fault, remedy, not settled, stage, commit.shard)


def _nothing() -> str:
    return "nothing needs it while its generation is whole; repairing that makes it again"


def _again(run: Workspace, commit: Commit, fault: Fault) -> str:
    if fault is not Fault.CHECKSUM:
        return "realsyn_backfill does it again"
    words = f"--build {run.uri} --stage {commit.stage} --shards {commit.shard} --force --really"
    return f"`realsyn repair {words}`, then realsyn_backfill"
