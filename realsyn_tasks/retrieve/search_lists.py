"""Search list by list: one matrix product for all images that probe a list (paper §3.2)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors import search


class Config(StageConfig):
    """How many candidates each partition gives an image, and how hubs fare.

    More candidates than the three that are kept, so that near-identical texts can be passed over.
    A hub is a sentence that lies near very many images, as some do in every space of many
    dimensions. Unstated in the paper; from each score the penalty takes this share of the
    sentence's mean score with its nearest images (1 and all candidates would be twice as much as
    CSLS takes, arXiv 1710.04087).
    """

    candidates: int = Field(default=12, ge=3)
    hub_penalty: float = Field(default=0.0, ge=0.0)
    hub_images: int = Field(default=10, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's best sentences among this partition's lists, keyed by its corpus shard."""
    sentences = inputs.table("assign_sentences", "sentences").sort_by("sentence_id")
    probes = inputs.table("probe_images", "probes").sort_by("image_id")
    if not (sentences.num_rows and probes.num_rows):
        return Output(tables={"candidates": tables.CANDIDATES.empty_table()})
    images, texts = tables.vectors_of(probes), tables.vectors_of(sentences)
    visits, lists = _padded(probes["lists"].to_pylist()), sentences["list_id"].to_numpy()
    rows, scores = search.search_lists(images, visits, texts, lists, config.candidates)
    penalty = np.zeros(len(texts), dtype=np.float32)
    if config.hub_penalty:
        found = np.unique(rows[rows >= 0])
        near = _hubness(images, visits, texts[found], lists[found], config.hub_images)
        penalty[found] = config.hub_penalty * near
    return Output(tables={"candidates": _candidates(probes, sentences, rows, scores, penalty)})


def _hubness(
    images: np.ndarray, visits: np.ndarray, texts: np.ndarray, lists: np.ndarray, nearest: int
) -> np.ndarray:
    """Give each text's mean score with the nearest of the images that visit its list; (n,) float32.

    A text is in one list, and all visitors of a list are in this partition: nothing is missing.
    """
    image, slot = np.nonzero(visits >= 0)
    visitors = images[image]
    _, scores = search.search_lists(texts, lists[:, None], visitors, visits[image, slot], nearest)
    there = np.isfinite(scores)
    sums = np.where(there, scores, 0).sum(axis=1)
    return (sums / np.maximum(there.sum(axis=1), 1)).astype(np.float32)


def _padded(lists: list[list[int]]) -> np.ndarray:
    """Make one (n, most) int32 array of the lists, -1 where there is none."""
    padded = np.full((len(lists), max(map(len, lists))), -1, dtype=np.int32)
    for row, numbers in zip(padded, lists, strict=True):
        row[: len(numbers)] = numbers
    return padded


def _candidates(
    probes: pa.Table,
    sentences: pa.Table,
    rows: np.ndarray,
    scores: np.ndarray,
    penalty: np.ndarray,
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
        "adjusted": scores[image, slot] - penalty[rows[image, slot]],
    }
    return tables.build(tables.CANDIDATES, columns, ["image_id", "rank"])
