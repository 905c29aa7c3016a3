"""Paths of a marker's objects, written so that those of all markers of a stage are alike.

Shard and attempt are what tells them apart: marks stand for both, so that a column of such texts
takes no space, and is parsed once for all shards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from realsyn_tasks.core.columns import Texts

_SHARD, _ATTEMPT = "\0", "\1"  # which JSON has only escaped


@lru_cache(maxsize=1 << 18)
def digits_of(shard: int) -> str:
    """Write a shard's number as its names have it; once, though many stages have a shard of it."""
    return f"{shard:05d}"


def marked(paths: Iterable[str], shard: int, attempt: str) -> str:
    """Write the paths of a marker's objects as JSON, with marks for its shard and attempt."""
    text = json.dumps([*paths])
    if attempt:
        text = text.replace(attempt, _ATTEMPT)
    return text.replace(digits_of(shard), _SHARD)


def unmarked(texts: Texts, shards: Sequence[int], attempts: Texts) -> Iterator[str]:
    """Give the paths of which `marked` made texts, one marker's after another's.

    A text is parsed once for all shards that have it, unless something may be escaped in it: then
    only in JSON can marks be told from the same characters of a path.
    """
    alike: dict[str, list[str]] = {}
    for text, shard, attempt in zip(texts, shards, attempts, strict=True):
        number = digits_of(shard)
        if "\\" in text or not attempt.isalnum():
            yield from json.loads(text.replace(_SHARD, number).replace(_ATTEMPT, attempt))
            continue
        if text not in alike:
            alike[text] = json.loads(text, strict=False)
        for path in alike[text]:
            yield path.replace(_SHARD, number).replace(_ATTEMPT, attempt)
