"""Let matches go that are less likely to fit than the build asks for.

By the estimate that fit_relevance made or, where a build names a judge, by a vision-language model
that looks at the picture and reads the text: then what the estimate leaves is judged, best first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.pictures.pixels import decode, read_at
from realsyn_tasks.retrieve import fit_relevance, likelihood, schemas
from realsyn_tasks.retrieve.pool import last_pool

KIND = "judge"


class PictureJudge(StageConfig):
    """Which model judges, what it looks at, and how sure it has to be that a text fits."""

    model: str  # a card, or a judge that this deployment has
    options: dict[str, Any] = Field(default_factory=dict)
    candidates: int = Field(default=3, ge=1)  # of an image, best first; others go
    min_fit: float = Field(default=0.5, ge=0, le=1)
    batch_size: int = Field(default=64, ge=1)  # pairs given to the model at once
    max_side: int = Field(default=640, ge=32)  # px; larger pictures are scaled down


class Config(StageConfig):
    """Whether pictures are looked at; estimates and their threshold are fit_relevance's."""

    judge: PictureJudge | None = None  # null: the estimates alone

    def asked_models(self) -> Mapping[str, tuple[str, ModelSpec]]:
        """Name the judge, if there is one."""
        if self.judge is None:
            return {}
        return {KIND: (KIND, ModelSpec(name=self.judge.model, options=self.judge.options))}


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the candidates with their `relevance`; the choice of those below the threshold is 0.

    Near-copies, which are no choice anyway, are not judged.
    """
    pool = last_pool(inputs, before="judge_candidates")
    candidates = _estimated(inputs, inputs.table(pool, "candidates"))
    if config.judge and candidates.num_rows:
        candidates = _judged(inputs, candidates, config.judge, context)
    return Output(tables={"candidates": candidates})


def _estimated(inputs: Inputs, candidates: pa.Table) -> pa.Table:
    fit, threshold = inputs.of_fit("fit_relevance", "relevance", fit_relevance.read)
    if fit is None or not candidates.num_rows:
        return candidates
    estimates = fit.of(likelihood.features(candidates))
    kept = estimates >= np.float32(threshold or 0.0)
    none = candidates["choice"].to_numpy() == 0
    return _with(candidates, pa.array(estimates, mask=none), kept)


def _judged(
    inputs: Inputs, candidates: pa.Table, judge: PictureJudge, context: Context
) -> pa.Table:
    """Let the judge have the word on those that are left; the others keep their estimates."""
    best = _best(candidates, judge.candidates)
    read = np.flatnonzero(best)
    fits = np.zeros(candidates.num_rows, dtype=np.float32)
    pictures = Pictures(inputs, judge.max_side)
    model = context.model(f"judge_candidates.{KIND}")
    for start in range(0, len(read), judge.batch_size):
        rows = read[start : start + judge.batch_size]
        names = chunks.taken_column(candidates["image_id"], rows).to_pylist()
        texts = chunks.taken_column(candidates["text"], rows).to_pylist()
        shown = pictures.of(names)
        fits[rows] = model.judge(list(zip(shown, texts, strict=True)))
        context.progress(start + len(rows), len(read))
    relevance = pc.if_else(pa.array(best), pa.array(fits), candidates["relevance"])
    return _with(candidates, relevance, best & (fits >= np.float32(judge.min_fit)))


def _best(candidates: pa.Table, most: int) -> NDArray[np.bool_]:
    """Say which candidates are among the first choices of their images that are left."""
    choices = candidates["choice"].to_numpy()
    images = chunks.codes_of(candidates["image_id"])
    rows = np.flatnonzero(choices > 0)
    order = rows[np.lexsort((choices[rows], images[rows]))]
    same = images[order]
    rank = np.arange(len(order)) - np.searchsorted(same, same)
    best = np.zeros(len(choices), dtype=bool)
    best[order[rank < most]] = True
    return best


class Pictures:
    """The pictures of a shard's images, decoded when they are asked for."""

    def __init__(self, inputs: Inputs, max_side: int) -> None:
        images = inputs.table("corpus", "images", ["image_id", "offset", "length"])
        self._spans = {row.pop("image_id"): row for row in images.to_pylist()}
        self._inputs, self._max_side = inputs, max_side

    def of(self, names: Sequence[str]) -> list[Image]:
        """Give the picture of each image, decoded once where it is asked for again."""
        with self._inputs.blob("corpus", "pixels") as pixels:
            shown = {
                name: decode(read_at(pixels, **self._spans[name]), self._max_side)
                for name in dict.fromkeys(names)
            }
        return [shown[name] for name in names]


def _with(
    candidates: pa.Table, relevance: pa.Array | pa.ChunkedArray, kept: NDArray[np.bool_]
) -> pa.Table:
    columns = {name: candidates[name] for name in candidates.column_names}
    columns["relevance"] = relevance
    columns["choice"] = np.where(kept, candidates["choice"].to_numpy(), 0)
    return tables.build(schemas.POOL, columns)
