"""The page of a root: crawls, generations, builds, versions, takedowns, and what came of what.

Only light records are read, never a table.
"""

from __future__ import annotations

from typing import Any

from realsyn_tasks.runs import arrivals


def crawls(root: str) -> dict[str, Any]:
    """Give the crawls that have arrived, or begun to: name, state, and why."""
    place = arrivals.Arrivals(root, settle_seconds=0.0)
    return {"crawls": [crawl.record() for crawl in arrivals.crawls(place)]}


def release(root: str, *, crawl: str, by: str = "") -> dict[str, Any]:
    """Take a crawl out of quarantine, by the name of its extract or its URI."""
    return {"released": arrivals.release(root, crawl).model_dump(), "by": by}


VIEWS = (crawls,)
ACTIONS = (release,)
