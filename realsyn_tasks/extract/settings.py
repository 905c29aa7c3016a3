"""What the settings and the crawl of an extract mean for its stages as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.formats import FORMATS


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Name the stages that have nothing to do: fetch, unless the crawl may lack images."""
    crawl = crawl_of(sources)
    if crawl is None:
        return ("fetch",)
    wanted = stages["parse"]["missing_images"] == "fetch"
    return () if wanted or FORMATS[crawl.format].linked_images else ("fetch",)
