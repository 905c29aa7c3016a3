"""What is said of a picture, in words: its caption and nearest sentences with their verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = frozenset({"caption", "caption_verdict", "alt", "alt_verdict", "context"})
_NAMES = {"caption": "caption", "alt": "alt text"}


def in_words(row: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """Give a line for each text beside a picture; none for a row that has no verdicts on them.

    `words` are those for people by the code of a reason.
    """
    context = row.get("context") or []
    if "caption_verdict" not in row or any("offset" not in part for part in context):
        return []  # what is drawn for a sample has less of it
    return [*_own(row, words), *_nearest(context, words)]


def _own(row: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    for name, title in _NAMES.items():
        verdict = row[f"{name}_verdict"]
        yield f"{title}: {_said(row[name], verdict, words)}"


def _nearest(context: list[Mapping[str, Any]], words: Mapping[str, str]) -> Iterator[str]:
    for part in context:
        side = "before" if part["offset"] < 0 else "after"
        kept = f"; kept as {part['sentence_id']}" if part["verdict"] and part["sentence_id"] else ""
        said = _said(part["text"], part["verdict"], words)
        yield f"sentence {abs(part['offset'])} {side}: {said}{kept}"


def _said(text: str | None, verdict: str | None, words: Mapping[str, str]) -> str:
    shown = f'"{text}"' if text else "(empty)"
    if not verdict:
        return f"{shown}, kept" if text else shown
    return f"{shown}, refused as {verdict}: {words.get(verdict, 'no longer known')}"
