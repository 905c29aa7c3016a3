"""Measure what the search missed: exact search for a random sample of images.

Nobody publishes the recall of such a match; here every build measures its own.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors import audit, sampling, search

K = 3


class Config(StageConfig):
    """How many images are searched exactly."""

    images: int = 500


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give recall@3 with its 95 % interval, and the mean score lost; bounded by the sample."""
    sample = _sample(inputs, config.images, context.seed)
    names, exact_scores = _exact(inputs, tables.vectors_of(sample))
    found, found_scores = _found(inputs, sample["image_id"].to_pylist())
    numbers: dict[str, int] = {}
    truth, seen = _numbered(names, numbers), _numbered(found, numbers)
    recall = audit.confidence(audit.recall_at(seen, truth, K))
    lost = audit.regret(found_scores, exact_scores)
    columns = {"image_id": sample["image_id"], "found": found, "exact": names}
    return Output(
        tables={"audit": tables.build(tables.AUDIT, columns, ["image_id"])},
        measures={
            "recall_at_3": recall.mean,
            "recall_low": recall.low,
            "recall_high": recall.high,
            "regret": float(lost.mean()) if len(lost) else 0.0,
            "sampled": float(recall.count),
        },
    )


def _sample(inputs: Inputs, wanted: int, seed: int) -> pa.Table:
    """Draw the images with the smallest seeded hashes, keeping no more than wanted at a time."""
    kept = None
    for _, table in inputs.stream("corpus", "images", ["image_id", "embedding"]):
        pool = table if kept is None else pa.concat_tables([kept, table])
        hashes = sampling.hash_order(pool["image_id"].to_pylist(), seed)
        kept = pool.take(pa.array(sampling.bottom_k(hashes, wanted)))
    assert kept is not None, "a corpus has at least one shard"
    return kept.sort_by("image_id")


def _exact(inputs: Inputs, queries: np.ndarray) -> tuple[list[list[str]], np.ndarray]:
    """Search every sentence of the corpus, one shard in memory at a time."""
    best = search.TopK(len(queries), K)
    everyone, names = np.arange(len(queries)), []
    for _, table in inputs.stream("corpus", "sentences", ["sentence_id", "embedding"]):
        rows = np.arange(len(names), len(names) + table.num_rows)
        names.extend(table["sentence_id"].to_pylist())
        if table.num_rows and len(queries):
            search.visit(best, everyone, queries, tables.vectors_of(table), rows)
    ids, scores = best.result()
    return [[names[i] for i in row if i >= 0] for row in ids], scores


def _found(inputs: Inputs, images: list[str]) -> tuple[list[list[str]], np.ndarray]:
    """Give the three best candidates that the search has for each of the images."""
    wanted = pa.array(images)
    pieces = [
        table.filter(pc.is_in(table["image_id"], value_set=wanted))
        for _, table in inputs.stream(
            "search_lists", "candidates", ["image_id", "sentence_id", "score"]
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
