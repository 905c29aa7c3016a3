"""Patterns behind what they cannot match without find what they find alone."""

from __future__ import annotations

import re

import pytest

from realsyn_tasks.text.instruction_words import words
from realsyn_tasks.text.needles import Needles, Patterns, clauses
from tests.text import machine_talk

ACTS = words().act_patterns()
TEXTS = [*machine_talk.PLAIN, *machine_talk.LATER, *machine_talk.NEAR_MISSES]


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"ignore\b all", [{"ignore all"}]),
        (r"(?:drop|skip) it", [{"drop", "skip"}, {" it"}]),
        (r"(?:drop|it) now", [{" now"}]),
        (r"(?:never )?tell(?: me)?", [{"tell"}]),
        (r"(?!never)(?:say ){1,2}[a-z]+", [{"say "}]),
        (r"\w+", []),
    ],
)
def test_a_pattern_needs_what_each_of_its_matches_holds(
    pattern: str, needed: list[set[str]]
) -> None:
    assert clauses(pattern) == needed


@pytest.mark.parametrize("name", ACTS)
def test_acts_match_as_one_pattern_would(name: str) -> None:
    act = ACTS[name]
    whole, needles = re.compile("|".join(act.alternatives)), Needles(act.needles)
    for text in map(str.lower, TEXTS):
        alone, match = whole.search(text), act.search(text, needles.held_in(text))
        assert (match and match.span()) == (alone and alone.span()), text


def test_the_first_match_counts_and_the_first_of_two_at_one_place() -> None:
    act = Patterns(("the end", "say this", "say this now"))
    held = Needles(act.needles).held_in("say this now until the end")
    match = act.search("say this now until the end", held)
    assert match is not None and match[0] == "say this"
