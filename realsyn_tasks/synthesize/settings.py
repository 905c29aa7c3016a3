"""What the settings of a synthesis mean for its stages as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.config import PinnedSource


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Leave out the search for tags in sentences where the tagger has a list of its own alone."""
    return ("count_phrases", "mine_tags") if stages["tag_images"]["vocabulary"] == "own" else ()
