"""The corpus as a run is pinned to it: some generations, without what was taken down of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from realsyn_tasks.core.config import Frozen, PinnedSource
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.source import HiddenRows, SourceShard, visible_content
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.contents import contents_of
from realsyn_tasks.corpus.generations import (
    Generation,
    GenerationRef,
    GenerationShard,
    generation_path,
    generations,
    read_generation,
    repair_words,
)

STAGE = "corpus"  # stands in place of a stage's name
KEYS = {"images": "image_id", "sentences": "sentence_id"}  # table -> column of its ids


class RemovedRows(Frozen):
    """Which rows of a table of one shard are under a tombstone: how many, and a digest."""

    shard: int  # of the generation
    table: str
    rows: int
    digest: str  # of their ids


class Removed(Frozen):
    """The list of what is under a tombstone in one generation.

    Its outline by shards is pinned beside it, so that who plans a build need not read the list.
    """

    generation: int
    path: str
    sha256: str
    images: int
    sentences: int
    shards: tuple[RemovedRows, ...]  # those that lose any

    def hidden(self) -> dict[int, dict[str, HiddenRows]]:
        """Give what is hidden of each shard, by table."""
        hidden: dict[int, dict[str, HiddenRows]] = {}
        for gone in self.shards:
            rows = HiddenRows(key=KEYS[gone.table], rows=gone.rows, digest=gone.digest)
            hidden.setdefault(gone.shard, {})[gone.table] = rows
        return hidden


class Takedown(Frozen):
    """The tombstones that a build is pinned to: the state of their log, and what it removes."""

    number: int
    digest: str
    removed: tuple[Removed, ...] = ()  # of generations that lose anything


class CorpusRef(Frozen):
    """The generations that a run is pinned to, and the tombstones that hold for it."""

    generations: tuple[GenerationRef, ...] = ()
    takedown: Takedown | None = None

    def pinned(self) -> PinnedSource:
        """Give what a run is pinned to."""
        reference = self.model_dump(mode="json", exclude_none=True)
        return PinnedSource(reference=reference, digest=digest(reference), rows=self.sizes)

    @property
    def sizes(self) -> dict[str, int]:
        """Count the rows of each table, those under a tombstone, too.

        What is drawn at a rate or cut by size stays as it is when a picture is taken down.
        """
        return {name: sum(getattr(g, name) for g in self.generations) for name in KEYS}

    @property
    def rows(self) -> dict[str, int]:
        """Count the rows of each table that are not under a tombstone."""
        removed = self.takedown.removed if self.takedown else ()
        return {
            name: size - sum(getattr(gone, name) for gone in removed)
            for name, size in self.sizes.items()
        }

    @property
    def shards(self) -> int:
        """Count the shards of all generations."""
        return sum(generation.shards for generation in self.generations)

    @staticmethod
    def of(chosen: Iterable[Generation], takedown: Takedown | None = None) -> CorpusRef:
        """Refer to some generations."""
        references = tuple(generation.reference() for generation in chosen)
        return CorpusRef(generations=references, takedown=takedown)


class PinnedShard(NamedTuple):
    """A shard of a generation, and what is hidden of it."""

    shard: GenerationShard
    hidden: dict[str, HiddenRows]


class PinnedCorpus:
    """Reads a pinned corpus (core.source.SourceReader)."""

    def __init__(self, storage: Storage, reference: Mapping[str, Any]) -> None:
        self._storage = storage
        self.reference = CorpusRef.model_validate(reference)

    def digest(self, shard: int | None) -> str:
        """Digest what is visible of a shard, or of all of them."""
        return self._digest if shard is None else self._contents[shard]

    @cached_property
    def _digest(self) -> str:
        return digest(self._contents)

    @cached_property
    def _contents(self) -> list[str]:
        return [
            visible_content(content, hidden.get(number, {}))
            for pinned, hidden in self._hidden()
            for number, content in enumerate(contents_of(self._storage, pinned, self._generation))
        ]

    def commits(self) -> list[SourceShard]:
        """Give the shards of all generations in order."""
        return self._shards

    @cached_property
    def _shards(self) -> list[SourceShard]:
        return [
            SourceShard(
                stage=STAGE,
                shard=number,
                fingerprint=each.shard.objects["images"].sha256,
                attempt="",
                objects=each.shard.objects,
                rows=_less(each.shard.rows, each.hidden),
                hidden=each.hidden,
            )
            for number, each in enumerate(self._pinned())
        ]

    def hidden_ids(self, shard: int, table: str) -> frozenset[str]:
        """Read the ids of the rows that were taken down of a table of a shard; needs pyarrow."""
        for pinned in self.reference.generations:
            if shard < pinned.shards:
                return self._removed.get(pinned.generation, {}).get((shard, table), frozenset())
            shard -= pinned.shards
        raise IndexError(f"the corpus has no shard {shard}")

    def remedy(self, path: str) -> str:
        """Say of an object of a generation what mends it."""
        for pinned in self.reference.generations:
            generation = self._generation(pinned)
            if any(path == ref.path for s in generation.shards for ref in s.objects.values()):
                words = repair_words(self._storage, pinned.generation)
                return (
                    f"it is of generation {pinned.generation} of the corpus (crawl"
                    f" {generation.crawl}); `{words}` shows what mends it"
                )
        return ""

    def size(self, shard: int) -> int | None:
        """Give None: to know it, all generations would have to be read."""
        return None

    @cached_property
    def _removed(self) -> dict[int, dict[tuple[int, str], frozenset[str]]]:
        takedown = self.reference.takedown
        lists = takedown.removed if takedown else ()
        return {ref.generation: _removed(self._storage, ref) for ref in lists}

    def _pinned(self) -> Iterator[PinnedShard]:
        for pinned, hidden in self._hidden():
            for number, shard in enumerate(self._generation(pinned).shards):
                yield PinnedShard(shard, hidden.get(number, {}))

    def _hidden(self) -> Iterator[tuple[GenerationRef, dict[int, dict[str, HiddenRows]]]]:
        """Give the generations, each with what is hidden of its shards."""
        takedown = self.reference.takedown
        lists = {ref.generation: ref.hidden() for ref in takedown.removed} if takedown else {}
        for pinned in self.reference.generations:
            yield pinned, lists.get(pinned.generation, {})

    def _generation(self, pinned: GenerationRef) -> Generation:
        path = generation_path(pinned.generation)
        try:
            generation = read_generation(self._storage, path)
        except FileNotFoundError:
            raise ConfigError(self._gone(pinned, path, "is gone")) from None
        if generation.digest != pinned.digest:
            raise ConfigError(self._gone(pinned, path, "is another one now"))
        return generation

    def _gone(self, pinned: GenerationRef, path: str, what: str) -> str:
        return (
            f"generation {pinned.generation} of the corpus, which this run is pinned to, {what}:"
            f" put back {self._storage.uri}/{path} as it was, or open the run again under its"
            " name, over the generations there are"
        )


def _less(rows: Mapping[str, int], hidden: Mapping[str, HiddenRows]) -> dict[str, int]:
    return {name: n - hidden[name].rows if name in hidden else n for name, n in rows.items()}


def corpus_of(sources: Mapping[str, PinnedSource]) -> CorpusRef:
    """Give the corpus among what a run is pinned to; an empty one if it reads none."""
    pinned = sources.get("corpus")
    return CorpusRef.model_validate(pinned.reference) if pinned else CorpusRef()


def pinned_generations(storage: Storage, sources: Mapping[str, PinnedSource]) -> list[Generation]:
    """Read the generations that a run is pinned to."""
    numbers = {reference.generation for reference in corpus_of(sources).generations}
    return [g for g in generations(storage) if g.generation in numbers]


def pinned_numbers(storage: Storage, sources: Mapping[str, PinnedSource]) -> list[int]:
    """Number the generations that a run is pinned to, but for those that are gone, in order."""
    numbers = sorted(reference.generation for reference in corpus_of(sources).generations)
    return [number for number in numbers if storage.exists(generation_path(number))]


def _removed(storage: Storage, ref: Removed) -> dict[tuple[int, str], frozenset[str]]:
    """Read a list of what was taken down: shard of the generation, table -> ids."""
    import pyarrow.parquet as pq

    data = storage.read(ref.path)
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        raise DamagedObject(ref.path, "its checksum differs")
    ids: dict[tuple[int, str], set[str]] = {}
    columns = pq.read_table(io.BytesIO(data), columns=["shard", "kind", "id"]).to_pydict()
    for shard, kind, item in zip(columns["shard"], columns["kind"], columns["id"], strict=True):
        ids.setdefault((shard, f"{kind}s"), set()).add(item)
    return {place: frozenset(gone) for place, gone in ids.items()}
