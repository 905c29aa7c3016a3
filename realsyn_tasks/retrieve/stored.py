"""A partition of the lists while it is searched: vectors and texts on disk, numbers in memory.

Memory: about 70 bytes a row (id, list, place) and 4 bytes a probe, and what is taken at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks
from realsyn_tasks.vectors.scan import as_rows
from realsyn_tasks.vectors.search import ListOrder

ROWS_AT_ONCE = 1 << 14  # sentences of one list
IMAGES_AT_ONCE = 1 << 14
Part = tuple[int, np.ndarray, np.ndarray]  # of a list: its number, vectors (n, d), their rows


class Vectors:
    """Vectors in a file, as they are stored: float16, in the order in which they came."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dim = 0

    def append(self, column: pa.ChunkedArray) -> None:
        """Add the vectors of a column."""
        with self._path.open("ab") as file:
            for vectors in _halves(column):
                self._dim = vectors.shape[1]
                file.write(vectors.data)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Read the vectors of ascending row numbers; (n, d) float16."""
        taken = np.empty((len(rows), self._dim), dtype=np.float16)
        view, width = taken.data.cast("B"), self._dim * taken.itemsize
        firsts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        ends = np.append(firsts[1:], len(rows))
        with self._path.open("rb", buffering=0) as file:
            for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
                place = view[first * width : end * width]
                os.preadv(file.fileno(), [place], int(rows[first]) * width)
        return taken


class Texts:
    """Columns of a table in a file, a piece at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pa.ipc.RecordBatchFileWriter | None = None

    def append(self, piece: pa.Table) -> None:
        """Add the rows of a piece."""
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._path, piece.schema)
        self._writer.write_table(piece)

    def read(self, rows: np.ndarray) -> pa.Table:
        """Read the rows of ascending numbers, in that order."""
        assert self._writer is not None, "nothing was added"
        self._writer.close()
        first, kept = 0, []
        with pa.OSFile(str(self._path)) as source, pa.ipc.open_file(source) as file:
            for number in range(file.num_record_batches):
                batch = file.get_batch(number)
                start, end = np.searchsorted(rows, [first, first + batch.num_rows])
                piece = pa.Table.from_batches([batch])
                kept.append(chunks.taken(piece, rows[start:end] - first))
                first += batch.num_rows
            return pa.concat_tables(kept)


@dataclass(frozen=True, eq=False)
class Sentences:
    """The different sentences of a partition, in order of id."""

    ids: pa.ChunkedArray
    lists: np.ndarray  # (n,) int32
    old: np.ndarray  # (n,) bool: an earlier build had it
    places: np.ndarray  # (n,) int64: rows of vectors and texts
    vectors: Vectors
    texts: Texts

    @staticmethod
    def read(pieces: Iterable[pa.Table], names: list[str], shards: int, folder: Path) -> Sentences:
        """Put a keyed table on disk, texts by `names`; of copies, that of the first shard counts.

        An earlier build had what is of the first `shards` of the corpus.
        """
        vectors, texts = Vectors(folder / "sentences.f16"), Texts(folder / "texts.arrow")
        small = []
        for piece in pieces:
            vectors.append(piece["embedding"])
            texts.append(piece.select(names))
            small.append(piece.select(["sentence_id", "shard", "list_id"]))
        numbers = pa.concat_tables(small)
        order = chunks.order_of(numbers, ["sentence_id", "shard"]).to_numpy().astype(np.int64)
        ids = chunks.taken_column(numbers["sentence_id"], order)
        new = np.append(True, pc.not_equal(ids[1:], ids[:-1]).to_numpy())
        firsts = np.flatnonzero(new[: len(ids)])
        places = order[firsts]
        return Sentences(
            chunks.taken_column(ids, firsts),
            numbers["list_id"].to_numpy()[places],
            numbers["shard"].to_numpy()[places] < shards,
            places,
            vectors,
            texts,
        )

    def by_list(self, order: ListOrder, lists: Iterable[int]) -> Iterator[Part]:
        """Give number, vectors and rows of some lists, those of a long one in parts."""
        for number in lists:
            rows = order.rows_of(number)
            for start in range(0, len(rows), ROWS_AT_ONCE):
                some = rows[start : start + ROWS_AT_ONCE]
                some = some[np.argsort(self.places[some])]
                yield number, self.vectors.read(self.places[some]), some

    def orders(self) -> tuple[ListOrder, ListOrder]:
        """Say which rows are in which list: of all rows, and of those no earlier build had."""
        return ListOrder(self.lists), ListOrder(np.where(self.old, np.int32(-1), self.lists))


@dataclass(frozen=True, eq=False)
class Images:
    """The images that probe lists of a partition, in order of id."""

    ids: pa.ChunkedArray
    shards: np.ndarray  # (n,) int32, of the corpus
    old: np.ndarray  # (n,) bool: an earlier build had it
    lists: pa.ChunkedArray  # that each probes, nearest first
    places: np.ndarray  # (n,) int64: rows of vectors
    vectors: Vectors

    @staticmethod
    def read(pieces: Iterable[pa.Table], shards: int, folder: Path) -> Images:
        """Put a keyed table on disk; an earlier build had what is of the first `shards`."""
        vectors, small = Vectors(folder / "images.f16"), []
        for piece in pieces:
            vectors.append(piece["embedding"])
            small.append(piece.select(["image_id", "shard", "lists"]))
        numbers = pa.concat_tables(small)
        places = pc.sort_indices(numbers["image_id"]).to_numpy().astype(np.int64)
        numbers = chunks.taken(numbers, places)
        of_shards = numbers["shard"].to_numpy()
        old = of_shards < shards
        return Images(numbers["image_id"], of_shards, old, numbers["lists"], places, vectors)

    def blocks(self) -> Iterator[Block]:
        """Give those that no earlier build had and the others, by turns, in blocks of rows."""
        for start in range(0, len(self.ids), IMAGES_AT_ONCE):
            rows = np.arange(start, min(start + IMAGES_AT_ONCE, len(self.ids)))
            for old in (False, True):
                some = rows[self.old[rows] == old]
                if len(some):
                    yield Block(some, old, self._vectors_of(some), self._lists_of(some))

    def _vectors_of(self, rows: np.ndarray) -> np.ndarray:
        """Read vectors; (n, d) float32."""
        order = np.argsort(self.places[rows])
        vectors = self.vectors.read(self.places[rows][order])
        placed = np.empty_like(vectors)
        placed[order] = vectors
        return as_rows(placed)

    def _lists_of(self, rows: np.ndarray) -> np.ndarray:
        """Give the lists of some images; (n, most) int32, -1 for none."""
        lists = chunks.taken_column(self.lists, rows)
        lengths = pc.list_value_length(lists).to_numpy()
        table = np.full((len(rows), int(lengths.max())), -1, dtype=np.int32)
        table[np.arange(table.shape[1]) < lengths[:, None]] = pc.list_flatten(lists).to_numpy()
        return table


class Block(NamedTuple):
    """Some images, with what they are searched by."""

    rows: np.ndarray  # (n,) int64 of all images
    old: bool
    vectors: np.ndarray  # (n, d) float32
    lists: np.ndarray  # (n, p) int32, -1 for none


def _halves(column: pa.ChunkedArray) -> Iterator[np.ndarray]:
    """Give the vectors of each chunk; (n, d) float16."""
    for chunk in column.chunks:
        if len(chunk):
            yield chunk.flatten().to_numpy(zero_copy_only=False).reshape(len(chunk), -1)
