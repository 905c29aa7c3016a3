"""Find the pictures that pages show where they stand in other files of the crawl.

Reads numbers alone (picture_index.py), each shard's once, and works on the scratch disk: what is
sought and what is held meet in files by their hash, so that memory is a few blocks of rows,
however large the crawl, and the disk takes some 100 bytes for each name. Redirects and revisits
are followed from their ends: in the first round names that lead to a picture stand for it, in the
next those that lead to these. So all chains together take as many rounds as the longest has links.

What is found is one file with a row for each picture, shard after shard, so that a shard reads its
own (`gather_images`), and the digests of the shards that they stand in. Of several pictures under a
name the best counts, then the one to which fewer links lead, then the first of the crawl.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.corpus.crawl import Crawl
from realsyn_tasks.extract import schemas, spans
from realsyn_tasks.extract.picture_index import What
from realsyn_tasks.extract.places import ROW_BITS, places_of, rows_of
from realsyn_tasks.kinds import CRAWL
from realsyn_tasks.vectors.components import (
    Numbers,
    Spill,
    files_for,
    places_among,
    rows_at,
    rows_where,
)

PLACES = np.dtype(
    [
        ("asker", "<u8"),  # place of a picture sought: its shard, and its row in linked_images
        ("quality", "<u8"),  # picture_index.QUALITIES
        ("rank", "<u8"),  # of the address that it stands under: its url is 0, then come the others
        ("shard", "<u8"),
        ("file", "<u8"),  # of the shard
        ("offset", "<u8"),  # of the record in it
    ]
)
SHOWN = np.dtype(
    [
        ("file", "<u8"),  # place of a file: its shard, and its number in it
        ("offset", "<u8"),  # of a record that a page of another file shows
    ]
)
KIND = "image"
KIND_SHOWN = "shown"
HELD, QUALITY, PLACE = 7, 2, slice(4, 7)  # columns of what is held
NOTHING = np.uint64(255)  # worse than any quality
Rows = NDArray[np.int64]
MOST_LINKS = 20  # of a chain of redirects and revisits; as many as browsers follow


class Config(StageConfig):
    """Nothing to choose."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the place of each picture that is sought and held, and where a shard's rows are.

    Measures how many rounds it took to follow what leads elsewhere.
    """
    shards = max(1, context.axes[CRAWL.axis])
    names = _read(inputs, context.scratch)
    rounds = _follow(names, context.scratch)
    located = _located(names, context.scratch, shards)
    read = _shards_read(located)
    shown = _shown(located, context.scratch, shards)
    paths = {name: context.scratch / f"{name}.bin" for name in ("places", "shown")}
    counts = spans.write(located, PLACES, paths["places"], shards)
    of_shown = spans.write(shown, SHOWN, paths["shown"], shards)
    where = [spans.table(KIND, counts), spans.table(KIND_SHOWN, of_shown)]
    return Output(
        tables={"spans": pa.concat_tables(where), "read": _read_table(read, inputs)},
        blobs=paths,
        counts={"located": int(counts.sum()), "sought": names.sought.rows},
        measures={"rounds": float(rounds)},
    )


def _located(names: _Names, scratch: Path, shards: int) -> Spill:
    """Give a row of PLACES for each picture sought: the best of what stands under its addresses."""
    width, files = len(PLACES.names or ()), names.held.files
    each = spans.by_shard(scratch / "each", width, files, shards)
    for file in range(files):
        best = _Best.of(names.held.blocks(file))
        for rows in names.sought.blocks(file):
            asked, held = best.of_names(rows)
            each.add(np.column_stack([asked[:, 2], held[:, QUALITY], asked[:, 3], held[:, PLACE]]))
    located = spans.by_shard(scratch / "located", width, files, shards)
    for file in range(files):
        rows = _in_order(each.whole(file))
        located.add(rows[np.append(True, rows[1:, 0] != rows[:-1, 0])[: len(rows)]])
    each.drop()
    return located


def _shown(located: Spill, scratch: Path, shards: int) -> Spill:
    """Give a row of SHOWN for each picture found, by the shard that holds it."""
    shown = spans.by_shard(scratch / "shown", len(SHOWN.names or ()), located.files, shards)
    for rows in located.everything():
        files = (rows[:, 3] << np.uint64(ROW_BITS)) | rows[:, 4]
        shown.add(np.column_stack([files, rows[:, 5]]))
    return shown


@dataclass(frozen=True)
class _Names:
    """Rows that begin with key and check: what stands there, who seeks it, who leads there."""

    held: Spill  # key, check, quality, rank of the lead there (0: it is here), PLACE
    sought: Spill  # key, check, place of who seeks it, rank of the address among the picture's
    leads: Spill  # key and check of the target, those of the name that leads there, rank


def _read(inputs: Inputs, scratch: Path) -> _Names:
    """Copy what shards seek and hold to the disk."""
    files = files_for(sum(piece.rows for piece in inputs.pieces("parse", "index")))
    widths = {"held": HELD, "sought": 4, "leads": 5}
    names = _Names(**{name: Spill(scratch / name, width, files) for name, width in widths.items()})
    for shard, table in inputs.stream("parse", "index"):
        held, sought, leads = (
            table.filter(pc.equal(table["what"], what))
            for what in (What.HELD, What.SOUGHT, What.LEADS)
        )
        here, own = np.zeros((2, held.num_rows), np.uint64)
        own += np.uint64(shard)
        names.held.add(_columns(held, "key", "check", "rank", here, own, "file", "offset"))
        names.sought.add(_columns(sought, "key", "check", _askers(shard, sought), "rank"))
        names.leads.add(_columns(leads, "target", "target_check", "key", "check", "rank"))
    return names


def _askers(shard: int, sought: pa.Table) -> Numbers:
    rows = sought["offset"].to_numpy()
    askers: Numbers = places_of(shard, int(rows.max(initial=-1)) + 1)[rows]
    return askers


def _columns(table: pa.Table, *columns: str | Numbers) -> Numbers:
    arrays = (table[name].to_numpy() if isinstance(name, str) else name for name in columns)
    return np.stack([array.astype(np.uint64) for array in arrays], axis=1)


@dataclass(frozen=True)
class _Best:
    """The best of what stands under each of some names; rows as of `_Names.held`, by name."""

    rows: Numbers

    @classmethod
    def of(cls, blocks: Iterable[Numbers]) -> _Best:
        """Find it, holding a block and as many rows as there are names."""
        held: Numbers = np.zeros((0, HELD), np.uint64)
        for rows in blocks:
            both = _in_order(np.concatenate([held, rows]))
            first = np.ones(len(both), dtype=np.bool_)
            first[1:] = (both[1:, :2] != both[:-1, :2]).any(axis=1)
            held = rows_where(both, first)
        return cls(held)

    def of_names(self, asked: Numbers) -> tuple[Numbers, Numbers]:
        """Give those of some rows under whose names something stands, and what does."""
        places, there = self._look_up(asked)
        return rows_where(asked, there), rows_at(self.rows, places[there])

    def _look_up(self, asked: Numbers) -> tuple[Rows, NDArray[np.bool_]]:
        """Give the rows of names, keys and checks in front, and whether there is one."""
        keys = np.append(self.rows[:, 0], np.uint64(0))  # behind the last row is nothing
        checks = np.append(self.rows[:, 1], np.uint64(0))
        places = places_among(keys[:-1], asked[:, 0])
        while True:
            like = (places < len(self.rows)) & (keys[places] == asked[:, 0])
            other = like & (checks[places] != asked[:, 1])
            if not other.any():
                return places, like
            places = places + other

    def qualities(self, asked: Numbers) -> Numbers:
        """Give how good what stands under names is; NOTHING where nothing does."""
        places, there = self._look_up(asked)
        qualities = np.full(len(asked), NOTHING)
        qualities[there] = self.rows[places[there], QUALITY]
        return qualities


def _in_order(rows: Numbers) -> Numbers:
    """Sort rows by all columns: by the first, which hardly any share, and those that share it."""
    rows = rows_at(rows, np.argsort(rows[:, 0]))
    again = rows[1:, 0] == rows[:-1, 0]
    shared = np.zeros(len(rows), dtype=np.bool_)
    shared[1:] |= again
    shared[:-1] |= again
    some = rows_where(rows, shared)
    rows[shared] = some[np.lexsort(some.T[::-1])]
    return rows


def _follow(names: _Names, scratch: Path) -> int:
    """Let names that lead to a picture stand for it too; give the rounds it took."""
    held, leads = names.held, names.leads
    fresh = held
    for number in range(MOST_LINKS):
        reached = Spill(scratch / f"reached-{number}", HELD, held.files)
        for file in range(held.files):
            ends = _Best.of(fresh.blocks(file))
            for rows in leads.blocks(file):
                led, end = ends.of_names(rows)
                reached.add(
                    np.column_stack([led[:, 2:4], end[:, QUALITY], led[:, 4], end[:, PLACE]])
                )
        fresh = _new(reached, held, scratch / f"fresh-{number}")
        if not fresh.rows:
            return number
        for rows in fresh.everything():
            held.add(rows)
    return MOST_LINKS


def _new(reached: Spill, held: Spill, path: Path) -> Spill:
    """Give what stands under names that had nothing so far, or nothing as good."""
    fresh = Spill(path, HELD, held.files)
    for file in range(held.files):
        best = _Best.of(reached.blocks(file))
        if len(best.rows):
            known = _Best.of(held.blocks(file))
            fresh.add(best.rows[best.rows[:, QUALITY] < known.qualities(best.rows)])
    reached.drop()
    return fresh


def _shards_read(located: Spill) -> list[int]:
    shards: set[int] = set()
    for rows in located.everything():
        shards |= set(np.unique(rows[:, 3]).tolist())
    return sorted(shards)


def _read_table(shards: list[int], inputs: Inputs) -> pa.Table:
    """Say what is in the files that pictures are read from: others depend on it, too."""
    crawl: Crawl = inputs.source(CRAWL.name)
    digests = [crawl.digest(shard) for shard in shards]
    return tables.build(schemas.READ, {"shard": shards, "digest": digests})


def places_of_images(inputs: Inputs, shard: int) -> NDArray[np.void]:
    """Read where the pictures stand that a shard seeks; records of PLACES, by asker."""
    return spans.read(inputs, "locate_images", "places", KIND, PLACES, shard)


def shown_elsewhere(inputs: Inputs, shard: int) -> set[tuple[int, int]]:
    """Give file and offset of the records of a shard that pages of other files show."""
    shown = spans.read(inputs, "locate_images", "shown", KIND_SHOWN, SHOWN, shard)
    return set(zip(rows_of(shown["file"]).tolist(), shown["offset"].tolist(), strict=True))
