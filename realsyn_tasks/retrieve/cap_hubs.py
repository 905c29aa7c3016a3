"""Keep any sentence from serving more images than the cap.

A hub as the text of thousands of images teaches a model that the text means nothing. Unstated in
the paper. Each image asks for the first of its choices; a sentence that more images ask for than
the cap keeps those that are most similar to it; the others ask for their next best, until no
sentence is asked too much. That is deferred acceptance (Gale and Shapley 1962): its outcome is the
best for the images of all in which nobody could do better by a text that has room, and depends on
no order, shard or partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.spill import Spill
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.limits import COLUMNS, Limits, taken
from realsyn_tasks.retrieve.pool import last_pool
from realsyn_tasks.retrieve.truth import K

COUNTERS = 1 << 26


class Config(StageConfig):
    """How many images a sentence may serve; no bound if null.

    The 100 most used sentences then serve no more than 100 times as many of a dataset's images.
    """

    max_images_per_sentence: int | None = Field(default=100, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each sentence that is full: the last of the images that may have it.

    Memory: 256 MB of counters, the full sentences (at most one for each `cap` requests), and one
    part of the requests for sentences that share a counter with too many; they wait on disk. Reads
    the candidates twice a round.
    """
    cap = config.max_images_per_sentence
    hubs, rounds, refused = schemas.HUBS.empty_table(), 0, 0
    counts = np.zeros(COUNTERS if cap is not None else 0, dtype=np.uint32)
    while cap is not None:
        over = _overfull(inputs, Limits.of(hubs), cap, counts, context.scratch / str(rounds))
        if not over.num_rows:
            break
        rounds += 1
        refused += pc.sum(over["images"]).as_py() - cap * over.num_rows
        old = hubs.filter(pc.invert(pc.is_in(hubs["key"], value_set=over["key"])))
        hubs = tables.ordered(pa.concat_tables([old, over]), ["key"])
    measures = {"hubs": hubs.num_rows, "rounds": rounds, "refused": refused}
    return Output(
        tables={"hubs": hubs},
        measures={name: float(value) for name, value in measures.items()},
    )


def _overfull(
    inputs: Inputs, known: Limits, cap: int, counts: NDArray[np.uint32], folder: Path
) -> pa.Table:
    """Find the sentences that more images ask for than the cap, and whom each keeps.

    Sentences are counted by some bits of their keys first: a counter that is not above the cap is
    of sentences that are not either.
    """
    counts.fill(0)
    for piece in _requests(inputs, known, COLUMNS):
        np.add.at(counts, _counter(piece), 1)
    crowded = Spill(folder, "key")
    for piece in _requests(inputs, known, [*COLUMNS, "sentence_id"]):
        crowded.add(piece.filter(pa.array(counts[_counter(piece)] > cap)))
    return pa.concat_tables(_over(part, cap) for part in crowded.parts())


def _requests(inputs: Inputs, known: Limits, columns: list[str]) -> Iterator[pa.Table]:
    """Give what the images of each shard ask for under the limits known so far."""
    for _, piece in inputs.stream(last_pool(inputs), "candidates", columns):
        yield tables.taken(piece, taken(piece, known, K)).drop_columns(["choice"])


def _counter(piece: pa.Table) -> NDArray[np.int64]:
    numbers: NDArray[np.uint64] = piece["key"].to_numpy() % np.uint64(COUNTERS)
    return numbers.astype(np.int64)


def _over(requests: pa.Table, cap: int) -> pa.Table:
    """Find the sentences with more requests than the cap, and the last image that each keeps."""
    counts = requests.group_by("key").aggregate([("image_id", "count")])
    over = tables.ordered(counts.filter(pc.greater(counts["image_id_count"], cap)), ["key"])
    mine = requests.filter(pc.is_in(requests["key"], value_set=over["key"]))
    mine = tables.ordered(mine, ["key", ("score", "descending"), "image_id"])
    sizes = over["image_id_count"].to_numpy()
    last = tables.taken(mine, np.cumsum(sizes) - sizes + cap - 1)
    columns = {
        "key": last["key"],
        "sentence_id": last["sentence_id"],
        "images": sizes,
        "last_score": last["score"],
        "last_image": last["image_id"],
    }
    return tables.build(schemas.HUBS, columns)
