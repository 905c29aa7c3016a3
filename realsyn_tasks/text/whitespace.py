"""Small helpers for words and whitespace."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060\ufeff"
    "\ud800-\udfff]"  # halves of characters, which JSON can spell and nothing can store
)


def collapse(text: str) -> str:
    """Whitespace runs to one blank, control and invisible characters removed."""
    return " ".join(_INVISIBLE.sub("", text).split())


def shorten(text: str, most: int) -> str:
    """The text collapsed, and cut between words where it has more characters than that."""
    text = collapse(text[: 10 * most])
    if len(text) <= most:
        return text
    return text[: most + 1].rpartition(" ")[0] or text[:most]


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that are read more often than counted."""
    return frozenset(text.split())
