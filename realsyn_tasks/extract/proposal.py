"""Proposes the section `stages` of a model's card, from a person's examples."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.extract import calibration
from realsyn_tasks.models.embed import read_images, read_lines

KINDS = ("encoder", "perplexity_model", "image_scorer")


def require_kind(kind: str) -> None:
    """Raise ConfigError for a kind that has no thresholds."""
    if kind not in KINDS:
        raise ConfigError(f"there are no thresholds for a {kind}; choose one of {', '.join(KINDS)}")


def propose(
    kind: str,
    model: Any,
    images: Path | None,
    texts: Path | None,
    drop_rate: float = calibration.COINCIDENCES,
    name: str = "",
) -> dict[str, Any]:
    """Measure a model on a folder of different images and a file of good sentences, one a line.

    For an image scorer, which settings name by `name`, the images are such as are wanted.
    Gives {stages: settings as include/models has them, measured: the figures behind them}.
    Raises ConfigError where the kind has no thresholds or no examples are given.
    """
    require_kind(kind)
    proposals: list[Any] = []
    if texts and kind == "perplexity_model":
        proposals.append(calibration.calibrate_perplexity(model, read_lines(texts)))
    if texts and kind == "encoder":
        proposals.append(
            calibration.calibrate_sentence_duplicates(model, read_lines(texts), drop_rate)
        )
    if images and kind == "encoder":
        pictures = [picture() for picture in read_images(images)]
        proposals.append(calibration.calibrate_image_duplicates(model, pictures, drop_rate))
    if images and kind == "image_scorer":
        pictures = [picture() for picture in read_images(images)]
        proposals.append(calibration.calibrate_scorer(name, model, pictures, drop_rate))
    if not proposals:
        raise ConfigError(
            "give examples: --texts FILE, and --images DIR for an encoder or an image scorer"
        )
    return {
        "stages": _merged([proposal.stages for proposal in proposals]),
        "measured": [*map(asdict, proposals)],
    }


def as_yaml(proposal: dict[str, Any]) -> str:
    """Give the settings as they would stand in include/models."""
    return yaml.safe_dump({"stages": proposal["stages"]}, sort_keys=True)


def _merged(settings: list[dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for stages in settings:
        for stage, values in stages.items():
            merged[stage] = merged.get(stage, {}) | values
    return merged
