"""The sentences nearest to a picture: six, in order, as even on both sides as there are any."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realsyn_tasks.extract.surroundings import NEAREST, Prose


def offsets(count: int, before: int) -> list[int]:
    """Where the nearest ones stand, of so many sentences with so many before the picture."""
    positions = [0] * before + [2] * (count - before)
    prose = Prose([f"Sentence number {n}." for n in range(count)], positions)
    nearest = prose.around(1)
    first = nearest[0]["offset"] if nearest else 0
    start = before + first if first < 0 else before + first - 1
    assert [part["text"] for part in nearest] == list(prose.texts[start : start + len(nearest)])
    return [part["offset"] for part in nearest]


def test_half_of_them_stand_on_either_side() -> None:
    assert offsets(20, 10) == [-3, -2, -1, 1, 2, 3]


def test_the_other_side_makes_up_for_one_that_has_few() -> None:
    assert offsets(20, 1) == [-1, 1, 2, 3, 4, 5]
    assert offsets(20, 19) == [-5, -4, -3, -2, -1, 1]
    assert offsets(20, 0) == [1, 2, 3, 4, 5, 6]
    assert offsets(20, 20) == [-6, -5, -4, -3, -2, -1]


@given(st.integers(0, 12), st.integers(0, 12))
def test_as_many_as_there_are_up_to_six(before: int, after: int) -> None:
    given_offsets = offsets(before + after, before)
    assert len(given_offsets) == min(NEAREST, before + after)
    assert given_offsets == sorted(given_offsets) and 0 not in given_offsets
    assert sum(offset < 0 for offset in given_offsets) >= min(before, NEAREST // 2)
    assert sum(offset > 0 for offset in given_offsets) >= min(after, NEAREST // 2)
