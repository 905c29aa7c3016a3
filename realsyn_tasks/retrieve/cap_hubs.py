"""Keep any sentence from serving more images than the cap.

A hub as the text of thousands of images teaches a model that the text means nothing. Unstated in
the paper. Each image asks for the first of its choices; a sentence that more images ask for than
the cap keeps those that are most similar to it; the others ask for their next best, until no
sentence is asked too much. That is deferred acceptance (Gale and Shapley 1962): its outcome is the
best for the images of all in which nobody could do better by a text that has room, and depends on
no order, shard or partition.

Candidates are read once. What is asked waits on disk by sentence; a round goes through the files
that have got requests, and the images that it refuses ask again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, Piece, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.limits import COLUMNS, Limits, positions, taken
from realsyn_tasks.retrieve.pool import last_pool
from realsyn_tasks.retrieve.truth import K
from realsyn_tasks.retrieve.wishes import IMAGE, KEY, SCORE, Wishes, requests, scores_of
from realsyn_tasks.vectors.components import Numbers, Spill, files_for

_FULL = pa.schema(
    [
        ("key", pa.uint64()),
        ("images", pa.int64()),
        ("last_score", pa.float32()),
        ("last_image", pa.string()),
        ("image", pa.uint64()),  # the number of the last
    ]
)


class Config(StageConfig):
    """How many images a sentence may serve; no bound if null.

    The 100 most used sentences then serve no more than 100 times as many of a dataset's images.
    """

    max_images_per_sentence: int | None = Field(default=100, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each sentence that is full: the last of the images that may have it.

    Memory: the full sentences (at most one for each `cap` requests), a few blocks of rows of
    numbers, and the choices of some thousand images. Disk: 12 bytes a choice, 24 a request, and 44
    an image, some 260 for each with twelve choices.
    """
    cap = config.max_images_per_sentence
    hubs, rounds, refused = _FULL.empty_table(), 0, 0
    pieces = inputs.pieces(last_pool(inputs), "candidates")
    market = Market.of(pieces, cap, context.scratch) if cap is not None else None
    while market and (over := market.settle()).num_rows:
        rounds += 1
        refused += pc.sum(over["images"]).as_py() - market.cap * over.num_rows
        before = Limits.of(hubs)
        old = hubs.filter(pc.invert(pc.is_in(hubs["key"], value_set=over["key"])))
        hubs = tables.ordered(pa.concat_tables([old, over]), ["key"])
        market.ask_again(before, Limits.of(hubs))
    ids = _ids_of(hubs, pieces, market.wishes.ends if market else [])
    columns = {name: hubs[name] for name in _FULL.names} | {"sentence_id": ids}
    measures = {"hubs": hubs.num_rows, "rounds": rounds, "refused": refused}
    return Output(
        tables={"hubs": tables.build(schemas.HUBS, columns)},
        measures={name: float(value) for name, value in measures.items()},
    )


class Market:
    """Who asks for what, between rounds: what images may choose, and requests by sentence."""

    def __init__(self, wishes: Wishes, asking: Spill, cap: int, folder: Path) -> None:
        self.wishes, self.cap = wishes, cap
        self._asking, self._folder = asking, folder
        self._changed = set(range(asking.files))  # files with requests that were not looked at
        self._refused = self._nobody()

    @staticmethod
    def of(pieces: list[Piece], cap: int, folder: Path) -> Market:
        """Read the candidates of all images; each asks for the first of its choices."""
        wishes = Wishes(folder / "wishes")
        files = files_for(sum(piece.rows for piece in pieces))
        asking = Spill(folder / "asking", 3, files)
        for piece in pieces:
            asking.add(wishes.add(piece.read(COLUMNS), K))
        return Market(wishes, asking, cap, folder)

    def _nobody(self) -> Spill:
        count = max(1, self.wishes.ends[-1])

        def file_of(images: Numbers) -> np.ndarray:
            return images.astype(np.int64) * self._asking.files // count

        return Spill(self._folder / "refused", 1, self._asking.files, file_of)

    def settle(self) -> pa.Table:
        """Give the sentences that more images ask for than the cap, and whom each keeps."""
        found = [np.zeros((0, 4), np.uint64), *map(self._settle, sorted(self._changed))]
        last = np.concatenate(found)
        columns = {
            "key": last[:, KEY],
            "images": last[:, 3].astype(np.int64),
            "last_score": scores_of(last),
            "last_image": self.wishes.names(last[:, IMAGE]),
            "image": last[:, IMAGE],
        }
        return tables.build(_FULL, columns)

    def _settle(self, file: int) -> Numbers:
        """Take what is refused out of a file; give the last that is kept, and how many asked."""
        kept, gone = np.zeros((0, 3), np.uint64), [np.zeros(0, np.uint64)]
        for rows in self._asking.blocks(file):
            kept, refused = nearest(np.concatenate([kept, rows]), self.cap, self.wishes)
            gone.append(refused[:, KEY])
            self._refused.add(refused[:, [IMAGE]])
        over, counts = np.unique(np.concatenate(gone), return_counts=True)
        if len(over):
            self._asking.replace(file, kept)
        mine = in_order(kept[np.isin(kept[:, KEY], over)], self.cap, self.wishes)
        last = mine[self.cap - 1 :: self.cap]
        return np.column_stack([last, counts.astype(np.uint64) + np.uint64(self.cap)])

    def ask_again(self, before: Limits, now: Limits) -> None:
        """Let images that were refused ask for what they may have by the limits of now."""
        self._changed = set()
        for file in range(self._refused.files):
            for images, choices in self.wishes.of(np.unique(self._refused.whole(file))):
                asked, wanted = (taken(choices, limits, K) for limits in (before, now))
                self._ask(images, choices, np.setdiff1d(wanted, asked))
        self._refused.drop()

    def _ask(self, images: Numbers, choices: pa.Table, rows: np.ndarray) -> None:
        keys, scores = (choices[name].to_numpy()[rows] for name in ("key", "score"))
        self._asking.add(requests(keys, images[rows], scores))
        self._changed |= set(self._asking.place(keys).tolist())


def nearest(rows: Numbers, cap: int, wishes: Wishes) -> tuple[Numbers, Numbers]:
    """Split requests into those that sentences keep, at most `cap` each, and the others."""
    keys, counts = np.unique(rows[:, KEY], return_counts=True)
    crowded = np.isin(rows[:, KEY], keys[counts > cap])
    mine = in_order(rows[crowded], cap, wishes)
    near = positions(mine[:, KEY]) <= cap
    return np.concatenate([rows[~crowded], mine[near]]), mine[~near]


def in_order(rows: Numbers, cap: int, wishes: Wishes) -> Numbers:
    """Sort requests by sentence, the best first; of those that tie, ids tell who is the cap-th."""
    rows = rows[np.lexsort((_nearness(rows), rows[:, KEY]))]
    columns = rows[:, KEY], _nearness(rows)
    new = np.logical_or(*(np.diff(column, prepend=~column[:1]) != 0 for column in columns))
    ties = np.cumsum(new) - 1
    last = ties[positions(rows[:, KEY]) == cap]
    tied = np.flatnonzero(np.isin(ties, last[np.bincount(ties)[last] > 1]))
    names = np.array(wishes.names(rows[tied, IMAGE]).to_pylist(), dtype=object)
    _, ranks = np.unique(names, return_inverse=True)
    rows[tied] = rows[tied[np.lexsort((rows[tied, IMAGE], ranks, ties[tied]))]]
    return rows


def _nearness(rows: Numbers) -> Numbers:
    return rows[:, SCORE] >> np.uint64(32)


def _ids_of(hubs: pa.Table, pieces: list[Piece], ends: list[int]) -> pa.ChunkedArray:
    """Give the ids of full sentences, out of the candidates of images that may have them.

    A piece is of the images from one of the `ends` to the next. Each that has to be read for some
    sentence tells the ids of all others that it knows, so that few are read.
    """
    keys, lacking = hubs["key"].to_numpy(), np.ones(hubs.num_rows, dtype=bool)
    known = np.searchsorted(ends, hubs["image"].to_numpy(), side="right") - 1
    found, order = list[pa.Array](), [np.zeros(0, np.int64)]
    for number in np.unique(known).tolist():
        if lacking[known == number].any():
            table = pieces[number].read(["key", "sentence_id"])
            sought = np.flatnonzero(lacking)
            rows = pc.index_in(pa.array(keys[sought]), value_set=table["key"])
            here = sought[rows.is_valid().to_numpy(zero_copy_only=False)]
            found += chunks.taken_column(table["sentence_id"], rows.drop_null()).chunks
            order.append(here)
            lacking[here] = False
    names = pa.chunked_array(found, pa.string())
    return chunks.taken_column(names, np.argsort(np.concatenate(order)))
