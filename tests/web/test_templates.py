"""Template pages: what is read of them, whatever their classes are called and bodies wrapped in.

Nothing is said of the held-out half but how much is right, so that rules are not mended after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import chain

import pytest

from tests.web.templates import perturbed
from tests.web.templates.development import TEMPLATES as DEVELOPMENT
from tests.web.templates.held_out import TEMPLATES as HELD_OUT
from tests.web.templates.measures import Measures, Reading, measured
from tests.web.templates.pen import Page, written

HALVES = {"development": DEVELOPMENT, "held out": HELD_OUT}
RECALL, PICTURES = 0.99, 0.99  # at least
FORMS: dict[str, tuple[Callable[[Page], Page], float]] = {  # and the most boilerplate
    "as written": (lambda page: page, 0.02),
    "hashed names": (perturbed.hashed, 0.05),
    "wrapped": (perturbed.wrapped, 0.02),
}


@cache
def pages_of(half: str) -> list[Page]:
    return written(HALVES[half])


def short_of_the_goals(measures: Measures, most_boilerplate: float) -> list[str]:
    """Give the measures that miss their goals, none if all is well."""
    shares = (
        ("recall", measures.recall, measures.recall >= RECALL),
        ("pictures", measures.pictures, measures.pictures >= PICTURES),
        ("boilerplate", measures.boilerplate, measures.boilerplate <= most_boilerplate),
    )
    return [f"{name} {share:.3f}" for name, share, is_met in shares if not is_met]


def what_is_missed(
    half: str, perturb: Callable[[Page], Page], most_boilerplate: float
) -> tuple[list[str], list[str]]:
    """Give the goals missed, and texts only of the half that may be looked at.

    Measures hold texts, which pytest would print of any that a test has at hand.
    """
    measures = measured(map(perturb, pages_of(half)))
    texts = list(map(str, measures.missed[:20])) if half == "development" else []
    return short_of_the_goals(measures, most_boilerplate), texts


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("half", HALVES)
def test_prose_and_pictures_are_read_and_little_else(half: str, form: str) -> None:
    perturb, most_boilerplate = FORMS[form]
    missed, of_development = what_is_missed(half, perturb, most_boilerplate)
    assert missed == [], of_development


def test_a_reader_that_takes_all_text_is_short_of_the_goals() -> None:
    everything = Measures(sentences=100, recalled=100, words=1000, besides=200, own_pictures=1)
    assert short_of_the_goals(everything, 0.02) == ["pictures 0.000", "boilerplate 0.200"]


def _truth(page: Page) -> Reading:
    return Reading((*page.prose, *page.besides), tuple(min(right) for right in page.pictures))


def test_a_reader_that_knows_the_truth_meets_all_goals() -> None:
    measures = measured(chain(*map(pages_of, HALVES)), _truth)
    shares = [measures.recall, measures.intact, measures.pictures, measures.boilerplate]
    wrong = measures.wrong
    del measures  # holds texts
    assert (shares, wrong) == ([1, 1, 1, 0], 0)


def test_torn_sentences_are_recalled_but_not_intact_and_teasers_are_boilerplate() -> None:
    [page] = written({"ghost": DEVELOPMENT["ghost"]})[:1]
    words = page.prose[0].split()
    torn = Reading((" ".join(words[:5]), " ".join(words[5:]), "More stories of the day"))
    measures = measured([page], lambda _: torn)
    assert (measures.recalled, measures.whole) == (1, 0)
    assert measures.besides >= 5  # those of the teaser, and too short a piece of the sentence


def test_hashed_pages_say_the_same_without_a_name() -> None:
    for page in pages_of("development"):
        hashed = perturbed.hashed(page).html
        assert len(hashed.split("<")) == len(page.html.split("<"))
        assert not re.search(r"\sclass=.c?(?:entry|post|comment|content|sidebar)", hashed)


def test_every_wrapper_is_put_around_some_pages() -> None:
    pages = [perturbed.wrapped(page).html for page in chain(*map(pages_of, HALVES))]
    unused = [
        before
        for before, _ in perturbed.WRAPPERS
        if not any(f">{before}" in page for page in pages)
    ]
    assert unused == []


def test_the_halves_share_no_kind_and_hold_two_hundred_pages() -> None:
    shared = sorted(DEVELOPMENT.keys() & HELD_OUT.keys())
    kinds, pages = min(map(len, HALVES.values())), sum(len(pages_of(half)) for half in HALVES)
    assert shared == []
    assert kinds >= 20
    assert pages >= 200


@pytest.mark.parametrize("half", HALVES)
def test_pages_are_the_same_each_time_and_each_is_another(half: str) -> None:
    pages = [page.html for page in pages_of(half)]
    is_same = pages == [page.html for page in written(HALVES[half])]
    alike = len(pages) - len(set(pages))
    assert is_same
    assert alike == 0
