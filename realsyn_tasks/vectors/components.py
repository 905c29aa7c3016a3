"""Connected components of more links than memory holds, exact, by rounds over files.

Large-star and small-star (Kiveris et al., "Connected Components in MapReduce and Beyond", 2014):
in a round each node hangs its larger neighbours, then its smaller ones, under the smallest node it
knows. No round adds a link. When a round changes nothing, each node hangs under the smallest of its
component. Groups of near-duplicates take three to six rounds, a path of n nodes about log2 n.

Memory is a few blocks of rows, and up to four that wait where files are many, whatever the number
of links, and also where one node has nearly all of them: of a node only the smallest neighbour is
held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy import compress, take
from numpy.typing import NDArray

from realsyn_tasks.vectors.duplicates import components

BLOCK = 1 << 18  # rows of numbers held at a time, some ten arrays of them
FILES_OF_BLOCK = 512  # that a block of rows is appended to; for more of them more blocks wait
IN_MEMORY = 1 << 14  # links up to which no files are worth it
MOST_FILES = 2048
MOST_ROUNDS = 200  # more than log2(n) ** 2 / 4 of any number of links that fits a disk

Numbers = NDArray[np.uint64]
Place = Callable[[Numbers], NDArray[np.int64]]


class Spill:
    """Rows of uint64 numbers, those of one first number together; on disk from a block on."""

    def __init__(self, path: Path, width: int, files: int, place: Place | None = None) -> None:
        """Begin an empty one, of files whose names begin with a path.

        `place` says in which file a first number goes, else its hash does.
        """
        self.files, self.rows = files, 0
        self._path, self._width = path, width
        self.place = place or self._hashed
        self._most = BLOCK * max(1, files // FILES_OF_BLOCK)
        self._held: list[Numbers] = []
        self._waiting = 0
        self._stored: set[int] = set()
        self._bounds: NDArray[np.int64] | None = None  # where files begin in what is held, sorted

    def add(self, rows: Numbers) -> None:
        """Add (n, width) rows."""
        self._bounds = None
        for part in range(0, len(rows), BLOCK):
            self._held.append(rows[part : part + BLOCK])
            self.rows += len(self._held[-1])
            self._waiting += len(self._held[-1])
            if self._waiting >= self._most:
                self._store()

    def blocks(self, file: int) -> Iterator[Numbers]:
        """Give the rows of a file, block by block."""
        if self._stored:
            self._store()
        elif self._held:
            bounds = self._sort()
            yield self._held[0][bounds[file] : bounds[file + 1]]
        count = BLOCK * self._width
        for start in range(0, self._size(file) // 8, count):
            flat = np.fromfile(self._file(file), dtype="<u8", count=count, offset=8 * start)
            yield flat.astype(np.uint64, copy=False).reshape(-1, self._width)

    def whole(self, file: int) -> Numbers:
        """Give all rows of a file; (n, width)."""
        return np.concatenate([np.zeros((0, self._width), np.uint64), *self.blocks(file)])

    def replace(self, file: int, rows: Numbers) -> None:
        """Put (n, width) rows of a file in the place of all that it has."""
        self._store()
        self.rows += len(rows) - (self._size(file) // (8 * self._width))
        with self._file(file).open("wb") as target:
            rows.astype("<u8", copy=False).tofile(target)
        self._stored.add(file)

    def everything(self) -> Iterator[Numbers]:
        """Give all rows, block by block."""
        for file in range(self.files):
            yield from self.blocks(file)

    def drop(self) -> None:
        """Delete the files; it is empty then."""
        for file in self._stored:
            self._file(file).unlink()
        self._held, self._waiting, self._stored, self.rows = [], 0, set(), 0

    def _store(self) -> None:
        if not self._held:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        bounds = self._sort()
        [rows] = self._held
        for file in np.flatnonzero(np.diff(bounds)).tolist():
            with self._file(file).open("ab", buffering=0) as target:
                target.write(rows[bounds[file] : bounds[file + 1]].astype("<u8", copy=False).data)
            self._stored.add(file)
        self._held, self._waiting, self._bounds = [], 0, None

    def _sort(self) -> NDArray[np.int64]:
        """Sort what is held by file; give where each begins."""
        if self._bounds is None:
            rows = np.concatenate(self._held)
            files = self.place(rows[:, 0])
            short = files.astype(np.min_scalar_type(self.files))  # 16 bits are sorted by counting
            self._held = [rows_at(rows, np.argsort(short, kind="stable"))]
            self._bounds = np.append(0, np.cumsum(np.bincount(files, minlength=self.files)))
        return self._bounds

    def _hashed(self, numbers: Numbers) -> NDArray[np.int64]:
        mixed = (numbers ^ (numbers >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        files: NDArray[np.int64] = ((mixed >> np.uint64(33)) % np.uint64(self.files)).astype(
            np.int64
        )
        return files

    def _size(self, file: int) -> int:
        return self._file(file).stat().st_size if file in self._stored else 0

    def _file(self, file: int) -> Path:
        return self._path.with_name(f"{self._path.name}-{file:05d}")


@dataclass(frozen=True)
class Lowest:
    """The smallest number that stands beside each of some distinct, sorted first numbers."""

    firsts: Numbers
    least: Numbers

    @classmethod
    def of(cls, blocks: Iterable[Numbers]) -> Lowest:
        """Find it in (n, 2) rows, holding a block and as many numbers as there are first ones."""
        held = cls(np.zeros(0, np.uint64), np.zeros(0, np.uint64))
        for rows in blocks:
            firsts = np.concatenate([held.firsts, rows[:, 0]])
            others = np.concatenate([held.least, rows[:, 1]])
            order = np.argsort(firsts)
            firsts = firsts[order]
            starts = np.flatnonzero(np.append(True, firsts[1:] != firsts[:-1])[: len(firsts)])
            if len(starts):
                held = cls(firsts[starts], np.minimum.reduceat(others[order], starts))
        return held

    def beside(self, numbers: Numbers) -> Numbers:
        """Give what stands beside each of (n,) numbers; itself where nothing does."""
        if not len(self.firsts):
            return numbers
        rows = np.minimum(places_among(self.firsts, numbers), len(self.firsts) - 1)
        return np.where(self.firsts[rows] == numbers, self.least[rows], numbers)


def rows_at(rows: Numbers, places: NDArray[np.int64]) -> Numbers:
    """Give rows[places], which indexing takes several times as long for."""
    taken: Numbers = take(rows, places, axis=0)
    return taken


def rows_where(rows: Numbers, marks: NDArray[np.bool_]) -> Numbers:
    """Give rows[marks], likewise."""
    marked: Numbers = compress(marks, rows, axis=0)
    return marked


def places_among(numbers: Numbers, sought: Numbers) -> NDArray[np.int64]:
    """Give np.searchsorted(numbers, sought), three times as fast: by those sought in order."""
    order = np.argsort(sought)
    places = np.empty(len(sought), dtype=np.int64)
    places[order] = np.searchsorted(numbers, sought[order])
    return places


def files_for(rows: int) -> int:
    """Say into how many files so many links go, so that the nodes of one are about a block."""
    return max(1, min(MOST_FILES, -(-2 * rows // BLOCK)))


def solve(links: Iterable[Numbers], folder: Path, files: int) -> tuple[Spill, int]:
    """Find the components of (n, 2) links: a row (node, smallest of its component), and the rounds.

    A node that is the smallest, or has no link, has no row. Few links are solved in memory, in no
    round. Works in a new folder. Raises RuntimeError where rounds have no end, which cannot be.
    """
    spill = Spill(folder / "round-0", 2, files)
    for rows in links:
        apart = rows_where(rows, rows[:, 0] != rows[:, 1])
        spill.add(np.stack([apart.max(axis=1), apart.min(axis=1)], axis=1))
    if spill.rows <= IN_MEMORY:
        return _solved_in_memory(spill, folder / "stars"), 0
    for number in range(1, MOST_ROUNDS + 1):
        flat, lifted = _large_star(spill, folder / f"large-{number}")
        spill, hung = _small_star(flat, folder / f"round-{number}")
        if not lifted and not hung:
            return spill, number
    raise RuntimeError(f"components of {spill.rows} links were not settled in {MOST_ROUNDS} rounds")


def _solved_in_memory(spill: Spill, folder: Path) -> Spill:
    rows = np.concatenate([np.zeros((0, 2), np.uint64), *spill.everything()])
    nodes, ends = np.unique(rows, return_inverse=True)
    labels = components(len(nodes), ends.reshape(-1, 2))
    hung = np.flatnonzero(labels != np.arange(len(nodes)))
    stars = Spill(folder, 2, spill.files)
    stars.add(np.stack([nodes[hung], nodes[labels[hung]]], axis=1))
    spill.drop()
    return stars


def _large_star(links: Spill, folder: Path) -> tuple[Spill, bool]:
    """Hang each node's larger neighbours under the smallest of it and its neighbours."""
    both = Spill(folder.with_name(f"{folder.name}-both"), 2, links.files)
    for rows in links.everything():
        both.add(rows)
        both.add(rows[:, ::-1])
    links.drop()
    flat, changed = Spill(folder, 2, links.files), False
    for file in range(both.files):
        lowest = Lowest.of(both.blocks(file))
        for rows in both.blocks(file):
            larger = rows_where(rows, rows[:, 1] > rows[:, 0])
            least = np.minimum(lowest.beside(larger[:, 0]), larger[:, 0])
            changed |= bool((least != larger[:, 0]).any())
            flat.add(np.stack([larger[:, 1], least], axis=1))
    both.drop()
    return flat, changed


def _small_star(links: Spill, folder: Path) -> tuple[Spill, bool]:
    """Hang each node and its smaller neighbours under the smallest of these."""
    hung, changed = Spill(folder, 2, links.files), False
    for file in range(links.files):
        lowest = Lowest.of(links.blocks(file))
        hung.add(np.stack([lowest.firsts, lowest.least], axis=1))
        for rows in links.blocks(file):
            least = lowest.beside(rows[:, 0])
            other = rows[:, 1] != least
            changed |= bool(other.any())
            hung.add(np.stack([rows_where(rows[:, 1], other), rows_where(least, other)], axis=1))
    links.drop()
    return hung, changed
