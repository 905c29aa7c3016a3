"""Find the sentences that are near too many images, and how near an image must be to get one.

A hub as the text of thousands of images teaches a model that the text means nothing. Unstated in
the paper. A sentence that more images than the cap have among their candidates stays one of those
that are most similar to it; the others' next best moves up. So no sentence serves more images
than the cap, whatever the shards and partitions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors.sampling import hash_order

COLUMNS = ["image_id", "sentence_id", "score"]
MOST_BUCKETS = 1 << 28  # counters of 4 bytes


class Config(StageConfig):
    """How many images a sentence may serve; no bound if null.

    The 100 most used sentences then serve no more than 100 times as many of a dataset's images.
    """

    max_images_per_sentence: int | None = Field(default=100, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one row for each sentence over the cap: the last of the images that may have it.

    Memory: a counter for every eighth of the cap's candidates, at most 1 GB, and the candidates
    in buckets that hold more of them than the cap.
    """
    hubs = tables.HUBS.empty_table()
    if config.max_images_per_sentence is not None:
        hubs = _hubs(_crowded(inputs, config.max_images_per_sentence), config)
    served = len(hubs) * (config.max_images_per_sentence or 0)
    refused = (pc.sum(hubs["images"]).as_py() or 0) - served
    return Output(
        tables={"hubs": hubs}, measures={"hubs": float(len(hubs)), "refused": float(refused)}
    )


def _crowded(inputs: Inputs, cap: int) -> pa.Table:
    """Collect the candidates whose sentence shares a bucket with more of them than the cap."""
    total = sum(piece.num_rows for piece in _stream(inputs, ["sentence_id"]))
    buckets = min(MOST_BUCKETS, 1 << max(10, (8 * total // cap).bit_length()))
    counts = np.zeros(buckets, dtype=np.uint32)
    for piece in _stream(inputs, ["sentence_id"]):
        counts += np.bincount(_bucket(piece, buckets), minlength=buckets).astype(np.uint32)
    parts = [
        piece.filter(pa.array(counts[_bucket(piece, buckets)] > cap))
        for piece in _stream(inputs, COLUMNS)
    ]
    return pa.concat_tables(parts)


def _stream(inputs: Inputs, columns: list[str]) -> Iterator[pa.Table]:
    for _, piece in inputs.stream("pool_candidates", "candidates", columns):
        yield piece


def _bucket(piece: pa.Table, buckets: int) -> np.ndarray:
    hashes = hash_order(piece["sentence_id"].to_pylist(), seed=0)
    return (hashes % np.uint64(buckets)).astype(np.int64)


def _hubs(crowded: pa.Table, config: Config) -> pa.Table:
    cap = config.max_images_per_sentence or 0
    counts = crowded.group_by("sentence_id").aggregate([("image_id", "count")])
    over = counts.filter(pc.greater(counts["image_id_count"], cap)).sort_by("sentence_id")
    claims = crowded.filter(pc.is_in(crowded["sentence_id"], over["sentence_id"].combine_chunks()))
    order = [("sentence_id", "ascending"), ("score", "descending"), ("image_id", "ascending")]
    claims = claims.sort_by(order)
    sizes = over["image_id_count"].to_numpy()
    last = claims.take(pa.array(np.cumsum(sizes) - sizes + cap - 1, type=pa.int64()))
    columns = {
        "sentence_id": over["sentence_id"],
        "images": sizes,
        "last_score": last["score"],
        "last_image": last["image_id"],
    }
    return tables.build(tables.HUBS, columns)
