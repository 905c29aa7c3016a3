"""All that is wrong is told at once, and each thing once."""

from __future__ import annotations

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.problems import Problems, SeveralProblems


class Unreadable(ConfigError):
    """One kind of it."""


def noted(*errors: Exception) -> Problems:
    problems = Problems()
    for error in errors:
        with problems.noted():
            raise error
    return problems


def test_several_things_are_told_in_order_and_once() -> None:
    nested = SeveralProblems(["b is wrong", "c is wrong"])
    problems = noted(ConfigError("a is wrong"), nested, ConfigError("b is wrong"))
    with pytest.raises(SeveralProblems) as raised:
        problems.raise_if_any()
    assert str(raised.value).splitlines() == [
        "3 things are wrong:",
        *("- a is wrong", "- b is wrong", "- c is wrong"),
    ]


def test_a_single_thing_is_raised_as_it_was() -> None:
    with pytest.raises(Unreadable, match=r"^a$"):
        noted(Unreadable("a"), ConfigError("a")).raise_if_any()


def test_without_anything_wrong_nothing_is_raised() -> None:
    problems = noted()
    problems.raise_if_any()
    assert not problems


def test_only_what_a_person_wrote_is_noted() -> None:
    with pytest.raises(ZeroDivisionError):
        noted(ZeroDivisionError())
