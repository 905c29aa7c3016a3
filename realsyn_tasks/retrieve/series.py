"""Captions of a series, such as "Mask 1" and "Mask 2": they name a place in it, no more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

_VARYING = re.compile(r"\d+|\b[a-z]\b|\b[ivxl]+\b")
_WORD = re.compile(r"[^\W_]+")


class Placed(NamedTuple):
    """A caption and where it stands."""

    document_id: str
    document_url: str
    text: str


def in_series(captions: Sequence[Placed]) -> list[bool]:
    """Say of each caption whether another of its document or site is the same but for numbers.

    Letters that stand alone count as numbers, and Roman ones. Of a site that is what the captions
    at hand tell: those of a shard of the corpus.
    """
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for caption in captions:
        words = _words(caption.text)
        for place in _places(caption):
            members[place, _shape(words)].add(words)
    return [
        any(len(members[place, _shape(_words(caption.text))]) > 1 for place in _places(caption))
        for caption in captions
    ]


def _places(caption: Placed) -> list[str]:
    site = urlsplit(caption.document_url).hostname or ""
    return [place for place in (caption.document_id, site) if place]


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _shape(words: str) -> str:
    return _VARYING.sub("#", words)
