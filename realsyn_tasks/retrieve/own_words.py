"""What a document says of its picture in words of its own: its caption, its alt text, its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.text.clean import composed

CAPTIONS = ("caption", "alt")  # the first that a filter left counts
TITLE = "title"
_MARKS = {code: None for code in range(128) if not chr(code).isalnum()}
COLUMNS = ["image_id", *CAPTIONS, *(f"{name}_verdict" for name in CAPTIONS), TITLE]


class Words(NamedTuple):
    """Words of an image's document, and what they are there; both empty for none."""

    kind: str  # caption | alt | title
    text: str


NONE = Words("", "")


def caption_of(row: Mapping[str, Any]) -> Words:
    """Give the caption, or else the alt text, that the filters of captions left."""
    for kind in CAPTIONS:
        text = composed(row[kind] or "")
        if text and not row[f"{kind}_verdict"]:
            return Words(kind, text)
    return NONE


def words_of(row: Mapping[str, Any]) -> Words:
    """Give caption or alt text, or else the document's title."""
    caption, title = caption_of(row), composed(row[TITLE] or "")
    if caption.text or not title:
        return caption
    return Words(TITLE, title)


def letters(text: str) -> str:
    """Give a text without what captions are often told again without: case, marks, spaces."""
    if text.isascii():  # in a tenth of the time
        return text.lower().translate(_MARKS)
    return "".join(filter(str.isalnum, normalise_text(text).casefold()))
