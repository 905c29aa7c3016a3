"""Make a list of tags of the corpus's own noun phrases: frequent, to be seen, each said once.

A phrase can be seen where some pictures stand out to it: in the encoder's space the nearest of a
sample of pictures are much nearer than pictures at large. To "way" or "system" every picture is
about as near as any other. No lexicon is asked. Phrases whose vectors are nearly the same, and
those of the same stems ("boat", "boats"), are one tag, under its most frequent wording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, Piece, StageConfig
from realsyn_tasks.corpus.drawn_shards import drawn_shards
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.words import stem
from realsyn_tasks.text.instructions import instruction_in
from realsyn_tasks.vectors.hash_order import bottom_k_of, hash_order
from realsyn_tasks.vectors.scan import Hashes

AT_ONCE = 1_024  # phrases against the pictures
Vectors = NDArray[np.float32]


class Config(StageConfig):
    """How long the list gets, and what may stand in it."""

    tags: int = Field(default=4_000, ge=1)  # at most: as many as the paper adds
    min_sentences: int = Field(default=3, ge=1)  # of the sample, that have it
    candidates: int = Field(default=20_000, ge=1)  # the most frequent phrases, which are embedded
    seen_share: float = Field(default=0.5, gt=0, le=1)  # of them: the most to be seen
    nearest: float = Field(default=0.01, gt=0, le=1)  # share of pictures that may stand out
    merge_cosine: float = Field(default=0.9, ge=-1, le=1)  # of two phrases that mean the same
    template: str = "{}"  # how a phrase is said to the encoder
    pictures: int = Field(default=4_096, ge=1)
    max_rows: int = Field(default=5_000_000, ge=1)  # some shards of larger corpora are read
    batch_size: int = Field(default=256, ge=1)


@dataclass
class Tag:
    """A tag that others were merged into."""

    name: str
    sentences: int
    seen: float
    merged: list[str] = field(default_factory=list)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the tags, the most frequent first."""
    counts = by_stems(_counts(inputs, config, context), config)
    names = sorted(counts, key=lambda name: (-counts[name], name))[: config.candidates]
    vectors = _embedded(names, config, context)
    seen = standing_out(vectors, _pictures(inputs, config, context), config.nearest)
    kept = most_seen(seen, config.seen_share)
    told = [Tag(names[row], counts[names[row]], float(seen[row])) for row in kept]
    tags = merged(told, vectors[kept], config.merge_cosine)[: config.tags]
    columns: dict[str, Any] = {
        name: [getattr(tag, of) for tag in tags] for name, of in _COLUMNS.items()
    }
    return Output(
        tables={"tags": tables.build(schemas.MINED_TAGS, columns)},
        counts={"phrases": len(counts), "candidates": len(names), "mined_tags": len(tags)},
    )


_COLUMNS = {"tag": "name", "sentences": "sentences", "seen": "seen", "merged": "merged"}


def _counts(inputs: Inputs, config: Config, context: Context) -> Counter[str]:
    pieces = inputs.pieces("count_phrases", "phrases")
    drawn = drawn_shards(pieces, config.max_rows, context.seed)
    counts: Counter[str] = Counter()
    for number, piece in enumerate(drawn, start=1):
        table = piece.read(None)
        both = (table[name].to_pylist() for name in ("phrase", "sentences"))
        for phrase, sentences in zip(*both, strict=True):
            counts[phrase] += sentences
        context.progress(number, len(drawn))
    return counts


def by_stems(counts: Counter[str], config: Config) -> dict[str, int]:
    """Add up phrases of the same stems under the most frequent one; those often enough.

    A phrase that tells a machine what to do is no tag.
    """
    wordings: dict[str, list[str]] = {}
    for phrase in sorted(counts, key=lambda phrase: (-counts[phrase], phrase)):
        wordings.setdefault(" ".join(map(stem, phrase.split())), []).append(phrase)
    sums = {names[0]: sum(counts[name] for name in names) for names in wordings.values()}
    return {
        name: count
        for name, count in sums.items()
        if count >= config.min_sentences and not instruction_in(name)
    }


def _embedded(names: Sequence[str], config: Config, context: Context) -> Vectors:
    encoder = context.model("encoder")
    said = [config.template.format(name) for name in names]
    parts = [np.zeros((0, encoder.dim), dtype=np.float32)]
    for start in range(0, len(said), config.batch_size):
        parts.append(encoder.encode_texts(said[start : start + config.batch_size]))
        context.progress(min(len(said), start + config.batch_size), len(said))
    return np.concatenate(parts)


def _pictures(inputs: Inputs, config: Config, context: Context) -> Vectors:
    """Give the vectors of some pictures of all shards, in the order of their hashes; (n, d).

    Memory: what is chosen, and the pictures of one shard.
    """
    pieces = inputs.pieces("count_phrases", "pictures")
    chosen = bottom_k_of(_hashes(pieces, context), config.pictures)
    firsts = np.cumsum([0, *(piece.rows for piece in pieces)])
    shards = np.searchsorted(firsts, chosen, side="right") - 1
    found = np.zeros((0, 0), dtype=np.float32)
    for shard in np.unique(shards):
        here = shards == shard
        vectors = tables.vectors_of(pieces[shard].read(["embedding"]))
        if not found.size:
            found = np.zeros((len(chosen), vectors.shape[1]), dtype=np.float32)
        found[here] = vectors[chosen[here] - firsts[shard]]
    return found


def _hashes(pieces: Sequence[Piece], context: Context) -> Iterator[Hashes]:
    """Give the hashes of the pictures drawn, shard by shard."""
    for number, piece in enumerate(pieces, start=1):
        ids = piece.read(["image_id"])["image_id"].to_pylist() if piece.rows else []
        yield hash_order(ids, context.seed)
        context.progress(number, len(pieces))


def standing_out(phrases: Vectors, pictures: Vectors, nearest: float) -> NDArray[np.float64]:
    """Say how much nearer a phrase's nearest pictures are than pictures at large; (n,), 4 digits.

    Cosines: the mean of the nearest share of the pictures, less the mean of all.
    """
    if not len(pictures):
        return np.zeros(len(phrases))
    most = max(1, round(nearest * len(pictures)))
    parts: list[NDArray[np.float64]] = [np.zeros(0)]
    for start in range(0, len(phrases), AT_ONCE):
        cosines = phrases[start : start + AT_ONCE] @ pictures.T
        best = np.partition(cosines, -most, axis=1)[:, -most:]
        parts.append((best.mean(axis=1) - cosines.mean(axis=1)).astype(np.float64))
    return np.concatenate(parts).round(4)


def most_seen(seen: NDArray[np.float64], share: float) -> list[int]:
    """Give the rows of this share that stand out most, in their order."""
    most = round(share * len(seen))
    rows: list[int] = np.sort(np.argsort(-seen, kind="stable")[:most]).tolist()
    return rows


def merged(tags: Sequence[Tag], vectors: Vectors, least: float) -> list[Tag]:
    """Merge each tag into the nearest before it that is as near as this; the most frequent first.

    Sentences that have two wordings count twice.
    """
    kept: list[Tag] = []
    rows = np.zeros((len(tags), vectors.shape[1]), dtype=np.float32)
    for tag, vector in zip(tags, vectors, strict=True):
        cosines = rows[: len(kept)] @ vector
        best = int(np.argmax(cosines)) if kept else -1
        if kept and cosines[best] >= least:
            kept[best].merged.append(tag.name)
            kept[best].sentences += tag.sentences
        else:
            rows[len(kept)] = vector
            kept.append(tag)
    return sorted(kept, key=lambda tag: (-tag.sentences, tag.name))


def words_of(inputs: Inputs) -> Iterator[str]:
    """Give the list's tags, for a tagger."""
    yield from inputs.table("mine_tags", "tags", ["tag"])["tag"].to_pylist()
