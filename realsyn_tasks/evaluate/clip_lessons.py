"""What a CLIP learns from: pictures out of a version's tars, with the texts of its arm.

The texts of the arm are laid beside the tars first, shard by shard. Whoever trains then reads tars
in a new order in each epoch, one on the disk at a time, and draws pictures out of some that wait in
memory: what is held does not grow with the version. Everything is drawn by seeds, and the place in
the order is a number, so that a training which was killed goes on with the very next picture.
"""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.storage import ObjectRef, Storage

NO_PICTURES = ("txt", "json")  # what else a sample has
LAID_OUT = pa.schema([("key", pa.string()), ("texts", pa.list_(pa.string()))])


@dataclass(frozen=True)
class TaughtShard:
    """A tar, and the texts for those of its pictures that are learnt from."""

    root: str  # URI of the storage that the tar is in
    tar: ObjectRef
    texts: Path  # LAID_OUT
    pictures: int


@dataclass
class Told:
    """What is told of the pictures that a trial learns from."""

    pictures: int = 0
    texts: int = 0
    captions: int = 0  # pictures whose page has a caption
    clusters: Counter[int] = field(default_factory=Counter)

    def add(self, lessons: Iterable[Mapping[str, Any]], texts: Mapping[str, Sequence[str]]) -> None:
        """Count the pictures of a shard, rows of LESSONS, with the texts of each key."""
        for row in lessons:
            self.pictures += 1
            self.texts += len(texts[row["key"]])
            self.captions += bool(row["has_caption"])
            self.clusters[row["cluster_id"]] += 1

    @property
    def skew(self) -> float:
        """Give the pictures of the largest cluster over those of the median one."""
        sizes = sorted(self.clusters.values())
        return sizes[-1] / float(np.median(sizes)) if sizes else 1.0


@dataclass(frozen=True)
class Lesson:
    """A picture as it was stored, and one of its texts."""

    key: str
    epoch: int
    picture: bytes
    text: str


@dataclass(frozen=True)
class Reading:
    """How one of several processes reads what they all learn from."""

    shards: tuple[TaughtShard, ...]
    seed: int
    waiting: int  # pictures in memory, of which the next is drawn
    rank: int = 0
    ranks: int = 1


def drawn(*words: object) -> np.random.Generator:
    """Give chance that depends on some words alone."""
    hashed = blake2b(repr(words).encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(hashed, "little"))


def lay_out(path: Path, texts: Mapping[str, Sequence[str]]) -> Path:
    """Write the texts of a shard's pictures by key, in a file that is read without a copy."""
    table = pa.table({"key": list(texts), "texts": list(texts.values())}, schema=LAID_OUT)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return path


def lessons(reading: Reading, skipped: int, folder: Path) -> Generator[Lesson]:
    """Give pictures without an end, epoch after epoch, but for the first `skipped` of them.

    Whole epochs are skipped by counting, the rest by reading past; nothing of it is decoded.
    """
    for epoch in count():
        parts = _parts(reading, epoch)
        there = sum(part.pictures for part in parts)
        if not there:
            raise PermanentError("there are fewer pictures than processes that learn from them")
        if skipped >= there:
            skipped -= there
            continue
        for lesson in _shuffled(reading, epoch, parts, folder):
            if skipped:
                skipped -= 1
            else:
                yield lesson


@dataclass(frozen=True)
class _Part:
    """Every so-manieth picture of a shard."""

    shard: TaughtShard
    first: int = 0
    step: int = 1

    @property
    def pictures(self) -> int:
        return len(range(self.first, self.shard.pictures, self.step))


def _parts(reading: Reading, epoch: int) -> list[_Part]:
    """Give what a process reads in an epoch: shards of its own, or, of few, its part of each."""
    order = drawn(reading.seed, "shards", epoch).permutation(len(reading.shards))
    shards = [reading.shards[place] for place in order]
    if len(shards) < reading.ranks:
        return [_Part(shard, reading.rank, reading.ranks) for shard in shards]
    return [_Part(shard) for shard in shards[reading.rank :: reading.ranks]]


def _shuffled(
    reading: Reading, epoch: int, parts: Sequence[_Part], folder: Path
) -> Iterator[Lesson]:
    """Keep some pictures waiting, and give one of them, by chance, for each that comes."""
    chance = drawn(reading.seed, "order", epoch, reading.rank)
    waiting: list[Lesson] = []
    for part in parts:
        for lesson in _of_part(reading.seed, epoch, part, folder):
            waiting.append(lesson)
            if len(waiting) > reading.waiting:
                yield _taken(waiting, chance)
    while waiting:
        yield _taken(waiting, chance)


def _taken(waiting: list[Lesson], chance: np.random.Generator) -> Lesson:
    place = int(chance.integers(len(waiting)))
    waiting[place], waiting[-1] = waiting[-1], waiting[place]
    return waiting.pop()


def _of_part(seed: int, epoch: int, part: _Part, folder: Path) -> Iterator[Lesson]:
    """Give the pictures of a part, each with one of its texts: another one in each epoch."""
    with pa.memory_map(str(part.shard.texts)) as source:
        table = pa.ipc.open_file(source).read_all()[part.first :: part.step]
        texts = dict(zip(table["key"].to_pylist(), table["texts"].to_pylist(), strict=True))
    for key, picture in _pictures(part.shard, texts, folder):
        choice = drawn(seed, "text", epoch, key).integers(len(texts[key]))
        yield Lesson(key, epoch, picture, texts[key][int(choice)])


def _pictures(
    shard: TaughtShard, wanted: dict[str, Any], folder: Path
) -> Iterator[tuple[str, bytes]]:
    """Give the wanted pictures of a tar, which lies on the disk while it is read.

    Raises PermanentError if one of them is not there: then not even their number is right.
    """
    path = Storage.at(shard.root).local(shard.tar, folder)
    left = set(wanted)
    try:
        with tarfile.open(path, mode="r:") as members:
            for member in members:
                key, _, suffix = member.name.partition(".")
                if key in left and suffix not in NO_PICTURES:
                    content = members.extractfile(member)
                    left.remove(key)
                    yield key, content.read() if content else b""
    finally:
        if path.is_relative_to(folder):
            path.unlink()
    if left:
        raise PermanentError(f"{shard.tar.path} has no picture of pair {min(left)}")
