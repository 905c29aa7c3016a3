"""What the settings of a sample mean for its stages as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.config import PinnedSource


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Leave out the search for text in pictures where nothing follows from it."""
    return () if stages["filter_pairs"]["max_text_area"] is not None else ("spot_text",)
