"""The noun of a short description, and its sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.nouns import noun_in
from tests.sample_crawl.small import write_wordnet


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    return write_wordnet(tmp_path / "wordnet")


@pytest.mark.parametrize(
    ("text", "fields", "noun"),
    [
        ("A grey mouse.", ("05",), "mouse"),
        ("A grey mouse.", ("06",), "mouse"),
        ("Two mice playing.", ("05",), "mouse"),
        ("A brown bear with a mouse.", ("05",), "brown bear"),
        ("A glass of water.", ("06", "13"), "glass"),
        ("A pair of pliers.", ("06",), "plier"),
        ("A slice of pear", ("13",), "pear"),
        ("Mars—the red planet.", ("17",), "Mars"),
        ("A unicorn.", ("05",), None),
        ("", ("05",), None),
        ("…!?", ("05",), None),
        ("Mickey Mouse", ("05",), None),
    ],
)
def test_the_noun_of_a_description(
    wordnet: WordNet, text: str, fields: tuple[str, ...], noun: str | None
) -> None:
    named = noun_in(text, fields, wordnet)
    assert (named.word if named else None) == noun
    assert named is None or named.sense.field in fields


def test_where_the_first_sense_misleads_a_person_has_chosen(wordnet: WordNet) -> None:
    named = noun_in("Blacksmith hammer", ("06",), wordnet)
    assert named is not None and named.sense.gloss.startswith("a hand tool")
