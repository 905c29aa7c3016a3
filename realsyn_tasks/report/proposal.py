"""Proposes the section `stages` of a model's card, from a person's examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.extract import calibration as extracting
from realsyn_tasks.models.embed import read_images, read_lines
from realsyn_tasks.sample.calibration import calibrate_text_area
from realsyn_tasks.synthesize.calibration import calibrate_reranker
from realsyn_tasks.vectors.thresholds import COINCIDENCES

KNOWN_RERANKER = "ms-marco-minilm-l-12"  # whose scores the default bounds are of


def _nobody(kind: str) -> Any:
    raise ConfigError(f"no {kind} stands beside the model that is measured")


@dataclass(frozen=True)
class Examples:
    """What a person gives, and which models stand beside the one that is measured."""

    images: Path | None = None  # a folder of different pictures, such as are wanted
    texts: Path | None = None  # good sentences, one a line; pairs, parted by a tab, for a reranker
    drop_rate: float = COINCIDENCES
    name: str = ""  # of the model, as settings have it
    beside: Callable[[str], Any] = _nobody  # the model of a kind, loaded when it is asked for

    @property
    def pictures(self) -> list[Image]:
        """Decode the pictures."""
        return [picture() for picture in read_images(self.images)] if self.images else []

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Read the pairs; ConfigError for a line that is none."""
        lines = read_lines(self.texts) if self.texts else []
        rows = [line.split("\t") for line in lines if line.strip()]
        for number, row in enumerate(rows, 1):
            if len(row) != 2 or not all(part.strip() for part in row):
                raise ConfigError(
                    f"{self.texts}, pair {number}: words, a tab, and a text are asked"
                )
        return [(words.strip(), text.strip()) for words, text in rows]


def _encoder(model: Any, given: Examples) -> Iterator[Any]:
    if given.texts:
        sentences = read_lines(given.texts)
        yield extracting.calibrate_sentence_duplicates(model, sentences, given.drop_rate)
    if given.images:
        yield extracting.calibrate_image_duplicates(model, given.pictures, given.drop_rate)


def _perplexity(model: Any, given: Examples) -> Iterator[Any]:
    if given.texts:
        yield extracting.calibrate_perplexity(model, read_lines(given.texts))


def _image_scorer(model: Any, given: Examples) -> Iterator[Any]:
    if given.images:
        yield extracting.calibrate_scorer(given.name, model, given.pictures, given.drop_rate)


def _vector_scorer(model: Any, given: Examples) -> Iterator[Any]:
    if given.images:
        encoder = given.beside("encoder")
        pictures = given.pictures
        yield extracting.calibrate_head(given.name, model, encoder, pictures, given.drop_rate)


def _text_detector(model: Any, given: Examples) -> Iterator[Any]:
    if given.images:
        yield calibrate_text_area(model, given.pictures, given.drop_rate)


def _reranker(model: Any, given: Examples) -> Iterator[Any]:
    if given.texts:
        yield calibrate_reranker(model, given.beside("reranker"), given.pairs)


KINDS: dict[str, Callable[[Any, Examples], Iterator[Any]]] = {
    "encoder": _encoder,
    "perplexity_model": _perplexity,
    "image_scorer": _image_scorer,
    "vector_scorer": _vector_scorer,
    "text_detector": _text_detector,
    "reranker": _reranker,
}


def require_kind(kind: str) -> None:
    """Raise ConfigError for a kind that has no thresholds."""
    if kind not in KINDS:
        raise ConfigError(f"there are no thresholds for a {kind}; choose one of {', '.join(KINDS)}")


def propose(kind: str, model: Any, given: Examples) -> dict[str, Any]:
    """Measure a model on examples.

    Gives {stages: settings as include/models has them, measured: the figures behind them}.
    Raises ConfigError where the kind has no thresholds, or no or too few examples are given.
    """
    require_kind(kind)
    try:
        proposals = list(KINDS[kind](model, given))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if not proposals:
        raise ConfigError(
            "give examples: --texts FILE for texts, --images DIR for pictures, both for an encoder"
        )
    return {
        "stages": _merged([proposal.stages for proposal in proposals]),
        "measured": [*map(asdict, proposals)],
    }


def as_yaml(proposal: dict[str, Any]) -> str:
    """Give the settings as they would stand in include/models, and the figures as comments."""
    figures = yaml.safe_dump(json.loads(json.dumps(proposal["measured"])), sort_keys=False)
    told = "".join(f"# {line}\n" for line in figures.splitlines())
    return yaml.safe_dump({"stages": proposal["stages"]}, sort_keys=True) + told


def _merged(settings: list[dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for stages in settings:
        for stage, values in stages.items():
            merged[stage] = merged.get(stage, {}) | values
    return merged
