"""Search list by list: one matrix product for all images that probe a list (paper §3.2)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors import search


class Config(StageConfig):
    """How many candidates each partition gives an image.

    More than the three that are kept, so that near-identical texts can be passed over.
    """

    candidates: int = 12


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's best sentences among this partition's lists, keyed by its corpus shard."""
    sentences = inputs.table("assign_sentences", "sentences").sort_by("sentence_id")
    probes = inputs.table("probe_images", "probes").sort_by("image_id")
    if not (sentences.num_rows and probes.num_rows):
        return Output(tables={"candidates": tables.CANDIDATES.empty_table()})
    rows, scores = search.search_lists(
        tables.vectors_of(probes),
        _padded(probes["lists"].to_pylist()),
        tables.vectors_of(sentences),
        sentences["list_id"].to_numpy(),
        config.candidates,
    )
    return Output(tables={"candidates": _candidates(probes, sentences, rows, scores)})


def _padded(lists: list[list[int]]) -> np.ndarray:
    """Make one (n, most) int32 array of the lists, -1 where there is none."""
    padded = np.full((len(lists), max(map(len, lists))), -1, dtype=np.int32)
    for row, numbers in zip(padded, lists, strict=True):
        row[: len(numbers)] = numbers
    return padded


def _candidates(
    probes: pa.Table, sentences: pa.Table, rows: np.ndarray, scores: np.ndarray
) -> pa.Table:
    image, slot = np.nonzero(rows >= 0)
    found = pa.array(rows[image, slot])
    chosen = pa.array(image)
    columns = {
        tables.PARTITION: probes["shard"].take(chosen),
        "image_id": probes["image_id"].take(chosen),
        "rank": (slot + 1).astype(np.int32),
        "sentence_id": sentences["sentence_id"].take(found),
        "text": sentences["text"].take(found),
        "document_url": sentences["document_url"].take(found),
        "score": scores[image, slot],
    }
    return tables.build(tables.CANDIDATES, columns, ["image_id", "rank"])
