"""What the settings of a retrieval mean for its stages as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.retrieve.licensed import STAGE


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Keep the texts of an image from depending on the number of partitions of lists.

    Give the stages that have nothing to do. Raises ConfigError where more candidates are looked at
    than a partition gives, or more images sampled than are drawn.
    """
    given = stages["search_lists"]["candidates"]
    looked_at = stages["pool_candidates"]["candidates"]
    if looked_at > given:
        raise ConfigError(
            f"pool_candidates.candidates is {looked_at}, but search_lists gives an image only"
            f" {given} from a partition: lower the one, or raise search_lists.candidates"
        )
    _check_samples(stages)
    return tuple(_idle(stages))


def _check_samples(stages: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse samples that could not be drawn: plan and audit have a half of the images each."""
    drawn = stages["draw_samples"]["images"]
    for name, times in {"plan_images": 2.2, "audit_images": 2.2, "survey_images": 1.1}.items():
        if (wanted := stages["pool_samples"][name] * times) > drawn:
            raise ConfigError(
                f"pool_samples.{name} needs about {wanted:.0f} images to be drawn, and"
                f" draw_samples.images is {drawn}: lower the one, or raise the other"
            )


def _idle(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Name the stages that have nothing to do."""
    if not any(stages[STAGE].values()):
        yield STAGE
    query = stages["embed_queries"]
    if not any(query[words] for words in ("caption", "title", "context", "captions_as_answers")):
        yield "embed_queries"
    if not stages["rerank_candidates"]["candidates"]:
        yield "rerank_candidates"
    judge = stages["judge_candidates"].get("judge")
    if stages["fit_relevance"]["target_precision"] is None and judge is None:
        yield "judge_candidates"
