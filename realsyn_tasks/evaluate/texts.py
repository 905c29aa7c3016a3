"""Which texts a published pair has, by where they come from; a filter's refusal leaves them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.evaluate.protocol import TextSource

Row = Mapping[str, Any]
REALISTIC = ("text1", "text2", "text3")
COLUMNS = (  # of a published row that are read for its texts; a version may lack the last
    *REALISTIC,
    *("syn_text", "caption", "caption_verdict", "alt", "alt_verdict", "context", "recaption"),
)


def texts_of(row: Row, wanted: Mapping[TextSource, int]) -> list[tuple[TextSource, str]]:
    """Give the best texts of each wanted source, at most as many as wanted, in order.

    A source has a text once, but for two sources it may be the same.
    """
    found: list[tuple[TextSource, str]] = []
    for source, count in wanted.items():
        known = {normalise_text(text).casefold(): text for text in reversed(list(_of(row, source)))}
        best = list(reversed(known.values()))
        found += [(source, text) for text in best[:count]]
    return found


def has_caption(row: Row) -> bool:
    """Say whether the picture's own page has a caption of it that no filter refuses."""
    return bool(_kept(row, "caption"))


def _of(row: Row, source: TextSource) -> Iterator[str]:
    given: Mapping[TextSource, list[str]] = {
        "raw": [_kept(row, "caption") or _kept(row, "alt"), *_near(row)],
        "near": _near(row),
        "realistic": [row[name] or "" for name in REALISTIC],
        "synthetic": [row["syn_text"] or ""],
        "recaption": [row.get("recaption") or ""],
    }
    return (text for text in given[source] if text)


def _kept(row: Row, name: str) -> str:
    return "" if row[f"{name}_verdict"] else row[name] or ""


def _near(row: Row) -> list[str]:
    """Give the page's sentences, the nearest first; of two as near, the one before the picture."""
    kept = [each for each in row["context"] or () if each["text"] and not each["verdict"]]
    kept.sort(key=lambda each: (abs(each["offset"]), each["offset"]))
    return [each["text"] for each in kept]
