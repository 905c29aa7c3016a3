"""Generations: what each crawl added to the corpus when it was promoted; immutable, in order.

{root}/corpus/gen=0001/generation.json      the pointer that promotion writes
"""

from __future__ import annotations

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.records import read_part, read_record
from realsyn_tasks.core.storage import ObjectRef, Storage

FOLDER = "corpus"
ADVICE = (
    "put back a copy of it, or remove it and promote its extract again (task promote of"
    " realsyn_extract); no build can be opened over the corpus before"
)


class GenerationShard(Frozen):
    """What one crawl shard gave to a generation."""

    objects: dict[str, ObjectRef]  # images, sentences, pixels
    rows: dict[str, int]


class GenerationRef(Frozen):
    """A generation of the corpus that a run is pinned to."""

    generation: int
    digest: str
    shards: int
    images: int
    sentences: int


class Generation(Frozen):
    """What one crawl added to the corpus when it was promoted."""

    generation: int
    crawl: str
    crawl_uri: str
    extract: str
    config_digest: str
    digest: str
    shards: tuple[GenerationShard, ...]
    models: dict[str, str] = Field(default_factory=dict)

    def reference(self) -> GenerationRef:
        """Give what a build is pinned to."""
        totals = {
            kind: sum(shard.rows.get(kind, 0) for shard in self.shards)
            for kind in ("images", "sentences")
        }
        return GenerationRef(
            generation=self.generation,
            digest=self.digest,
            shards=len(self.shards),
            **totals,
        )


class _Ref(TypedDict):
    path: str
    size: int


class _Shard(TypedDict):
    objects: dict[str, _Ref]


class _Held(TypedDict):
    """What of a generation tells which objects it holds; of many shards models take seconds."""

    shards: list[_Shard]


_HELD = TypeAdapter(_Held)


def lost_objects(storage: Storage, number: int) -> list[str]:
    """Name the objects of a generation that are gone or have another size."""
    held = read_part(storage, generation_path(number), _HELD, ADVICE)
    refs = [ref for shard in held["shards"] for ref in shard["objects"].values()]
    sizes = storage.sizes([ref["path"] for ref in refs])
    return [ref["path"] for ref, size in zip(refs, sizes, strict=True) if size != ref["size"]]


def damage_in_words(storage: Storage, number: int) -> str:
    """Say which objects of a generation are gone or cut, and what mends it; empty: none."""
    lost = lost_objects(storage, number)
    if not lost:
        return ""
    return (
        f"generation {number} is damaged: gone or cut are {len(lost)} of its objects, such as"
        f" {lost[0]}; `{repair_words(storage, number)}` shows what mends it"
    )


def repair_words(storage: Storage, number: int) -> str:
    """Give the command that mends a generation."""
    return f"realsyn repair --root {storage.uri} --generation {number}"


def generation_path(number: int) -> str:
    """Name the pointer of a generation."""
    return f"{FOLDER}/gen={number:04d}/generation.json"


def read_generation(storage: Storage, path: str) -> Generation:
    """Read the pointer of a generation; DamagedRecord says what to do where it is damaged."""
    return read_record(storage, path, Generation, ADVICE)


def generations(storage: Storage) -> list[Generation]:
    """Read all promoted generations of a corpus, in order."""
    paths = [f"{folder}/generation.json" for folder in storage.folders(FOLDER)]
    known = [read_generation(storage, path) for path in paths if storage.exists(path)]
    return sorted(known, key=lambda generation: generation.generation)
