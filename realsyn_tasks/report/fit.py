"""What was measured of how well the texts fit, line by line, for the card."""

from __future__ import annotations

from collections.abc import Mapping

from realsyn_tasks.retrieve.words import QUERIES, share_in_words

ASKED = {**QUERIES, "caption": "by the caption alone, which is the best there is"}
WHICH = {"text1": "text1", "any": "any of text1 to text3"}
RANKS = ("known_r1", "known_r5", "known_r10")


def lines(measures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Give what was measured and its value, in words; nothing where nothing was."""
    shares = [
        (f"{which} is of the picture's own page, asked for {how}", f"{query}_{name}")
        for name, which in WHICH.items()
        for query, how in ASKED.items()
    ]
    said = [(what, share_in_words(measures, name)) for what, name in shares if name in measures]
    known = "the picture finds its own caption among the first 1, 5, 10 of all texts"
    return [*said, *((known, value) for value in _known(measures))]


def _known(measures: Mapping[str, float]) -> list[str]:
    if not all(name in measures for name in RANKS):
        return []
    found = ", ".join(f"{measures[name]:.1%}" for name in RANKS)
    return [f"{found} of {measures['known_questions']:,.0f} captions"]
