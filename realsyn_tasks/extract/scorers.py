"""Scores of pictures by a model that the operator names, such as one that tells what is unsafe."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator

from realsyn_tasks import models
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.extract.reasons import NSFW, SCORED
from realsyn_tasks.models.protocols import ImageScorer


class Scorer(BaseModel):
    """Which model scores, and above which score an image is dropped, with which reason.

    `model` is the name of an image scorer that comes with the project, or the import path of a
    class or function of yours ("package.module:Name") that gives one when called with `options`:
    see ImageScorer in realsyn_tasks/models/protocols.py. The threshold belongs to the model.
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


def scores_of(scorer: Scorer, pictures: Sequence[Image.Image]) -> np.ndarray:
    """Score pictures, (n,) float64. Raises ConfigError for a model that does not load or fit."""
    found = np.asarray(_load(scorer.model_dump_json())(pictures), dtype=np.float64)
    if found.shape != (len(pictures),):
        raise ConfigError(
            f"scorer {scorer.model} gave an array of shape {found.shape} for {len(pictures)}"
            " pictures; it must give one score for each"
        )
    return found


@lru_cache(maxsize=4)
def _load(text: str) -> ImageScorer:
    scorer = Scorer.model_validate_json(text)
    if ":" not in scorer.model:
        spec = models.ModelSpec(name=scorer.model, options=scorer.options)
        return cast(ImageScorer, models.load("image_scorer", spec, cache_folder()))
    module, _, name = scorer.model.partition(":")
    try:
        factory = getattr(importlib.import_module(module), name)
        return cast(ImageScorer, factory(**scorer.options))
    except (ImportError, AttributeError, TypeError) as error:
        raise ConfigError(
            f"scorer {scorer.model} cannot be made with options {scorer.options}: {error}"
        ) from error
