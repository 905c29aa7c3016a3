"""Columns without Arrow: texts in as little space as they allow, numbers in arrays.

Airflow's environment reads ledgers too, so nothing here is imported that is not Python's own.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from typing import Any, TypeVar, cast, overload

Texts = Sequence[str]
Column = TypeVar("Column", bound=Sequence[Any])
_HEX = re.compile(r"(?:[0-9a-f]{2})+")


@dataclass(frozen=True)
class Alike(Sequence[str]):
    """So many times the same text."""

    text: str
    length: int

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[str]:
        return repeat(self.text, self.length)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Texts: ...
    def __getitem__(self, place: int | slice) -> str | Texts:
        if isinstance(place, slice):
            return [self.text] * len(range(self.length)[place])
        return self.text


@dataclass(frozen=True)
class Hex(Sequence[str]):
    """Texts of hexadecimal digits, all equally long, in half of their space."""

    data: bytes
    width: int  # bytes of each

    def __len__(self) -> int:
        return len(self.data) // self.width

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Texts: ...
    def __getitem__(self, place: int | slice) -> str | Texts:
        if isinstance(place, slice):
            return list(self)[place]
        start = range(len(self))[place] * self.width
        return self.data[start : start + self.width].hex()

    def __iter__(self) -> Iterator[str]:
        text, width = self.data.hex(), 2 * self.width
        return (text[start : start + width] for start in range(0, len(text), width))


def column_of(texts: Iterable[str]) -> Texts:
    """Give texts as a column, in as little space as they allow."""
    given = list(texts)
    if len(set(given)) <= 1:
        return Alike(given[0] if given else "", len(given))
    width = len(given[0])
    if set(map(len, given)) == {width} and _HEX.fullmatch("".join(given)) and width % 2 == 0:
        return Hex(bytes.fromhex("".join(given)), width // 2)
    return given


def flat(lists: Iterable[str]) -> list[Any]:
    """Parse JSON lists as one, of what is in all of them, one behind the other."""
    return list(json.loads(f"[{','.join(inner for text in lists if (inner := text[1:-1]))}]"))


def distinct(texts: Texts) -> Iterator[tuple[dict[str, Any], int]]:
    """Parse JSON objects at once, each of different ones with how often it comes."""
    times = Counter(texts)
    return zip(json.loads(f"[{','.join(times)}]"), times.values(), strict=True)


def parsed_each(texts: Texts) -> Iterator[Any]:
    """Parse JSON texts one by one; of those that are all alike, one."""
    if isinstance(texts, Alike) and texts:
        return repeat(json.loads(texts.text), len(texts))
    return map(json.loads, texts)


def are_equal(one: Texts, other: Texts) -> bool:
    """Say whether two columns hold the same texts, however they are kept."""
    return one == other if type(one) is type(other) else list(one) == list(other)


def selected(column: Column, wanted: Sequence[bool]) -> Column:
    """Keep the wanted values of a column."""
    return _like(column, compress(column, wanted))


def joined(first: Column, second: Column, order: Sequence[int]) -> Column:
    """Give the values of two columns, one behind the other, in an order."""
    both = [*first, *second]
    return _like(first, map(both.__getitem__, order))


def _like(column: Column, values: Iterable[Any]) -> Column:
    if isinstance(column, array):
        return cast(Column, array(column.typecode, values))
    return cast(Column, column_of(values))
