"""Content-derived ids and digests."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

ID_LENGTH = 32
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


def image_id(data: bytes) -> str:
    """Give the id of an image: the first 128 bits of its bytes' SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()[:ID_LENGTH]


def normalise_text(text: str) -> str:
    """Give the form of a text that its id is made of: NFKC with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def sentence_id(text: str) -> str:
    """Give the id of a sentence: the first 128 bits of its normalised text's SHA-256, in hex."""
    return hashlib.sha256(normalise_text(text).encode()).hexdigest()[:ID_LENGTH]


def document_id(source: str, offset: int, url: str) -> str:
    """Give the id of a document: where it stands in its crawl, and its URL."""
    return hashlib.sha256(f"{source}\n{offset}\n{url}".encode()).hexdigest()[:ID_LENGTH]


def digest(value: Any) -> str:
    """Give the SHA-256 of a JSON-like value, independent of the order of its keys."""
    return hashlib.sha256(_ENCODER.encode(value).encode()).hexdigest()


def plain(text: str) -> str:
    """Write a text as `digest` does."""
    return f'"{text}"' if text.isascii() and text.isalnum() else _ENCODER.encode(text)
