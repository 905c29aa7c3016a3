"""Link items that are near-duplicates of each other, where they meet (paper §3.1).

Links among the crawl's own items are stars: each item to the first of those it is tied to, as only
their groups matter. Links to older generations are direct ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import include, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.neighbours import (
    IMAGES,
    KINDS,
    MAX_RADIUS,
    SENTENCES,
    Kind,
)
from realsyn_tasks.extract.second_signs import FactSigns, HashSigns, Neighbourhood, Signs
from realsyn_tasks.vectors.duplicates import (
    hamming_groups,
    hamming_pairs,
    near_groups,
    nearest_between,
)

Link = tuple[str, str, str, str, bool, float | None]  # as the columns of LINKS
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

    Gives links, and copies: further shards of the crawl that hold an item of the very same id.
    """
    hashes = _both(inputs, "hashes", schemas.HASHED)
    words = _both(inputs, "words", schemas.WORDED)
    links = {*_by_hash(*hashes, config.hash_radius), *_by_words(*words)}
    for kind in KINDS:
        threshold = config.cosine(kind)
        if threshold is not None:
            new, old = _both(inputs, kind.table, schemas.NEIGHBOURS)
            links.update(_by_vectors(kind, new, old, threshold, _second_signs(kind, config)))
    copies = pa.concat_tables([_copies(IMAGES, hashes[0]), _copies(SENTENCES, words[0])])
    return Output(tables={"links": _table(links), "copies": copies})


def _both(inputs: Inputs, name: str, schema: pa.Schema) -> tuple[pa.Table, pa.Table]:
    """Read a table of the crawl and the same of the corpus, which may have no shards."""
    new, old = (
        pa.concat_tables([schema.empty_table(), *(part for _, part in inputs.stream(stage, name))])
        for stage in ("key_neighbours", "key_corpus")
    )
    return new, old


def _table(links: set[Link]) -> pa.Table:
    ordered = sorted(links, key=lambda link: (*link[:5], link[5] or 0.0))
    rows = [dict(zip(schemas.LINKS.names, link, strict=True)) for link in ordered]
    return tables.from_rows(schemas.LINKS, rows)


def _by_vectors(
    kind: Kind, new: pa.Table, old: pa.Table, threshold: float, signs_of: Signs
) -> Iterator[Link]:
    """Link items of one neighbourhood whose vectors are close and that agree besides."""
    older = _neighbourhoods(old, signs_of)
    for pivot, mine in _neighbourhoods(new, signs_of).items():
        labels = near_groups(mine.vectors, threshold, also=mine.agreeing(mine))
        yield from _stars(kind, mine.ids, labels, SEMANTIC)
        if pivot in older:
            theirs = older[pivot]
            pairs, cosines = nearest_between(
                mine.vectors, theirs.vectors, threshold, also=mine.agreeing(theirs)
            )
            for (row, other), cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
                yield kind.name, mine.ids[row], theirs.ids[other], SEMANTIC, True, cosine


def _second_signs(kind: Kind, config: Config) -> Signs:
    """Give what reads off a table the signs in which near items must agree, and how nearly."""
    if kind is IMAGES:
        return lambda table: HashSigns.of(table, config.image_bits)
    return lambda table: FactSigns.of(table, config.opposites if config.same_facts else None)


def _by_hash(new: pa.Table, old: pa.Table, radius: int) -> Iterator[Link]:
    """Link pictures whose hashes differ in few bits."""
    ids, hashes = _distinct(new, "phash")
    labels = hamming_groups(np.array(hashes, dtype=np.uint64), radius)
    yield from _stars(IMAGES, ids, labels, PERCEPTUAL)
    old_by_hash, new_by_hash = _ids_by_value(old, "phash"), _ids_by_value(new, "phash")
    for a, b in _hash_pairs(list(new_by_hash), list(old_by_hash), radius):
        for newer in new_by_hash[a]:
            for other in old_by_hash[b]:
                yield IMAGES.name, newer, other, PERCEPTUAL, True, None


def _by_words(new: pa.Table, old: pa.Table) -> Iterator[Link]:
    """Link sentences of the same letters and digits."""
    older = _ids_by_value(old, "key")
    for key, (first, *others) in _ids_by_value(new, "key").items():
        for other in others:
            yield SENTENCES.name, first, other, EXACT, False, None
        for kept in older.get(key, [])[:1]:
            for newer in (first, *others):
                yield SENTENCES.name, newer, kept, EXACT, True, None


def _stars(kind: Kind, ids: list[str], labels: Iterable[int], reason: str) -> Iterator[Link]:
    for row, label in enumerate(labels):
        if label != row:
            yield kind.name, ids[label], ids[row], reason, False, None


def _hash_pairs(new: list[int], old: list[int], radius: int) -> Iterator[tuple[int, int]]:
    """Pairs (new, old) of distinct hashes within a radius."""
    values = np.array([*new, *old], dtype=np.uint64)
    for i, j in hamming_pairs(values, radius).tolist():
        if i < len(new) <= j:
            yield new[i], old[j - len(new)]


def _neighbourhoods(table: pa.Table, signs_of: Signs) -> dict[int, Neighbourhood]:
    """Split by pivot, without repeats and in order of ids."""
    members_by_pivot = {}
    for pivot in pc.unique(table["pivot"]).to_pylist():
        part = _once(table.filter(pc.equal(table["pivot"], pivot)))
        members_by_pivot[pivot] = Neighbourhood(
            part["id"].to_pylist(), tables.vectors_of(part), signs_of(part)
        )
    return members_by_pivot


def _once(table: pa.Table) -> pa.Table:
    """Sort by id and leave out further rows of the same id."""
    table = tables.ordered(table, ["id"])
    ids = np.array(table["id"].to_pylist(), dtype=object)
    first = np.append(True, ids[1:] != ids[:-1]) if len(ids) else np.zeros(0, dtype=bool)
    return table.filter(pa.array(first))


def _distinct(table: pa.Table, column: str) -> tuple[list[str], list[int]]:
    table = _once(table)
    return table["id"].to_pylist(), table[column].to_pylist()


def _ids_by_value(table: pa.Table, column: str) -> dict[Any, list[str]]:
    ids: dict[Any, list[str]] = {}
    for identity, value in zip(*_distinct(table, column), strict=True):
        ids.setdefault(value, []).append(identity)
    return ids


def _copies(kind: Kind, table: pa.Table) -> pa.Table:
    """Name the shards, all but the first, that hold an item."""
    pairs = sorted(set(zip(table["id"].to_pylist(), table["shard"].to_pylist(), strict=True)))
    further = [pair for before, pair in pairwise(pairs) if before[0] == pair[0]]
    columns = {
        "kind": [kind.name] * len(further),
        "id": [identity for identity, _ in further],
        "shard": [shard for _, shard in further],
    }
    return tables.build(schemas.COPIES, columns)
