"""Which stage has all images and pixels of the crawl that there are so far."""

from __future__ import annotations

from collections.abc import Callable

HOLDERS = ("parse", "gather_images", "fetch")  # each that runs has all that those before it have


def holder(runs: Callable[[str], bool], before: str = "") -> str:
    """Name the last stage that has them of those that run, or of those before a stage."""
    stages = HOLDERS[: HOLDERS.index(before)] if before else HOLDERS
    return next(name for name in reversed(stages) if name == HOLDERS[0] or runs(name))
