"""Link items that are near-duplicates of each other, where they meet (paper §3.1).

Links among the crawl's own items are stars: each item to the first of those it is tied to, as only
their groups matter. Links to older generations are direct ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import chunks, include, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.extract.links import distinct, nearest_older, once, repeats, stars, to_older
from realsyn_tasks.extract.neighbours import (
    IMAGES,
    KINDS,
    MAX_RADIUS,
    SENTENCES,
    Kind,
    Vectors,
    hashes_of,
    meeting_of_hashes,
)
from realsyn_tasks.extract.second_signs import FactSigns, HashSigns, Neighbourhood, Signs
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.duplicates import (
    hamming_groups,
    lowest_within,
    near_groups,
    nearest_between,
)
from realsyn_tasks.vectors.hash_order import bottom_k, row_order
from realsyn_tasks.vectors.search import probe

Rows = NDArray[np.int64]
LARGE = 1 << 15  # items of a neighbourhood from which it is cut into sections
PER_SECTION = 4000  # items
_SAMPLE_PER_SECTION = 32  # items that a section's centre is fitted to
_SECTIONS = 3  # that an item belongs to
EXACT = reasons.EXACT_DUPLICATE.code
PERCEPTUAL = reasons.PERCEPTUAL_DUPLICATE.code
SEMANTIC = reasons.SEMANTIC_DUPLICATE.code


def _opposites() -> tuple[str, ...]:
    return tuple(include.filters().get("link_neighbours", {}).get("opposites", ()))


class Config(StageConfig):
    """How alike duplicates are.

    The paper gives no thresholds (§3.1); a cosine of 0.9 is DanQing's, which follows it. An
    encoder whose vectors crowd together needs its own, or none: then vectors decide nothing.
    What two items differ in may be too small for their vectors, so that near ones must agree in a
    second way: pictures in their perceptual hashes, sentences in their numbers, names, negations
    and opposites (facts.py).
    """

    image_cosine: float | None = Field(default=0.9, ge=-1.0, le=1.0)
    sentence_cosine: float | None = Field(default=0.9, ge=-1.0, le=1.0)
    hash_radius: int = Field(default=4, ge=0, le=MAX_RADIUS)  # bits of 64
    image_bits: int | None = Field(default=14, ge=0, le=64)  # of 64; None: vectors alone decide
    same_facts: bool = True  # False: vectors alone decide
    opposites: tuple[str, ...] = Field(default_factory=_opposites)  # "up/down", each but once

    def cosine(self, kind: Kind) -> float | None:
        """Give the threshold of a kind."""
        return self.image_cosine if kind is IMAGES else self.sentence_cosine


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Compare what meets in this partition: the crawl with itself and with the corpus.

    Gives links, what older generations hold that is nearest to an item, by the item's shard of the
    crawl, and copies: further places of the crawl that hold an item of the very same id.
    """
    hashes = _both(inputs, "hashes", schemas.HASHED)
    words = _both(inputs, "words", schemas.WORDED)
    copies = [_copies(IMAGES, _meant(hashes[0], context)), _copies(SENTENCES, words[0])]
    parts = [
        *_by_hash(once(hashes[0]), once(hashes[1]), config.hash_radius),
        *_by_words(once(words[0]), once(words[1])),
    ]
    for kind in KINDS:
        threshold = config.cosine(kind)
        if threshold is not None:
            met = _both(inputs, kind.table, schemas.NEIGHBOURS)
            parts += _by_vectors(kind, *met, threshold, _second_signs(kind, config))
    links = distinct(parts)
    written = {
        "links": links,
        "older": nearest_older(links),
        "copies": pa.concat_tables(copies),
    }
    return Output(tables=written)


def _both(inputs: Inputs, name: str, schema: pa.Schema) -> tuple[pa.Table, pa.Table]:
    """Read a table of the crawl and the same of the corpus, which may have no shards."""
    new, old = (
        pa.concat_tables([schema.empty_table(), *(part for _, part in inputs.stream(stage, name))])
        for stage in ("key_neighbours", "key_corpus")
    )
    return new, old


def _by_vectors(
    kind: Kind, new: pa.Table, old: pa.Table, threshold: float, signs_of: Signs
) -> Iterator[pa.Table]:
    """Link items of one neighbourhood whose vectors are close and that agree besides."""
    for pivot in pc.unique(new["pivot"]).to_pylist():
        mine, theirs = (_neighbourhood(table, pivot, signs_of) for table in (new, old))
        for here, there in sections(mine.vectors, theirs.vectors):
            part, other = mine.of(here), theirs.of(there)
            labels = near_groups(part.vectors, threshold, also=part.agreeing(part))
            yield stars(kind, part.items, labels, SEMANTIC)
            if len(there):
                also = part.agreeing(other)
                pairs, cosines = nearest_between(part.vectors, other.vectors, threshold, also=also)
                ends = (part.items, pairs[:, 0]), (other.items, pairs[:, 1])
                yield to_older(kind, *ends, SEMANTIC, cosines)


def sections(mine: Vectors, theirs: Vectors) -> Iterator[tuple[Rows, Rows]]:
    """Cut a large neighbourhood around centres of its own; rows of a crawl and of older items.

    So what is compared grows with the items and not with their square, however few pivots there
    are. Of 7,500 pairs planted at cosines of .90 to .99 among 100,000 image-like vectors .9996
    share a section of 25.
    """
    count = len(mine) + len(theirs)
    if count <= LARGE:
        yield np.arange(len(mine)), np.arange(len(theirs))
        return
    sides = [side for side in (mine, theirs) if len(side)]
    wanted = -(-count // PER_SECTION)
    sample = np.concatenate([_some(side, wanted * _SAMPLE_PER_SECTION) for side in sides])
    centres = kmeans.fit(sample, wanted, iterations=2)
    ours, others = (
        probe(side.reshape(-1, centres.shape[1]), centres, _SECTIONS) for side in (mine, theirs)
    )
    for number in range(wanted):
        here = np.flatnonzero((ours == number).any(axis=1))
        if len(here):
            yield here, np.flatnonzero((others == number).any(axis=1))


def _some(vectors: Vectors, count: int) -> Vectors:
    return vectors[np.sort(bottom_k(row_order(len(vectors), 0), count))]


def _second_signs(kind: Kind, config: Config) -> Signs:
    """Give what reads off a table the signs in which near items must agree, and how nearly."""
    if kind is IMAGES:
        return lambda table: HashSigns.of(table, config.image_bits)
    return lambda table: FactSigns.of(table, config.opposites if config.same_facts else None)


def _neighbourhood(table: pa.Table, pivot: int, signs_of: Signs) -> Neighbourhood:
    """Give what meets at a pivot, without repeats and in order of ids."""
    part = once(table.filter(pc.equal(table["pivot"], pivot)))
    return Neighbourhood(part.select(["id", "place"]), tables.vectors_of(part), signs_of(part))


def _by_hash(new: pa.Table, old: pa.Table, radius: int) -> Iterator[pa.Table]:
    """Link pictures whose hashes differ in few bits; of the older ones to that of the lowest id."""
    hashes = hashes_of(new["phash"])
    yield stars(IMAGES, new, hamming_groups(hashes, radius), PERCEPTUAL)
    others = lowest_within(hashes, hashes_of(old["phash"]), radius)
    near = np.flatnonzero(others >= 0)
    yield to_older(IMAGES, (new, near), (old, others[near]), PERCEPTUAL)


def _by_words(new: pa.Table, old: pa.Table) -> Iterator[pa.Table]:
    """Link sentences of the same letters and digits; of the older ones to that of the lowest id."""
    yield stars(SENTENCES, new, _first_alike(new["key"], new["key"]), EXACT)
    others = _first_alike(new["key"], old["key"])
    near = np.flatnonzero(others >= 0)
    yield to_older(SENTENCES, (new, near), (old, others[near]), EXACT)


def _first_alike(keys: pa.ChunkedArray, among: pa.ChunkedArray) -> Rows:
    """Give for each key the first row of it among others; -1 for none."""
    if not len(among):
        return np.full(len(keys), -1, dtype=np.int64)
    _, first = np.unique(chunks.codes_of(among), return_index=True)
    codes = pc.fill_null(pc.index_in(keys, value_set=pc.unique(among)), -1).to_numpy()
    rows: Rows = np.where(codes >= 0, first[codes], -1).astype(np.int64)
    return rows


def _meant(hashes: pa.Table, context: Context) -> pa.Table:
    """Leave hashes that meet here first of all; in other partitions they meet again."""
    meant = meeting_of_hashes(hashes["phash"], context.axes[NEIGHBOURHOODS]) == context.shard
    return hashes.filter(pa.array(meant))


def _copies(kind: Kind, table: pa.Table) -> pa.Table:
    """Name the places, all but the first, that hold an item, each with the first."""
    pairs = tables.ordered(table.select(["id", "place"]), ["id", "place"])
    again = repeats(pairs["id"])
    places = pairs["place"].to_numpy()
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(places))))
    columns = {
        "kind": np.repeat(kind.name, int(again.sum())),
        "place": places[again],
        "first": places[first][again],
    }
    return tables.build(schemas.COPIES, columns)
