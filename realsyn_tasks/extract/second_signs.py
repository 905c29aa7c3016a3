"""In what items with near vectors must agree besides, to be duplicates of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.extract.facts import facts_of, opposites_of
from realsyn_tasks.extract.neighbours import Vectors, hashes_of

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Sign(Protocol):
    """What is told of the items of a neighbourhood, row by row."""

    def agree(self, other: Any, mine: Rows, theirs: Rows) -> Mask:
        """Say of pairs of rows whether they agree; (m,) bool. `other` is of the same class."""
        ...

    def of_rows(self, rows: Rows) -> Sign:
        """Give what is told of some rows."""
        ...


Signs = Callable[[pa.Table], Sign]


@dataclass(frozen=True)
class HashSigns:
    """Perceptual hashes, (n,) uint64, and in how many bits they may differ; None: in all."""

    hashes: NDArray[np.uint64]
    bits: int | None

    @classmethod
    def of(cls, table: pa.Table, bits: int | None) -> Self:
        """Read them off keyed images."""
        return cls(hashes_of(table["phash"]), bits)

    def of_rows(self, rows: Rows) -> HashSigns:
        """Give those of some rows."""
        return HashSigns(self.hashes[rows], self.bits)

    def agree(self, other: HashSigns, mine: Rows, theirs: Rows) -> Mask:
        """Say of pairs of rows whether their hashes are near."""
        if self.bits is None:
            return np.ones(len(mine), dtype=np.bool_)
        near: Mask = np.bitwise_count(self.hashes[mine] ^ other.hashes[theirs]) <= self.bits
        return near


@dataclass(frozen=True)
class FactSigns:
    """What sentences say in numbers, names, negations and opposites; (n,) of str."""

    facts: NDArray[np.object_]

    @classmethod
    def of(cls, table: pa.Table, opposites: tuple[str, ...] | None) -> Self:
        """Read them off keyed sentences; None for opposites: all facts are the same."""
        known = None if opposites is None else opposites_of(opposites)
        texts = table["text"].to_pylist()
        facts = ["" if known is None else facts_of(text, known) for text in texts]
        return cls(np.array(facts, dtype=object))

    def of_rows(self, rows: Rows) -> FactSigns:
        """Give those of some rows."""
        return FactSigns(self.facts[rows])

    def agree(self, other: FactSigns, mine: Rows, theirs: Rows) -> Mask:
        """Say of pairs of rows whether they state the same."""
        same: Mask = np.asarray(self.facts[mine] == other.facts[theirs], dtype=np.bool_)
        return same


@dataclass(frozen=True)
class Neighbourhood:
    """The items that meet at one pivot: ids and places in order, (n, d) vectors, second signs."""

    items: pa.Table
    vectors: Vectors
    signs: Sign

    def of(self, rows: Rows) -> Neighbourhood:
        """Give some of its items, by their ascending rows."""
        if len(rows) == len(self.vectors):
            return self
        items = tables.taken(self.items, rows)
        return Neighbourhood(items, self.vectors[rows], self.signs.of_rows(rows))

    def agreeing(self, other: Neighbourhood) -> Callable[[Rows], Mask]:
        """Give what says of (m, 2) pairs of rows, whether they agree; the second of other."""
        return lambda pairs: self.signs.agree(other.signs, pairs[:, 0], pairs[:, 1])
