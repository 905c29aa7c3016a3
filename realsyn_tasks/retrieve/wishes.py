"""The choices of all images on disk: read once, and again of those whose choice was refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks
from realsyn_tasks.retrieve.limits import positions
from realsyn_tasks.vectors.components import Numbers

IMAGES_AT_ONCE = 1 << 14
KEY, IMAGE, SCORE = range(3)  # columns of requests
_LOW = np.uint64(2**32 - 1)


class Wishes:
    """The choices of images, which are numbered in the order in which they come.

    Memory: a number for each piece, and what is read at once. Disk: 12 bytes a choice, and for
    each image 12 and its id.
    """

    def __init__(self, folder: Path) -> None:
        """Begin without any, in a folder that is not there yet."""
        folder.mkdir(parents=True)
        self.ends = [0]  # of pieces: the number of images so far
        self._folder, self._rows = folder, 0
        self._write("stops", np.zeros(1, np.int64))
        self._names = pa.ipc.new_file(str(folder / "names"), pa.schema([("image_id", pa.string())]))

    def add(self, candidates: pa.Table, first: int) -> Numbers:
        """Take the candidates of some images, all of each; give requests for the `first` best."""
        choices = candidates["choice"].to_numpy()
        rows = np.flatnonzero(choices > 0)
        codes, names = chunks.coded(chunks.taken_column(candidates["image_id"], rows))
        order = np.lexsort((choices[rows], codes))
        rows, codes = rows[order], codes[order]
        keys, scores = (candidates[name].to_numpy()[rows] for name in ("key", "score"))
        images = codes.astype(np.uint64) + np.uint64(self.ends[-1])
        self._append(names, np.bincount(codes, minlength=len(names)), keys, scores)
        best = positions(codes) <= first
        return requests(keys[best], images[best], scores[best])

    def _append(
        self, names: list[str], choices: np.ndarray, keys: np.ndarray, scores: np.ndarray
    ) -> None:
        self._write("keys", keys)
        self._write("scores", scores)
        self._write("stops", self._rows + np.cumsum(choices))
        self._names.write_batch(pa.record_batch({"image_id": pa.array(names, pa.string())}))
        self._rows += len(keys)
        self.ends.append(self.ends[-1] + len(names))

    def of(self, images: Numbers) -> Iterator[tuple[Numbers, pa.Table]]:
        """Give the choices of images, by ascending numbers, some at a time.

        A number of an image and the columns that limits.taken needs for each choice.
        """
        cuts = np.flatnonzero(np.diff(images // np.uint64(IMAGES_AT_ONCE))) + 1
        for some in np.split(images, cuts):
            if len(some):
                yield self._choices(some)

    def _choices(self, images: Numbers) -> tuple[Numbers, pa.Table]:
        first = int(images[0])
        stops = self._read("stops", np.int64, range(first, int(images[-1]) + 2))
        places = images.astype(np.int64) - first
        lengths = stops[places + 1] - stops[places]
        choice = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows = np.repeat(stops[places] - stops[0], lengths) + choice
        span, owners = range(stops[0], stops[-1]), np.repeat(np.arange(len(images)), lengths)
        columns = {
            "image_id": chunks.taken_column(self.names(images), owners),
            "key": self._read("keys", np.uint64, span)[rows],
            "score": self._read("scores", np.float32, span)[rows],
            "choice": choice + 1,
        }
        return images[owners], pa.table(columns)

    def names(self, images: Numbers) -> pa.ChunkedArray:
        """Give the ids of images by their numbers, in the order named."""
        distinct, back = np.unique(images.astype(np.int64), return_inverse=True)
        cuts = np.searchsorted(distinct, self._ends)
        found = [pa.chunked_array([], pa.string())]
        for piece in np.flatnonzero(np.diff(cuts)).tolist():
            here = distinct[cuts[piece] : cuts[piece + 1]] - self.ends[piece]
            column = pa.chunked_array([self._ids.get_batch(piece).column(0)])
            found.append(chunks.taken_column(column, here))
        every = pa.chunked_array([chunk for part in found for chunk in part.chunks], pa.string())
        return chunks.taken_column(every, back)

    @cached_property
    def _ends(self) -> np.ndarray:
        return np.array(self.ends)

    @cached_property
    def _ids(self) -> pa.ipc.RecordBatchFileReader:
        self._names.close()
        return pa.ipc.open_file(pa.OSFile(str(self._folder / "names")))

    def _write(self, name: str, values: np.ndarray) -> None:
        with (self._folder / name).open("ab") as target:
            values.tofile(target)

    def _read(self, name: str, kind: type[np.generic], span: range) -> np.ndarray:
        path, width = self._folder / name, np.dtype(kind).itemsize
        return np.fromfile(path, kind, len(span), offset=span.start * width)


def requests(keys: np.ndarray, images: Numbers, scores: np.ndarray) -> Numbers:
    """Give a row (key, image, score) for each choice that images ask for; (n, 3).

    Of the scores, float32, the upper half sorts the best one first, and the lower has their bits.
    """
    signed = (scores + np.float32(0)).view(np.int32)  # one zero, not two
    rising = np.where(signed < 0, ~signed, signed ^ np.int32(-(2**31))).view(np.uint32)
    falling = (~rising).astype(np.uint64) << np.uint64(32)
    return np.stack([keys, images, falling | scores.view(np.uint32)], axis=1)


def scores_of(rows: Numbers) -> np.ndarray:
    """Give the scores of requests; (n,) float32."""
    scores: np.ndarray = (rows[:, SCORE] & _LOW).astype(np.uint32).view(np.float32)
    return scores
