"""The dataset card: README.md with the front matter that Hugging Face reads."""

from __future__ import annotations

import json

from realsyn_tasks.report.facts import Facts
from realsyn_tasks.report.page import environment, meanings, ways
from realsyn_tasks.sample import schemas

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)


def render(facts: Facts) -> str:
    """Give the card; the same facts give the same bytes."""
    template = environment(autoescape=False).get_template("README.md")
    return str(
        template.render(
            facts=facts,
            size=size_category(facts.pairs),
            ways=ways(facts),
            meanings=meanings(facts),
            columns=schemas.PUBLISHED_PAIRS,
            settings=json.dumps(facts.settings, indent=1, sort_keys=True),
        )
    )


def size_category(pairs: int) -> str:
    """Give the size class in Hugging Face's words, such as n<1K or 10M<n<100M."""
    if pairs < SIZES[0]:
        return "n<1K"
    smaller = max(size for size in SIZES if size <= pairs)
    larger = [size for size in SIZES if size > pairs]
    return f"{_short(smaller)}<n<{_short(larger[0])}" if larger else "n>1B"


def _short(size: int) -> str:
    for name, unit in (("B", 1_000_000_000), ("M", 1_000_000), ("K", 1_000)):
        if size >= unit:
            return f"{size // unit}{name}"
    return str(size)
