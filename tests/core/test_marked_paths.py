"""Paths of markers that are alike but for shard and attempt are one text, and come back whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from realsyn_tasks.core.marked_paths import marked, unmarked

ATTEMPT = "0123456789ab"
PATHS = {
    "as stages write them": (ATTEMPT, f"builds/many/shard=00003/part-{ATTEMPT}-rows"),
    "of another shard": (ATTEMPT, f"builds/many/shard=00000/part-{ATTEMPT}-rows"),
    "without an attempt": ("", "builds/many/stage/shard=00003/part-rows"),
    "with a number within the attempt": ("00003", "shard=00003/00003-0000300003"),
    "with an attempt within the number": ("0", "shard=00003/0-rows"),
    "with the marks themselves": ("\1", "shard=\0/part-\1-\\u0001-\\0"),
    "with quotes": ('"', 'a"b,"c\\'),
    "with quotes of JSON alone": ('"', "a"),
    "with half of what is escaped": ("\\", "a\\b"),
    "of other letters": ("é", "shard=00003/é\u2028-rows"),
}


def ways(shard: int) -> list[str]:
    """Paths of the objects of a shard as stages write them."""
    return [f"builds/many/shard={shard:05d}/part-{ATTEMPT[shard % 9 :]}-{n}" for n in "ab"]


@pytest.mark.parametrize(("attempt", "path"), PATHS.values(), ids=PATHS)
def test_paths_of_all_kinds_come_back_as_they_are(attempt: str, path: str) -> None:
    texts = [marked(ways(2), 2, ATTEMPT[2:]), marked([path, ""], 3, attempt), marked([], 4, "")]
    assert list(unmarked(texts, [2, 3, 4], [ATTEMPT[2:], attempt, ""])) == [*ways(2), path, ""]


def test_alike_ones_are_one_text_that_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = [ATTEMPT[shard % 9 :] for shard in range(300)]
    texts = [marked(ways(shard), shard, attempts[shard]) for shard in range(300)]
    assert len(set(texts)) == 1
    parsed: list[str] = []
    monkeypatch.setattr(json, "loads", partial(_noted, parsed, json.loads))
    paths = list(unmarked(texts, range(300), attempts))
    assert paths == [path for shard in range(300) for path in ways(shard)]
    assert parsed == texts[:1]


def _noted(texts: list[str], parse: Callable[..., Any], text: str, **options: Any) -> Any:
    texts.append(text)
    return parse(text, **options)
