"""What the settings and the crawl of an extract mean for its stages as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks import formats
from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.corpus.crawl import crawl_of


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Name the stages that have nothing to do: fetch, unless the crawl may lack images."""
    crawl = crawl_of(sources)
    missing = str(stages["parse"]["missing_images"])
    needed = crawl is not None and formats.may_lack_images(crawl.format, missing)
    return () if needed else ("fetch",)
