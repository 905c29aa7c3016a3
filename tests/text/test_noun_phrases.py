"""Noun phrases: common nouns with what stands before them, and never a name."""

from __future__ import annotations

import pytest

from realsyn_tasks.text.noun_phrases import noun_phrases, phrases_of


@pytest.mark.parametrize(
    ("words", "phrases"),
    [
        ("old/JJ wooden/JJ boat/NN", ["old wooden boat", "wooden boat", "boat"]),
        ("a/DT boat/NN near/IN rocks/NNS", ["boat", "rocks"]),
        ("very/RB old/JJ grey/JJ stone/NN bridge/NN", ["old grey stone", "grey stone", "stone"]),
        ("Ann/NNP Smith/NNP boat/NN", ["boat"]),
        ("numerous/JJ species/NNS", []),
        ("12/CD x1/NN ab/NN <b>/NN", []),
        ("the/DT same/JJ picture/NN frame/NN", ["picture frame", "frame"]),
    ],
)
def test_chains_that_end_in_a_noun(words: str, phrases: list[str]) -> None:
    tagged = [(word.split("/")[0].lower(), word.split("/")[1]) for word in words.split()]
    assert list(phrases_of(tagged))[: len(phrases)] == phrases
    assert bool(list(phrases_of(tagged))) == bool(phrases)


def test_each_phrase_of_a_text_once() -> None:
    [first, second] = noun_phrases(["A wooden boat and a wooden boat.", "Mr. Brown met Berlin."])
    assert sorted(first) == ["boat", "wooden boat"]
    assert second == []
