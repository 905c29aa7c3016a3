"""Template pages: what is read of them, whatever their classes are called and bodies wrapped in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.templates import perturbed
from tests.web.templates.development import TEMPLATES as DEVELOPMENT
from tests.web.templates.held_out import TEMPLATES as HELD_OUT
from tests.web.templates.measures import measured
from tests.web.templates.pen import Page, Template, written

RECALL, PICTURES = 0.99, 0.99  # at least
BOILERPLATE = {"as written": 0.02, "hashed": 0.05, "wrapped": 0.02}  # at most
FORMS: dict[str, Callable[[Page], Page]] = {
    "as written": lambda page: page,
    "hashed": perturbed.hashed,
    "wrapped": perturbed.wrapped,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("templates", [DEVELOPMENT, HELD_OUT], ids=["development", "held_out"])
def test_prose_and_pictures_are_read_and_little_else(
    templates: dict[str, Template], form: str
) -> None:
    measures = measured(map(FORMS[form], written(templates)))
    assert measures.recall >= RECALL, measures.missed[:20]
    assert measures.pictures >= PICTURES
    assert measures.boilerplate <= BOILERPLATE[form]


def test_the_halves_share_no_kind_and_hold_two_hundred_pages() -> None:
    assert not DEVELOPMENT.keys() & HELD_OUT.keys()
    assert min(len(DEVELOPMENT), len(HELD_OUT)) >= 20
    assert sum(len(written(half)) for half in (DEVELOPMENT, HELD_OUT)) >= 200


def test_pages_are_the_same_each_time() -> None:
    assert written(DEVELOPMENT) == written(DEVELOPMENT)
