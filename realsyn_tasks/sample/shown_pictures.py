"""The pictures of a published table, put aside on disk: memory holds some at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from realsyn_tasks.pictures import thumbnails
from realsyn_tasks.sample.schemas import IMAGE, PUBLISHED_PAIRS
from realsyn_tasks.sample.webdataset_tar import Picture

AT_ONCE = 64  # pictures in memory
Shown = dict[str, Any] | None


class ShownPictures:
    """Takes the pictures of a shard in order, and gives what is shown of them as a column.

    `what` is none, thumbnail or full; thumbnails have a long side of at most `side` px.
    """

    def __init__(self, path: Path, what: str, side: int) -> None:
        self._path, self._what, self._side = path, what, side
        self._file = pa.ipc.new_file(path, pa.schema([IMAGE]))
        self._some: list[Shown] = []

    def add(self, key: str, picture: Picture) -> None:
        """Add what is shown of the next picture."""
        self._some.append(SHOWN[self._what](key, picture, self._side))
        if len(self._some) == AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._file.write_batch(pa.record_batch([pa.array(self._some, IMAGE.type)], [IMAGE.name]))
        self._some = []

    def close(self) -> None:
        """Add no more."""
        self._write()
        self._file.close()

    def beside(self, table: pa.Table) -> pa.Table:
        """Give a table with all pictures as its last column, which stays on disk; once closed."""
        with pa.ipc.open_file(pa.memory_map(str(self._path))) as stored:
            column = stored.read_all()[IMAGE.name]
        return table.append_column(IMAGE, column).cast(PUBLISHED_PAIRS)


def _none(key: str, picture: Picture, side: int) -> Shown:
    return None


def _small(key: str, picture: Picture, side: int) -> Shown:
    data = thumbnails.thumbnail(picture.data, side)
    return {"bytes": data, "path": f"{key}.{thumbnails.SUFFIX}"}


def _full(key: str, picture: Picture, side: int) -> Shown:
    return {"bytes": picture.data, "path": f"{key}.{picture.suffix}"}


SHOWN: dict[str, Callable[[str, Picture, int], Shown]] = {
    "none": _none,
    "thumbnail": _small,
    "full": _full,
}
