"""Embed the drawn pairs' pictures, and their texts that have no published score.

The vectors are of the pictures in the tars, by the encoder that the version was made with: so a
version is enough, wherever its corpus is. Scores are cosines with the pair's own picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.analyze.batches import batched
from realsyn_tasks.analyze.sources import ALT, CAPTION, COMPARED, REALISTIC, RECAPTION, SYNTHETIC
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.datasets import samples
from realsyn_tasks.models.protocols import Encoder
from realsyn_tasks.pictures.pixels import BROKEN, decode

UNSCORED = (CAPTION, ALT, RECAPTION, *COMPARED)
Vectors = NDArray[np.float32]


class Config(StageConfig):
    """How many pictures and texts the encoder sees at once."""

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one vector for each drawn picture, and one score for each text that there is."""
    drawn = inputs.table("measure_pairs", "drawn")
    keys = drawn["key"].to_pylist()
    encoder = context.model("encoder")
    vectors = _vectors(inputs, keys, config, context, encoder)
    known = [key for key in keys if key in vectors]
    rows = np.array([vectors[key] for key in known], dtype=np.float32).reshape(-1, encoder.dim)
    embedded = tables.build(schemas.PAIR_VECTORS, {"key": known, "embedding": rows})
    return Output(
        tables={"vectors": embedded, "similarities": _similarities(drawn, vectors, config, encoder)}
    )


def _vectors(
    inputs: Inputs, keys: list[str], config: Config, context: Context, encoder: Encoder
) -> dict[str, Vectors]:
    """Embed what can be decoded, by key."""
    vectors: dict[str, Vectors] = {}
    if not keys:
        return vectors
    with inputs.blob("dataset", "samples") as source:
        for batch in batched(samples.pictures(source, set(keys)), config.batch_size):
            decoded = list(_decoded(batch, config.max_side))
            found = encoder.encode_images([image for _, image in decoded])
            vectors |= zip((key for key, _ in decoded), found, strict=True)
            context.progress(len(vectors), len(keys))
    return vectors


def _decoded(batch: Sequence[tuple[str, bytes]], side: int) -> Iterator[tuple[str, Any]]:
    for key, data in batch:
        try:
            yield key, decode(data, side)
        except BROKEN:
            continue


def _similarities(
    drawn: pa.Table, vectors: dict[str, Vectors], config: Config, encoder: Encoder
) -> pa.Table:
    """Score the texts that the version has no score of; take over those that it has."""
    rows = drawn.select(["key", *UNSCORED, "realistic_scores", "synthetic_score"]).to_pylist()
    texts = [(row["key"], name, row[name]) for row in rows for name in UNSCORED if row[name]]
    known = [text for text in texts if text[0] in vectors]
    scores = [*_published(rows), *_scored(known, vectors, config, encoder)]
    return tables.from_rows(schemas.SCORES, scores, sort_by=("key", "source"))


def _published(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        scores = dict(zip(REALISTIC, row["realistic_scores"] or (), strict=False))
        for source, score in {**scores, SYNTHETIC: row["synthetic_score"]}.items():
            if score is not None:
                yield {"key": row["key"], "source": source, "score": score}


def _scored(
    texts: list[tuple[str, str, str]],
    vectors: dict[str, Vectors],
    config: Config,
    encoder: Encoder,
) -> Iterator[dict[str, Any]]:
    """Score texts with their pictures; equal texts are embedded once."""
    different = list(dict.fromkeys(text for _, _, text in texts))
    embedded: dict[str, Vectors] = {}
    for batch in batched(different, config.batch_size):
        embedded |= zip(batch, encoder.encode_texts(list(batch)), strict=True)
    for key, source, text in texts:
        score = float(vectors[key] @ embedded[text])
        yield {"key": key, "source": source, "score": round(score, 5)}
