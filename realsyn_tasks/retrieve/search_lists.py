"""Search list by list: one matrix product for all images that probe a list (paper §3.2).

Where an earlier build has searched the first shards of the corpus in the same lists, only what is
new is scored: new images with all sentences, and old images with new sentences.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Earlier, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import hubness, schemas
from realsyn_tasks.retrieve.answers import first_of_each
from realsyn_tasks.retrieve.visits import Side, Visits, padded
from realsyn_tasks.vectors import search

OF_TEXT = [
    *("sentence_id", "text", "document_id", "document_url", "licence"),
    "anaphoric",
]


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
    """Give each image's best sentences among this partition's lists, keyed by its corpus shard.

    Beside them, while hubs are penalised, every sentence's scores with its nearest images.
    """
    earlier = inputs.grown_from()
    shards = earlier.shards if earlier else 0
    texts = _with_age(inputs, "assign_sentences", "sentences", "sentence_id", shards)
    sentences = first_of_each(texts)
    probes = _with_age(inputs, "probe_images", "probes", "image_id", shards)
    if not (sentences.num_rows and probes.num_rows):
        empty = {"candidates": schemas.CANDIDATES, "nearest": schemas.NEAREST_IMAGES}
        return Output(tables={name: schema.empty_table() for name, schema in empty.items()})
    visits = Visits(_images(probes), _sentences(sentences))
    best = search.TopK(probes.num_rows, config.candidates)
    nearest = hubness.no_scores(sentences.num_rows, config.hub_images)
    if earlier:
        _remember(best, earlier, probes, sentences)
        nearest = _remembered_scores(nearest, earlier, sentences)
    _search(best, visits)
    if config.hub_penalty:
        nearest = hubness.nearest_scores(visits, nearest)
    penalty = (config.hub_penalty * hubness.means(nearest)).astype(np.float32)
    scored = visits.scored_pairs() * (2 if config.hub_penalty else 1)
    return Output(
        tables={
            "candidates": _candidates(probes, sentences, best, penalty),
            "nearest": hubness.table(sentences, nearest),
        },
        cost={"scored_pairs": float(scored), "reused_shards": float(shards)},
    )


def _with_age(inputs: Inputs, stage: str, name: str, key: str, shards: int) -> pa.Table:
    """Read a keyed table, sorted by key and then shard of the corpus.

    A column tells which rows an earlier build had.
    """
    pieces = [
        piece.append_column(
            "old", pa.array(np.full(piece.num_rows, number < shards))
        ).append_column("from", pa.array(np.full(piece.num_rows, number, dtype=np.int32)))
        for number, piece in inputs.stream(stage, name)
    ]
    return tables.ordered(pa.concat_tables(pieces), [key, "from"])


def _images(probes: pa.Table) -> Side:
    lists = padded(probes["lists"].to_pylist())
    return Side(tables.vectors_of(probes), lists, probes["old"].to_numpy())


def _sentences(sentences: pa.Table) -> Side:
    lists = sentences["list_id"].to_numpy()[:, None]
    return Side(tables.vectors_of(sentences), lists, sentences["old"].to_numpy())


def _search(best: search.TopK, visits: Visits) -> None:
    """Search what has yet to meet, on top of what is known."""
    images, sentences = visits.images, visits.sentences
    for queries, base in visits.parts():
        whole = len(base) == len(sentences.vectors)  # then there is no need of a copy
        rows, scores = search.search_lists(
            images.vectors[queries],
            images.lists[queries],
            sentences.vectors if whole else sentences.vectors[base],
            sentences.lists[base, 0],
            best.k,
        )
        place, slot = np.nonzero(rows >= 0)
        best.update(queries[place], base[rows[place, slot]], scores[place, slot])


def _remember(best: search.TopK, earlier: Earlier, probes: pa.Table, sentences: pa.Table) -> None:
    """Offer the candidates that the earlier build found."""
    known = earlier.tables["candidates"]
    best.update(
        _rows_of(known["image_id"], probes["image_id"]),
        _rows_of(known["sentence_id"], sentences["sentence_id"]),
        known["score"].to_numpy(),
    )


def _remembered_scores(nearest: np.ndarray, earlier: Earlier, sentences: pa.Table) -> np.ndarray:
    known = earlier.tables["nearest"]
    rows = _rows_of(known["sentence_id"], sentences["sentence_id"])
    return hubness.with_known(nearest, known, rows)


def _rows_of(ids: pa.ChunkedArray, among: pa.ChunkedArray) -> np.ndarray:
    rows: np.ndarray = pc.index_in(ids, value_set=among.combine_chunks()).to_numpy()
    return rows.astype(np.int64)


def _candidates(
    probes: pa.Table, sentences: pa.Table, best: search.TopK, penalty: np.ndarray
) -> pa.Table:
    rows, scores = best.result()
    image, slot = np.nonzero(rows >= 0)
    matched = pa.array(rows[image, slot])
    chosen = pa.array(image)
    columns = {
        tables.PARTITION: probes["shard"].take(chosen),
        "image_id": probes["image_id"].take(chosen),
        "rank": (slot + 1).astype(np.int32),
        **{name: sentences[name].take(matched) for name in OF_TEXT},
        "score": scores[image, slot],
        "adjusted": scores[image, slot] - penalty[rows[image, slot]],
    }
    return tables.build(schemas.CANDIDATES, columns, ["image_id", "rank"])
