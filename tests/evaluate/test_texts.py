"""Which texts a pair has, by source."""

from __future__ import annotations

import pytest

from realsyn_tasks.evaluate.protocol import TextSource
from realsyn_tasks.evaluate.texts import has_caption, texts_of
from tests.evaluate.worlds import Row, near, pair

NEAR = [near("Third.", 3), near("After.", 1), near("Before.", -1)]


def texts(row: Row, source: TextSource, count: int = 9) -> list[str]:
    return [text for _, text in texts_of(row, {source: count})]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["Caption 1.", "Near 1.", "Far 1."]),
        ({"caption": ""}, ["Alternative 1.", "Near 1.", "Far 1."]),
        ({"caption_verdict": "too_short"}, ["Alternative 1.", "Near 1.", "Far 1."]),
        ({"caption": None, "alt_verdict": "no_text"}, ["Near 1.", "Far 1."]),
        ({"context": NEAR}, ["Caption 1.", "Before.", "After.", "Third."]),
        ({"context": [near("CAPTION  1.", 1)]}, ["Caption 1."]),
    ],
)
def test_a_page_says_its_best_first(changes: Row, expected: list[str]) -> None:
    assert texts(pair(1, **changes), "raw") == expected


def test_sentences_that_a_filter_refuses_are_not_learnt_from() -> None:
    assert texts(pair(1, context=[near("Bad.", 1, "emoji"), near("Good.", 2)]), "near") == ["Good."]


def test_a_pair_without_a_text_has_none() -> None:
    row = pair(1, text2="", text3="", syn_text="", context=None)
    assert texts(row, "realistic") == ["First 1."]
    assert texts(row, "synthetic") == texts(row, "near") == texts(row, "recaption") == []
    del row["recaption"]
    assert texts(row, "recaption") == []


def test_sources_come_in_order_and_at_most_as_many_as_wanted() -> None:
    assert texts_of(pair(1), {"realistic": 2, "synthetic": 1, "raw": 1}) == [
        ("realistic", "First 1."),
        ("realistic", "Second 1."),
        ("synthetic", "Written 1."),
        ("raw", "Caption 1."),
    ]


def test_a_caption_that_was_refused_is_none() -> None:
    assert has_caption(pair(1))
    assert not has_caption(pair(1, caption_verdict="url"))
