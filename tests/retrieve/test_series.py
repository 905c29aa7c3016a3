"""Captions that differ from others beside them by a number or a letter alone are a series."""

from __future__ import annotations

import pytest

from realsyn_tasks.retrieve.series import Placed, in_series

PAGE = ("d", "https://manual.example/masks")


@pytest.mark.parametrize(
    ("captions", "series"),
    [
        (["Mask 1", "Mask 2"], True),
        (["Step a.", "Step b"], True),
        (["Plate IV", "Plate IX"], True),
        (["Example of blur 10 px", "Example of blur 3 px"], True),
        (["A red fox", "A grey fox"], False),
        (["A fox", "A fox"], False),  # one caption, told twice
        (["Mask 1", "The layer 2"], False),
    ],
)
def test_what_is_a_series(captions: list[str], series: bool) -> None:
    assert in_series([Placed(*PAGE, text) for text in captions]) == [series] * len(captions)


def test_a_series_is_of_one_document_or_site() -> None:
    here = Placed("d", "https://manual.example/1", "Mask 1")
    same_site = Placed("e", "https://manual.example/2", "Mask 2")
    elsewhere = Placed("f", "https://other.example/2", "Mask 2")
    assert in_series([here, same_site]) == [True, True]
    assert in_series([here, elsewhere]) == [False, False]
    assert in_series([Placed("", "", "Mask 1"), Placed("", "", "Mask 2")]) == [False, False]
