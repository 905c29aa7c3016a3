"""What the version of an analysis means for its stages as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.kinds import VERSION


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Leave out what only the build of a version knows where that is not there any more."""
    return () if sources[VERSION.name].reference["runs"] else ("gather_drops",)
