"""Lists of licences: patterns held against what pages state."""

from __future__ import annotations

import pytest

from realsyn_tasks.corpus.licences import is_refused, matches


@pytest.mark.parametrize(
    ("licence", "pattern", "fits"),
    [
        ("CC-BY-ND-4.0", "CC-BY-ND-*", True),
        ("CC-BY-NC-ND-4.0", "CC-BY-ND-*", False),
        ("CC-BY-NC-SA-3.0-DE", "CC-*-NC-*", True),
        ("cc-by-nd-4.0", "CC-BY-ND-*", True),
        ("CC-BY-4.0", "CC-*-NC-*", False),
        ("https://a.example/terms", "https://a.example/*", True),
        ("", "", True),
        ("", "CC-*", False),
        ("CC0-1.0", "", False),
    ],
)
def test_a_pattern_fits_whole_licences_in_any_case(licence: str, pattern: str, fits: bool) -> None:
    assert matches(licence, [pattern]) is fits


def test_without_lists_nothing_is_refused() -> None:
    assert not is_refused("CC-BY-ND-4.0", [], [])
    assert not is_refused("", [], [])


def test_what_is_refused_stays_refused_though_it_is_allowed() -> None:
    assert is_refused("CC-BY-NC-4.0", ["*-NC-*"], ["CC-*"])
    assert not is_refused("CC-BY-4.0", ["*-NC-*"], ["CC-*"])


def test_an_allowed_list_refuses_all_else_also_what_is_not_stated() -> None:
    assert is_refused("https://a.example/terms", [], ["CC-*"])
    assert is_refused("", [], ["CC-*"])
    assert not is_refused("", [], ["CC-*", ""])
