"""Rows of any number that wait on disk until all are there, in parts by a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks

PARTS = 64
HELD_ROWS = 500_000  # in memory before any are put aside


class Spill:
    """Takes rows bit by bit and gives them back in parts: all rows of a key are in one.

    As long as they are few they stay in memory and are one part.
    """

    def __init__(self, folder: Path, key: str, held_rows: int = HELD_ROWS) -> None:
        """Put rows aside below a folder that is not there yet, by a column of uint64."""
        self._folder, self._key, self._held_rows = folder, key, held_rows
        self._held: list[pa.Table] = []
        self._files = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows; those of all calls have the same columns."""
        self._held.append(rows)
        if sum(table.num_rows for table in self._held) > self._held_rows:
            self._put_aside()

    def parts(self) -> Iterator[pa.Table]:
        """Give what was taken, one part after another, each in the order in which it came."""
        if not self._files:
            yield from [pa.concat_tables(self._held)] if self._held else []
            return
        self._put_aside()
        for part in range(PARTS):
            paths = [self._path(number, part) for number in range(self._files)]
            yield pa.concat_tables(_read(path) for path in paths)
            for path in paths:
                path.unlink()

    def _put_aside(self) -> None:
        if not self._held:
            return
        rows = pa.concat_tables(self._held)
        parts = rows[self._key].to_numpy() % np.uint64(PARTS)
        order = np.argsort(parts, kind="stable")
        ends = np.searchsorted(parts[order], np.arange(PARTS + 1))
        self._folder.mkdir(parents=True, exist_ok=True)
        for part in range(PARTS):
            mine = chunks.taken(rows, order[ends[part] : ends[part + 1]])
            with (
                pa.OSFile(str(self._path(self._files, part)), "wb") as sink,
                pa.ipc.new_file(sink, rows.schema) as writer,
            ):
                writer.write_table(mine)
        self._held, self._files = [], self._files + 1

    def _path(self, number: int, part: int) -> Path:
        return self._folder / f"{number}-{part}.arrow"


def _read(path: Path) -> pa.Table:
    with pa.OSFile(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
