"""Captions are compared by their letters alone."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.retrieve.own_words import letters


@given(text=st.text(max_size=40))
@example(text="A red-and-white boat_2, seen\tfrom ABOVE!\x1f")
@example(text="Straße №5 ﬁne")
def test_letters_are_what_is_left_without_case_marks_and_spaces(text: str) -> None:
    assert letters(text) == "".join(filter(str.isalnum, normalise_text(text).casefold()))
