"""Embed the images with the build's one encoder (paper §3.2).

Here, too, go images that are near one of an evaluation set, and those that a head over their
vectors finds unsafe, for here are their vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.evaluation import nearest_cosines
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.operator_files import OperatorFile, pinned_files
from realsyn_tasks.extract.scorers import (
    OF_VECTORS,
    Scorer,
    asked_models,
    scores_of,
    without_options,
)
from realsyn_tasks.models.embed import vectors_of
from realsyn_tasks.models.protocols import Encoder
from realsyn_tasks.pictures.pixels import decode, read_at

NAME = "embed_images"


class Config(StageConfig):
    """How many images the encoder sees at once, and what they must not be near to.

    Evaluation images are folders of images, which each process embeds anew, or .npy files of
    `realsyn embed` with the run's encoder; there are none unless named. Which cosine is near
    depends on the encoder.
    """

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding
    evaluation_images: tuple[OperatorFile, ...] = ()
    evaluation_cosine: float = Field(default=0.95, ge=-1.0, le=1.0)
    scorers: tuple[Scorer, ...] = ()  # heads over the vectors: cards of kind vector_scorer

    def pinned(self) -> Config:
        """Note what the files that the operator named hold now."""
        return self.model_copy(update={"evaluation_images": pinned_files(self.evaluation_images)})

    def asked_models(self) -> dict[str, tuple[str, ModelSpec]]:
        """Name the scorers' models by their places in the list."""
        return asked_models(self.scorers, OF_VECTORS)

    def resolved(self) -> Config:
        """Leave out the scorers' options, which may say how a model runs."""
        return self.model_copy(update={"scorers": without_options(self.scorers)})


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the images that stay and one vector for each, in the order of the images table."""
    images = inputs.table("filter_images", "images")
    encoder = context.model("encoder")
    vectors = _vectors(inputs, images, encoder, config, context)
    refused = _badly_scored(vectors, config, context) | _near(vectors, config, encoder)
    stay = np.array([row not in refused for row in range(len(vectors))], dtype=bool)
    kept = images.filter(pa.array(stay))
    columns = {"image_id": kept["image_id"], "embedding": vectors[stay]}
    names = images["image_id"].to_pylist()
    dropped = [
        Dropped("image", names[row], refused[row].reason, refused[row].detail)
        for row in sorted(refused)
    ]
    written = {"images": kept, "vectors": tables.build(schemas.IMAGE_VECTORS, columns)}
    return Output(tables=written, dropped=dropped)


def _near(vectors: NDArray[np.float32], config: Config, encoder: Encoder) -> dict[int, Verdict]:
    """Say by row which images are near one of an evaluation set."""
    if not config.evaluation_images:
        return {}
    near = nearest_cosines(vectors, config.evaluation_images, encoder, config.max_side)
    rows = np.flatnonzero(near >= config.evaluation_cosine).tolist()
    return {row: Verdict(reasons.EVALUATION_IMAGE, f"{near[row]:.3f}") for row in rows}


def _badly_scored(
    vectors: NDArray[np.float32], config: Config, context: Context
) -> dict[int, Verdict]:
    """Say by row which images have too high a score."""
    bad: dict[int, Verdict] = {}
    for n, scorer in enumerate(config.scorers):
        scores = scores_of(scorer.model, context.model(f"{NAME}.scorers.{n}"), vectors)
        for row, score in enumerate(scores.tolist()):
            if (verdict := scorer.verdict(score)) and row not in bad:
                bad[row] = verdict
    return bad


def _vectors(
    inputs: Inputs, images: pa.Table, encoder: Any, config: Config, context: Context
) -> NDArray[np.float32]:
    """Embed the images in their order; files are read, and decoded, ahead of the encoder."""
    vectors, done = [np.zeros((0, encoder.dim), dtype=np.float32)], 0
    with inputs.blob(holder(inputs.has), "pixels") as pixels:
        pictures = _pictures(pixels, images, config.max_side)
        with closing(vectors_of(encoder, pictures, config.batch_size)) as parts:
            for part in parts:
                vectors.append(part)
                done += len(part)
                context.progress(done, images.num_rows)
    return np.concatenate(vectors)


def _pictures(pixels: BinaryIO, images: pa.Table, side: int) -> Iterator[Callable[[], Image]]:
    for batch in images.select(["offset", "length"]).to_batches():
        for place in batch.to_pylist():
            yield partial(decode, read_at(pixels, **place), side)
