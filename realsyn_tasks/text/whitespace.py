"""Small helpers for words and whitespace."""

from __future__ import annotations

import re

# What HTML and plain text call whitespace. Others, such as the no-break space, may be half of a
# character that was decoded wrongly; text.clean deals with them.
_BLANKS = re.compile(r"[ \t\n\r\f]+")


def collapse(text: str) -> str:
    """Whitespace runs to one blank."""
    return _BLANKS.sub(" ", text).strip(" ")


def shorten(text: str, most: int) -> str:
    """The text collapsed, and cut between words where it has more characters than that."""
    text = collapse(text[: 10 * most])
    if len(text) <= most:
        return text
    return text[: most + 1].rpartition(" ")[0] or text[:most]


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that are read more often than counted."""
    return frozenset(text.split())
