"""What a shard holds of pictures, and what it seeks, as numbers that can be joined (`INDEX`).

A name (formats.warc_index) is known by 128 bits of its hash: the
first 64 are its key, by which it meets its like, the others its check. Among 10^10 names two have
the same of both with a chance of 10^-19.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.extract import schemas
from realsyn_tasks.formats import warc_index
from realsyn_tasks.formats.warc_index import name_of

ROWS_AT_ONCE = 100_000
MOST_ADDRESSES = 100  # of one picture
# of what is held; where several were stored under one name the lowest counts; pages are none
UNUSABLE = 2
QUALITIES = {
    warc_index.What.IMAGE: 0,
    warc_index.What.DOUBTFUL: 1,
    warc_index.What.UNUSABLE: UNUSABLE,
}


class What(IntEnum):
    """What a row says of its name."""

    SOUGHT = 0  # a page shows what stands under it, and its own file has no picture there
    HELD = 1  # a picture stands under it
    LEADS = 2  # to another name
    IDLE = 3  # no name: a picture that no page of its own file shows


class _Row(NamedTuple):
    what: What
    name: str
    rank: int  # of several: the quality of what is held, the place of what is led to or sought
    file: int | None = None
    offset: int | None = None  # of a record; of what is sought the row in linked_images
    target: str | None = None


class Index:
    """Takes what the files of a shard hold bit by bit; memory is some dozen bytes for each name."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []
        self._tables: list[pa.Table] = []

    def note(self, file: int, item: warc_index.Row) -> None:
        """Note what one record of a file, by its number in the shard, holds or leads to."""
        if item.what is warc_index.What.NOT_SHOWN:
            self._add(_Row(What.IDLE, "", 0, file, item.offset))
            return
        for name in item.names:
            if item.what in QUALITIES:
                self._add(_Row(What.HELD, name, QUALITIES[item.what], file, item.offset))
            for rank, target in enumerate(item.leads_to):
                if target and target not in item.names:
                    self._add(_Row(What.LEADS, name, rank, target=target))

    def table(self, sought: Iterable[Sequence[str]]) -> pa.Table:
        """Give all rows, with those of the addresses of each row in `linked_images`."""
        for row, urls in enumerate(sought):
            for rank, url in enumerate(urls[:MOST_ADDRESSES]):
                self._add(_Row(What.SOUGHT, name_of(url), rank, offset=row))
        return pa.concat_tables([*self._tables, _table(self._rows)])

    def _add(self, row: _Row) -> None:
        self._rows.append(row)
        if len(self._rows) == ROWS_AT_ONCE:
            self._tables.append(_table(self._rows))
            self._rows = []


def hashes_of(names: Sequence[str]) -> NDArray[np.uint64]:
    """Hash names; (n, 2) keys and checks."""
    hashed = b"".join(blake2b(name.encode(), digest_size=16).digest() for name in names)
    return np.frombuffer(hashed, dtype="<u8").astype(np.uint64, copy=False).reshape(-1, 2)


def _table(rows: list[_Row]) -> pa.Table:
    key, check = hashes_of([row.name for row in rows]).T
    target, target_check = hashes_of([row.target or "" for row in rows]).T
    columns: dict[str, Any] = {
        name: [getattr(row, name) for row in rows] for name in ("what", "rank", "file", "offset")
    }
    columns |= {"key": key, "check": check, "target": target, "target_check": target_check}
    return tables.build(schemas.INDEX, columns)
