"""The corpus as a run is pinned to it: some generations, without what was taken down of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from realsyn_tasks.core.config import Frozen, PinnedSource
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.source import HiddenRows, SourceShard
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import (
    Generation,
    GenerationRef,
    GenerationShard,
    generation_path,
    generations,
)

STAGE = "corpus"  # stands in place of a stage's name
KEYS = {"images": "image_id", "sentences": "sentence_id"}  # table -> column of its ids


class Removed(Frozen):
    """The list of what is under a tombstone in one generation."""

    generation: int
    path: str
    sha256: str
    images: int
    sentences: int


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
        return PinnedSource(reference=reference, digest=digest(reference))

    @property
    def shards(self) -> int:
        """Count the shards of all generations."""
        return sum(generation.shards for generation in self.generations)

    @staticmethod
    def of(chosen: Iterable[Generation], takedown: Takedown | None = None) -> CorpusRef:
        """Refer to some generations."""
        references = tuple(generation.reference() for generation in chosen)
        return CorpusRef(generations=references, takedown=takedown)


class PinnedCorpus:
    """Reads a pinned corpus (core.source.SourceReader)."""

    def __init__(self, storage: Storage, reference: Mapping[str, Any]) -> None:
        self._storage = storage
        self.reference = CorpusRef.model_validate(reference)

    def digest(self, shard: int | None) -> str:
        """Digest what is visible of a shard, or of all of them."""
        return self._digest if shard is None else self._shards[shard].digest

    @cached_property
    def _digest(self) -> str:
        return digest([shard.digest for shard in self._shards])

    def commits(self) -> list[SourceShard]:
        """Give the shards of all generations in order."""
        return self._shards

    @cached_property
    def _shards(self) -> list[SourceShard]:
        return [
            SourceShard(
                stage=STAGE,
                shard=number,
                fingerprint=shard.objects["images"].sha256,
                attempt="",
                objects=shard.objects,
                rows={name: rows - len(gone.get(name, ())) for name, rows in shard.rows.items()},
                hidden={
                    name: HiddenRows(key=KEYS[name], ids=ids) for name, ids in gone.items() if ids
                },
            )
            for number, (shard, gone) in enumerate(self._with_removed())
        ]

    def _with_removed(self) -> Iterator[tuple[GenerationShard, dict[str, frozenset[str]]]]:
        takedown = self.reference.takedown
        lists = {ref.generation: ref for ref in takedown.removed} if takedown else {}
        for pinned in self.reference.generations:
            generation = self._generation(pinned)
            gone = _removed(self._storage, lists.get(pinned.generation))
            for number, shard in enumerate(generation.shards):
                yield shard, gone.get(number, {})

    def _generation(self, pinned: GenerationRef) -> Generation:
        data = self._storage.read(generation_path(pinned.generation))
        generation = Generation.model_validate_json(data)
        if generation.digest != pinned.digest:
            raise ConfigError(f"generation {pinned.generation} is not the one pinned")
        return generation


def corpus_of(sources: Mapping[str, PinnedSource]) -> CorpusRef:
    """Give the corpus among what a run is pinned to; an empty one if it reads none."""
    pinned = sources.get("corpus")
    return CorpusRef.model_validate(pinned.reference) if pinned else CorpusRef()


def pinned_generations(storage: Storage, sources: Mapping[str, PinnedSource]) -> list[Generation]:
    """Read the generations that a run is pinned to."""
    numbers = {reference.generation for reference in corpus_of(sources).generations}
    return [g for g in generations(storage) if g.generation in numbers]


def _removed(storage: Storage, ref: Removed | None) -> dict[int, dict[str, frozenset[str]]]:
    """Read a list of what was taken down: shard of the generation -> table -> ids."""
    import pyarrow.parquet as pq

    if ref is None:
        return {}
    data = storage.read(ref.path)
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        raise DamagedObject(ref.path, "its checksum differs")
    ids: dict[int, dict[str, set[str]]] = {}
    columns = pq.read_table(io.BytesIO(data), columns=["shard", "kind", "id"]).to_pydict()
    for shard, kind, item in zip(columns["shard"], columns["kind"], columns["id"], strict=True):
        ids.setdefault(shard, {}).setdefault(f"{kind}s", set()).add(item)
    return {
        shard: {name: frozenset(gone) for name, gone in tables.items()}
        for shard, tables in ids.items()
    }
