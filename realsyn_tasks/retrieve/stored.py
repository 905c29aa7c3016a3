"""A partition of the lists while it is searched: on disk, but for the numbers of its sentences.

Memory: about 70 bytes a sentence (id, list, place), nothing an image, and what is taken at once.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Earlier
from realsyn_tasks.retrieve import hubness
from realsyn_tasks.vectors.scan import as_rows
from realsyn_tasks.vectors.search import ListOrder

ROWS_AT_ONCE = 1 << 14  # sentences of one list
IMAGES_AT_ONCE = 1 << 14
BATCH_ROWS = 1 << 14  # that are read together, for any of them
OF_IMAGE, BY = ["image_id", "shard", "lists"], ["shard", "image_id"]
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


class Columns:
    """Columns of a table in a file, a piece at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self._ends = [0]  # of batches, behind the first row

    def append(self, piece: pa.Table) -> None:
        """Add the rows of a piece."""
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._path, piece.schema)
        for batch in piece.to_batches(max_chunksize=BATCH_ROWS):
            self._writer.write_batch(batch)
            self._ends.append(self._ends[-1] + batch.num_rows)

    @property
    def rows(self) -> int:
        """Count the rows."""
        return self._ends[-1]

    def read(self, rows: np.ndarray) -> pa.Table:
        """Read the rows of ascending numbers, in that order, from the batches that hold any."""
        assert self._writer is not None, "nothing was added"
        self._writer.close()
        cuts = np.searchsorted(rows, self._ends)
        with pa.OSFile(str(self._path)) as source, pa.ipc.open_file(source) as file:
            kept = [file.schema.empty_table()]
            for number in np.flatnonzero(np.diff(cuts)).tolist():
                piece = pa.Table.from_batches([file.get_batch(number)])
                some = rows[cuts[number] : cuts[number + 1]]
                kept.append(chunks.taken(piece, some - self._ends[number]))
            return pa.concat_tables(kept)


class Best:
    """The best rows of each image in files, in the order in which they come: 8 bytes a slot."""

    def __init__(self, folder: Path, k: int) -> None:
        self.k = k
        self._files = {kind: folder / f"best.{kind}" for kind in ("i4", "f4")}
        for path in self._files.values():
            path.write_bytes(b"")

    def append(self, rows: np.ndarray, scores: np.ndarray) -> None:
        """Add (n, k) rows below 2**31, -1 for none, and (n, k) scores."""
        for values, (kind, path) in zip((rows, scores), self._files.items(), strict=True):
            with path.open("ab") as file:
                file.write(np.ascontiguousarray(values, dtype=kind).data)

    def read(self, images: range) -> tuple[np.ndarray, np.ndarray]:
        """Read those of some images: (n, k) int32 rows and (n, k) float32 scores."""
        rows, scores = (
            np.fromfile(path, kind, len(images) * self.k, offset=4 * images.start * self.k)
            for kind, path in self._files.items()
        )
        return rows.reshape(-1, self.k), scores.reshape(-1, self.k)


@dataclass(frozen=True, eq=False)
class Sentences:
    """The different sentences of a partition, in order of id."""

    ids: pa.ChunkedArray
    lists: np.ndarray  # (n,) int32
    old: np.ndarray  # (n,) bool: an earlier build had it
    places: np.ndarray  # (n,) int64: rows of vectors and texts
    vectors: Vectors
    texts: Columns

    @staticmethod
    def read(pieces: Iterable[pa.Table], names: list[str], shards: int, folder: Path) -> Sentences:
        """Put a keyed table on disk, texts by `names`; of copies, that of the first shard counts.

        An earlier build had what is of the first `shards` of the corpus.
        """
        vectors, texts = Vectors(folder / "sentences.f16"), Columns(folder / "texts.arrow")
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


class Block(NamedTuple):
    """Some images, with what they are searched by."""

    rows: range  # of all images
    old: bool  # an earlier build had them
    ids: pa.ChunkedArray
    shards: np.ndarray  # (n,) int32 ascending, of the corpus
    vectors: np.ndarray  # (n, d) float32
    lists: np.ndarray  # (n, p) int32, -1 for none


@dataclass(frozen=True, eq=False)
class Images:
    """The images that probe lists of a partition, in order of corpus shard and id.

    That is the order in which a keyed table is gathered, so none of this has to be in memory. Of
    pieces in any other order, `order` is: 8 bytes an image, and all of the columns for a moment.
    """

    count: int
    old: int  # of them, which an earlier build had: the first ones
    order: np.ndarray | None  # (count,) int64: rows of the files; None: as they stand
    columns: Columns
    vectors: Vectors

    @staticmethod
    def read(pieces: Iterable[pa.Table], shards: int, folder: Path) -> Images:
        """Put a keyed table on disk; an earlier build had what is of the first `shards`."""
        vectors, columns = Vectors(folder / "images.f16"), Columns(folder / "images.arrow")
        count, old, in_order = 0, 0, True
        last: list[pa.Table] = []
        for piece in pieces:
            vectors.append(piece["embedding"])
            columns.append(piece.select(OF_IMAGE))
            count += piece.num_rows
            old += int((piece["shard"].to_numpy() < shards).sum())
            joined = pa.concat_tables([*last, piece.select(BY)])
            in_order = in_order and _ascends(joined)
            last = [joined.slice(max(0, joined.num_rows - 1))]
        return Images(count, old, None if in_order else _order(columns, count), columns, vectors)

    def blocks(self) -> Iterator[Block]:
        """Give those that an earlier build had, then the others, in blocks of rows."""
        for first, end in ((0, self.old), (self.old, self.count)):
            for start in range(first, end, IMAGES_AT_ONCE):
                yield self._block(range(start, min(start + IMAGES_AT_ONCE, end)))

    def _block(self, rows: range) -> Block:
        places, back = self._places(rows)
        about, vectors = self.about(rows), as_rows(self.vectors.read(places)[back])
        shards = about["shard"].to_numpy()
        old, lists = rows.stop <= self.old, _padded(about["lists"])
        return Block(rows, old, about["image_id"], shards, vectors, lists)

    def about(self, rows: range) -> pa.Table:
        """Read id, shard and lists of some images."""
        places, back = self._places(rows)
        return chunks.taken(self.columns.read(places), back)

    def _places(self, rows: range) -> tuple[np.ndarray, np.ndarray]:
        """Say where rows are in the files, ascending, and which of these each of the rows is."""
        if self.order is None:
            return np.arange(rows.start, rows.stop), np.arange(len(rows))
        places, back = np.unique(self.order[rows.start : rows.stop], return_inverse=True)
        return places, back


@dataclass(frozen=True, eq=False)
class Known:
    """What an earlier build found for the images of the first shards; candidates on disk.

    They stand in order of shard and image, as they were found. What a block's images had is read
    at a time, by the place of every so many rows.
    """

    shards: int
    nearest: np.ndarray  # (n, images) float32 of the sentences: scores with their nearest images
    firsts: list[tuple[int, str]]  # shard and image of the first of each BATCH_ROWS rows
    columns: Columns

    @staticmethod
    def of(earlier: Earlier, sentences: Sentences, images: int, folder: Path) -> Known:
        """Put candidates on disk as they are, with rows of sentences.

        Of a sentence's nearest images so many count.
        """
        table, columns = earlier.tables["candidates"], Columns(folder / "known.arrow")
        columns.append(
            pa.table(
                {
                    "image_id": table["image_id"],
                    "sentence": rows_of(table["sentence_id"], sentences.ids),
                    "score": table["score"],
                }
            )
        )
        met, none = earlier.tables["nearest"], hubness.no_scores(len(sentences.ids), images)
        nearest = hubness.with_known(none, met, rows_of(met["sentence_id"], sentences.ids))
        return Known(earlier.shards, nearest, _firsts(table), columns)

    def of_block(self, block: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give candidates of a block's images: places in the block, rows of sentences, scores."""
        some = self.columns.read(self._rows_of(block))
        places = rows_of(some["image_id"], block.ids)
        mine = places >= 0
        sentences, scores = (some[name].to_numpy()[mine] for name in ("sentence", "score"))
        return places[mine], sentences, scores

    def _rows_of(self, block: Block) -> np.ndarray:
        """Give the rows that candidates of a block's images may be among, ascending."""
        first, last = ((int(block.shards[at]), block.ids[at].as_py()) for at in (0, -1))
        start = max(0, bisect_left(self.firsts, first) - 1)  # some may stand before one's place
        end = min(self.columns.rows, bisect_right(self.firsts, last) * BATCH_ROWS)
        return np.arange(start * BATCH_ROWS, end)


def _firsts(candidates: pa.Table) -> list[tuple[int, str]]:
    """Give shard and image of every so many candidates."""
    some = np.arange(0, candidates.num_rows, BATCH_ROWS)
    rows = chunks.taken(candidates.select([tables.PARTITION, "image_id"]), some)
    shards, images = (column.to_pylist() for column in rows.columns)
    return list(zip(shards, images, strict=True))


def rows_of(ids: pa.ChunkedArray, among: pa.ChunkedArray) -> np.ndarray:
    """Say which row of a column each id is, -1 for none; (n,) int64."""
    rows: np.ndarray = pc.fill_null(pc.index_in(ids, value_set=among), -1).to_numpy()
    return rows.astype(np.int64)


def _ascends(images: pa.Table) -> bool:
    """Say whether images are in order of shard and id."""
    steps, ids = np.diff(images["shard"].to_numpy()), images["image_id"]
    by_id = pc.less_equal(ids[:-1], ids[1:]).to_numpy()
    return bool(((steps > 0) | ((steps == 0) & by_id)).all())


def _order(columns: Columns, count: int) -> np.ndarray:
    """Give rows of images in order of shard and id; (n,) int64."""
    images = columns.read(np.arange(count)).select(BY)
    order: np.ndarray = chunks.order_of(images, BY).to_numpy().astype(np.int64)
    return order


def _padded(lists: pa.ChunkedArray) -> np.ndarray:
    """Give lists of several lengths as rows; (n, most) int32, -1 for none."""
    lengths = pc.list_value_length(lists).to_numpy()
    table = np.full((len(lists), int(lengths.max())), -1, dtype=np.int32)
    table[np.arange(table.shape[1]) < lengths[:, None]] = pc.list_flatten(lists).to_numpy()
    return table


def _halves(column: pa.ChunkedArray) -> Iterator[np.ndarray]:
    """Give the vectors of each chunk; (n, d) float16."""
    for chunk in column.chunks:
        if len(chunk):
            yield chunk.flatten().to_numpy(zero_copy_only=False).reshape(len(chunk), -1)
