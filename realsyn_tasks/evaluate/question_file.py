"""Questions through a file of the scratch folder: memory holds a few megabytes of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.evaluate import schemas

HELD_BYTES = 16 << 20


class QuestionFile:
    """Rows of questions, in the order in which they are added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pa.ipc.new_file(path, schemas.QUESTIONS)
        self._held: list[dict[str, Any]] = []
        self._bytes = 0

    def add(self, row: dict[str, Any]) -> None:
        """Add a question."""
        self._held.append(row)
        self._bytes += len(row["picture"])
        if self._bytes >= HELD_BYTES:
            self._write()

    def close(self) -> None:
        """Write what is held; nothing can be added after that."""
        self._write()
        self._file.close()

    def tables(self) -> Iterator[pa.Table]:
        """Read all rows piece by piece."""
        with pa.ipc.open_file(self._path) as file:
            for number in range(file.num_record_batches):
                yield pa.Table.from_batches([file.get_batch(number)])

    def _write(self) -> None:
        if self._held:
            self._file.write_table(tables.from_rows(schemas.QUESTIONS, self._held))
        self._held, self._bytes = [], 0
