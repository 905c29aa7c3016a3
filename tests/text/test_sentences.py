"""Sentences end where a reader ends them; what is doubtful stays together."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

import pytest
import sentencex

from realsyn_tasks.text.abbreviations import COUNTED, DEMANDING, NUMBERED, TITLES
from realsyn_tasks.text.sentences import split_sentences
from tests.text.sentence_cases import CASES, HELD_OUT

_MARKS = re.compile(r"\[\d+\]|²$|(?<=[a-z]\.)\d$")
WHOLE = ("The boat left the harbour at noon.", "Nobody saw it.", "A wooden pier was built there.")


@dataclass(frozen=True)
class Score:
    """How many of the ends are right, and how many of the right ones were made."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Give the harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def ends(parts: Iterable[str]) -> set[int]:
    """Count the signs before each end but the last, without blanks and marks of footnotes."""
    places, count = set(), 0
    for part in parts:
        count += len(_MARKS.sub("", "".join(part.split())))
        places.add(count)
    return places - {count}


def score(split: Callable[[str], list[str]], cases: list[str]) -> Score:
    right = made = wanted = 0
    for case in cases:
        truth, result = ends(case.split("¦")), ends(split(case.replace("¦", "")))
        right += len(truth & result)
        made += len(result)
        wanted += len(truth)
    return Score(right / made, right / wanted)


@pytest.mark.parametrize("cases", [CASES, HELD_OUT], ids=["cases", "held_out"])
def test_ends_are_found_and_few_are_invented(cases: list[str]) -> None:
    ours = score(split_sentences, cases)
    theirs = score(lambda text: sentencex.segment("en", text), cases)
    assert ours.f1 >= 0.96
    assert ours.precision >= 0.98
    assert ours.precision > theirs.precision


def test_nothing_but_blanks_signs_of_lists_and_footnotes_is_lost() -> None:
    for case in (*CASES, *HELD_OUT):
        text = case.replace("¦", "")
        kept = "".join("".join(split_sentences(text)).split())
        assert _MARKS.sub("", kept) == "".join(
            _MARKS.sub("", "".join(part.split())) for part in case.split("¦")
        )


def test_sentences_put_together_come_apart_again() -> None:
    random = Random(7)
    abbreviations = sorted(TITLES | DEMANDING | NUMBERED | COUNTED)
    for _ in range(300):
        word, number = random.choice(abbreviations), random.randrange(2, 900)
        middle = f"It was seen with {word}. {number} of the old map in the tower."
        sentences = [*random.sample(WHOLE, 2), middle, random.choice(WHOLE)]
        assert split_sentences(" ".join(sentences)) == sentences
        missing = [*random.sample(WHOLE, 2)]
        assert split_sentences("".join(missing)) == missing


@pytest.mark.parametrize("name", ["ASP.NET", "Node.js", "VB.NET", "System.IO", "v2.1.3", "a.B.C"])
def test_names_with_stops_are_whole(name: str) -> None:
    text = f"The team uses {name} in the harbour each day."
    assert split_sentences(f"{text} It works.") == [text, "It works."]


@pytest.mark.parametrize(
    "mark", ["[1]", "[1][23]", "[a]", "[citation needed]", "[note 3]", "²", "4", " [nb 2]"]
)
def test_marks_of_footnotes_are_no_part_of_a_sentence(mark: str) -> None:
    text = f"The king lived in the tower.{mark} The queen planted roses.{mark}"
    assert split_sentences(text) == ["The king lived in the tower.", "The queen planted roses."]


def test_marks_amid_a_sentence_go_and_indices_of_programs_stay() -> None:
    text = "The mill [citation needed] stands near the river[3] and grinds corn."
    assert split_sentences(text) == ["The mill stands near the river and grinds corn."]
    for same in ("Then boats[3] = x is set.", "He wrote [sic] and [the rest] was lost."):
        assert split_sentences(same) == [same]


def test_items_of_lists_are_sentences() -> None:
    text = "• Red boats carry fish • Blue boats carry crates • Green boats carry nets"
    assert split_sentences(text) == [
        "Red boats carry fish",
        "Blue boats carry crates",
        "Green boats carry nets",
    ]


@pytest.mark.parametrize(
    "text",
    [". ", "e.g. ", "a.m. a.m. ", ".", '"', "(“", "⁰", "A.b", "He left.It ", ".)", "x.[1]", "• "],
)
def test_splitting_takes_linear_time(text: str) -> None:
    long = text * (200_000 // len(text))
    start = time.process_time()
    split_sentences(long)
    assert time.process_time() - start < 3
