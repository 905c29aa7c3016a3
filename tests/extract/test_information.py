"""What a sentence says is told by the words that name something, not by "the" and "of"."""

from __future__ import annotations

import pytest

from realsyn_tasks.extract.entropy import RARE, entropy, surprises, words_of
from realsyn_tasks.extract.information import information, rarities

COMMON = {"the": 600, "of": 300, "a": 300, ",": 400, "is": 200, "click": 20, "here": 20}
COUNTS = COMMON | dict.fromkeys("heron blue great boxcar livestock tower".split(), 2)


def bits(text: str) -> float:
    return information(words_of(text), rarities(COUNTS))


@pytest.mark.parametrize(
    "rich", ["A great blue heron.", "boxcar of livestock", "tower of a castle"]
)
@pytest.mark.parametrize(
    "poor", ["Click here.", "Here is the, of the, of a.", "What it is not", "..."]
)
def test_names_outweigh_function_words(rich: str, poor: str) -> None:
    assert bits(rich) > 18.0 > bits(poor)


def test_the_papers_entropy_says_the_opposite() -> None:
    """Why it is replaced: a text of function words has more of it than one of nouns."""
    known = surprises(COUNTS)
    empty, full = words_of("Here is the, of the, of a."), words_of("great blue heron")
    assert entropy(empty, known) > 0.3 > entropy(full, known)


def test_a_word_counts_once_and_an_unknown_one_as_the_rarest() -> None:
    assert bits("heron heron heron") == bits("heron")
    assert bits("zyzzyva") == rarities(COUNTS)[RARE] > bits("heron")
    assert bits("2.5 + 7 = 9.5") == 0.0
