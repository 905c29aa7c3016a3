"""What was measured of how well the texts fit, in words."""

from __future__ import annotations

from collections.abc import Mapping

QUERIES = {  # prefix of the measures -> what was looked for with
    "image": "looked for by the picture alone",
    "used": "as published",
    "caption": "looked for by the caption alone, the best there is",
}


def relevance(measures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Give what was measured and its value, in words; nothing where nothing was."""
    said = [
        (f"{which} from the own page, {words}", _agreement(measures, f"{query}_{name}"))
        for name, which in (("text1", "text1"), ("any", "any of text1 to text3"))
        for query, words in QUERIES.items()
    ]
    known = "known item: the own caption among the first 1 / 5 / 10 texts for the picture"
    said.append((known, _known(measures)))
    return [(what, value) for what, value in said if value]


def _agreement(measures: Mapping[str, float], name: str) -> str:
    if name not in measures:
        return ""
    low, high = measures.get(f"{name}_low"), measures.get(f"{name}_high")
    interval = "" if low is None or high is None else f" (95 % interval {low:.3f} to {high:.3f})"
    chance = measures.get(f"{name}_chance")
    return f"{measures[name]:.3f}{interval}" + ("" if chance is None else f"; chance {chance:.3f}")


def _known(measures: Mapping[str, float]) -> str:
    names = ("known_r1", "known_r5", "known_r10")
    if not all(name in measures for name in names):
        return ""
    found = " / ".join(f"{measures[name]:.3f}" for name in names)
    return f"{found}, of {measures['known_questions']:,.0f} captions"
