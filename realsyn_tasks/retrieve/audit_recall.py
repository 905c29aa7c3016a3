"""Measure what the search missed: exact search for a random sample of images.

Nobody publishes the recall of such a match; here every build measures its own, on images that the
number of probes was not chosen by.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.truth import Half, K, draw, nearest_sentences
from realsyn_tasks.vectors import audit


class Config(StageConfig):
    """How many images are searched exactly."""

    images: int = Field(default=1000, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give recall@3 with its 95 % interval, and the mean score lost; bounded by the sample."""
    sample = draw(inputs, config.images, context.seed, Half.AUDIT)
    exact = nearest_sentences(inputs, tables.vectors_of(sample))
    found, found_scores = _found(inputs, sample["image_id"].to_pylist())
    numbers: dict[str, int] = {}
    truth, seen = _numbered(exact.ids, numbers), _numbered(found, numbers)
    recall = audit.confidence(audit.recall_at(seen, truth, K))
    lost = audit.regret(found_scores, exact.scores)
    columns = {"image_id": sample["image_id"], "found": found, "exact": exact.ids}
    return Output(
        tables={"audit": tables.build(schemas.AUDIT, columns, ["image_id"])},
        measures={
            "recall_at_3": recall.mean,
            "recall_low": recall.low,
            "recall_high": recall.high,
            "regret": float(lost.mean()) if len(lost) else 0.0,
            "sampled": float(recall.count),
        },
    )


def _found(inputs: Inputs, images: list[str]) -> tuple[list[list[str]], np.ndarray]:
    """Give the three best candidates that the search has for each of the images."""
    wanted = pa.array(images)
    pieces = [
        table.filter(pc.is_in(table["image_id"], value_set=wanted))
        for _, table in inputs.stream(
            "pool_candidates", "candidates", ["image_id", "sentence_id", "score"]
        )
    ]
    rows = pa.concat_tables(pieces).to_pylist()
    rows.sort(key=lambda row: (-row["score"], row["sentence_id"]))
    found: dict[str, list[tuple[str, float]]] = {image: [] for image in images}
    for row in rows:
        if len(found[row["image_id"]]) < K:
            found[row["image_id"]].append((row["sentence_id"], row["score"]))
    scores = np.full((len(images), K), -np.inf, dtype=np.float32)
    for position, image in enumerate(images):
        for slot, (_, score) in enumerate(found[image]):
            scores[position, slot] = score
    return [[name for name, _ in found[image]] for image in images], scores


def _numbered(rows: list[list[str]], numbers: dict[str, int]) -> np.ndarray:
    """Turn names into (n, 3) numbers, -1 where there is none."""
    array = np.full((len(rows), K), -1, dtype=np.int64)
    for position, names in enumerate(rows):
        for slot, name in enumerate(names[:K]):
            array[position, slot] = numbers.setdefault(name, len(numbers))
    return array
