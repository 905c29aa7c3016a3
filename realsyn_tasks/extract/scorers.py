"""Scores of pictures by a model that the operator names, such as one that tells what is unsafe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.extract.reasons import NSFW, REASONS, SCORED
from realsyn_tasks.models.protocols import ImageScorer, VectorScorer

KIND, OF_VECTORS = "image_scorer", "vector_scorer"


class Scorer(BaseModel):
    """Which model scores, and above which score an image is dropped, with which reason.

    `model` is the name of a card or of an image scorer that this deployment has. A class of yours
    is named in the deployment, not here: see realsyn_tasks/models/deployment.py. The threshold
    belongs to the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    options: dict[str, Any] = Field(default_factory=dict)
    max_score: float
    reason: str = NSFW.code

    @field_validator("reason")
    @classmethod
    def _known(cls, code: str) -> str:
        known = [reason.code for reason in SCORED]
        if code not in known:
            raise ValueError(f"no scorer gives the reason {code!r}; known: {', '.join(known)}")
        return code

    def asked(self, kind: str = KIND) -> tuple[str, ModelSpec]:
        """Give the kind and name of the model."""
        return kind, ModelSpec(name=self.model, options=self.options)

    def verdict(self, score: float) -> Verdict | None:
        """Say why a picture goes; what is not a number is too high."""
        if score <= self.max_score:
            return None
        return Verdict(REASONS[self.reason], f"score {score:.3f}")


def asked_models(scorers: Sequence[Scorer], kind: str) -> dict[str, tuple[str, ModelSpec]]:
    """Name the models of a list of scorers by their places in it."""
    return {f"scorers.{n}": scorer.asked(kind) for n, scorer in enumerate(scorers)}


def without_options(scorers: Sequence[Scorer]) -> tuple[Scorer, ...]:
    """Leave out the options, which may say how a model runs."""
    return tuple(scorer.model_copy(update={"options": {}}) for scorer in scorers)


def scores_of(
    name: str, scorer: ImageScorer | VectorScorer, pictures: Sequence[Any] | NDArray[np.float32]
) -> NDArray[np.float64]:
    """Score pictures, or their vectors (n, dim); (n,) float64.

    Raises ConfigError where there is not one score for each.
    """
    score: Any = scorer
    scores = np.asarray(score(pictures), dtype=np.float64)
    if scores.shape != (len(pictures),):
        raise ConfigError(
            f"scorer {name} gave an array of shape {scores.shape} for {len(pictures)}"
            " pictures; it must give one score for each"
        )
    return scores
