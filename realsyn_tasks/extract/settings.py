"""What the settings and the crawl of an extract mean for its stages as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.formats import FORMATS

ELSEWHERE = ("locate_images", "gather_images")  # where a picture may stand in another file


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Name the stages that have nothing to do, as a crawl may lack no images, or be one file.

    Raises ConfigError where captions may pass that sentences may not.
    """
    _require_same_captions(stages)
    crawl = crawl_of(sources)
    format = FORMATS[crawl.format] if crawl else None
    elsewhere = crawl and format and format.any_file and len(crawl.shards) > 1
    wanted = crawl and stages["parse"]["missing_images"] == "fetch"
    linked = wanted or (format and format.linked_images)
    return (*(() if elsewhere else ELSEWHERE), *(() if linked else ("fetch",)))


def _require_same_captions(stages: Mapping[str, Mapping[str, Any]]) -> None:
    uris = [
        sorted(file["uri"] for file in stages[name]["evaluation_captions"])
        for name in ("filter_sentences", "describe_images")
    ]
    if uris[0] != uris[1]:
        raise ConfigError(
            "filter_sentences.evaluation_captions and describe_images.evaluation_captions differ,"
            f" so that captions of a set pass by one of them; give both {uris[0] or uris[1]}"
        )
