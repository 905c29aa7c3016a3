"""Sentences that differ in a fact differ in their facts; paraphrases do not."""

from __future__ import annotations

import pytest

from realsyn_tasks.core import include
from realsyn_tasks.extract.facts import facts_of, opposites_of

OPPOSITES = opposites_of(include.filters()["link_neighbours"]["opposites"])


def facts(text: str) -> str:
    return facts_of(text, OPPOSITES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The tower is 300 m high.", "The tower is 330 m high."),
        ("Four cubs play in the snow.", "Five cubs play in the snow."),
        ("Three of 12 doors are open.", "12 of three doors are open."),
        ("The bridge was finished in 1889.", "The bridge was finished in 1989."),
        ("The door is locked.", "The door is not locked."),
        ("A cat without a tail sits there.", "A cat with a tail sits there."),
        ("The dog can swim.", "The dog can't swim."),
        ("This vertical structure is old.", "This horizontal structure is old."),
        ("The left wing is green.", "The right wing is green."),
        ("The female builds the nest.", "The male builds the nest."),
        ("A red tulip in a vase.", "A yellow tulip in a vase."),
        (
            "It adds the upper and subtracts the lower.",
            "It subtracts the upper and adds the lower.",
        ),
        ("The ferry leaves for Naples.", "The ferry leaves for Genoa."),
        ("Top layer in “Screen” mode.", "Top layer in “Burn” mode."),
    ],
)
def test_what_differs_in_a_fact_differs(one: str, other: str) -> None:
    assert facts(one) != facts(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A dog runs on the beach.", "A dog is running along the beach."),
        ("a car attached to a locomotive", "A car that is attached to a locomotive."),
        ("Vehicular collision today", "Automobile incident today"),
        ("The Eiffel tower is 300 m high.", "At 300 m, the Eiffel tower is high."),
        ("Two dogs sleep.", "2 dogs are sleeping."),
        ("The horse doesn't move.", "The horse does not move."),
        ("The upper limit counts.", "The top limit counts."),
    ],
)
def test_paraphrases_do_not(one: str, other: str) -> None:
    assert facts(one) == facts(other)


def test_a_word_has_one_side_only() -> None:
    """A word on both sides of pairs would make its opposite its own."""
    forms = [
        form
        for pair in include.filters()["link_neighbours"]["opposites"]
        for side in pair.split("/")
        for form in side.split()
    ]
    assert sorted(set(forms)) == sorted(forms)
    assert all("/" in pair for pair in include.filters()["link_neighbours"]["opposites"])
