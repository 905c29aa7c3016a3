"""Line breaks that wrap a line, and those that end it."""

from __future__ import annotations

import pytest

from realsyn_tasks.web.lines import paragraphs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\nline\n\nnext\n \nlast", ["one line", "next", "last"]),
        ("Boats\nThe red boat sails.\nIt is old", ["Boats", "The red boat sails.", "It is old"]),
        ("The boat,\nThe crew and\nI sail home", ["The boat, The crew and I sail home"]),
        (
            "The old lighthouse stands on a narrow cliff above the sea of\nNorway, and shines.",
            ["The old lighthouse stands on a narrow cliff above the sea of Norway, and shines."],
        ),
        ("2 eggs\n1 cup of milk", ["2 eggs", "1 cup of milk"]),
        ("古老的灯塔\n矗立在", ["古老的灯塔 矗立在"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_paragraphs_of_lines(text: str, expected: list[str]) -> None:
    assert paragraphs(text) == expected
