from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsyn_tasks.vectors import scan
from tests.vectors.data import all_scores, unit_rows


@given(count=st.integers(0, 50), block=st.integers(1, 60))
def test_blocks_cover_every_row_once(count: int, block: int) -> None:
    rows = [row for part in scan.blocks(count, block) for row in range(part.start, part.stop)]
    assert rows == list(range(count))


def test_blocks_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        list(scan.blocks(3, 0))


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 64, 100])
def test_pair_scores_add_in_the_stated_order(dim: int) -> None:
    left, right = unit_rows(9, dim, 1), unit_rows(8, dim, 2)
    expected = all_scores(left, right)
    rows, columns = np.indices(expected.shape).reshape(2, -1)
    got = scan.pair_scores(left, rows, right, columns)
    assert got.tobytes() == expected.ravel().tobytes()


def test_pair_scores_do_not_depend_on_their_company() -> None:
    left, right = unit_rows(700, 96, 3), unit_rows(700, 96, 4)
    rows = np.arange(700)
    whole = scan.pair_scores(left, rows, right, rows)
    alone = [scan.pair_scores(left[i : i + 1], rows[:1], right[i : i + 1], rows[:1]) for i in rows]
    assert whole.tobytes() == np.concatenate(alone).tobytes()


@pytest.mark.parametrize("dim", [8, 384, 1024])
def test_error_bound_holds_with_room(dim: int) -> None:
    left, right = 3 * unit_rows(200, dim, 5), unit_rows(300, dim, 6)
    rows, columns = np.indices((200, 300)).reshape(2, -1)
    exact = scan.pair_scores(left, rows, right, columns).reshape(200, 300)
    assert np.abs(left @ right.T - exact).max() < scan.error_bound(left, right)


def test_nominees_are_a_small_superset() -> None:
    queries, base = unit_rows(60, 48, 7), unit_rows(500, 48, 8)
    rows, columns = np.indices((60, 500)).reshape(2, -1)
    exact = scan.pair_scores(queries, rows, base, columns)
    floors = np.full(60, np.sort(exact)[-100], dtype=np.float32)
    found = set(zip(*map(np.ndarray.tolist, scan.nominate(queries, base, floors)), strict=True))
    high = exact >= floors[0]
    wanted = set(zip(rows[high].tolist(), columns[high].tolist(), strict=True))
    assert wanted <= found
    assert len(found) <= len(wanted) + 5


def test_rows_must_be_two_dimensional() -> None:
    with pytest.raises(ValueError, match=r"\(n, d\)"):
        scan.as_rows(np.zeros(3, dtype=np.float32))


def test_half_precision_rows_are_read_as_float32() -> None:
    assert scan.as_rows(np.ones((2, 3), dtype=np.float16)).dtype == np.float32


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_without_a_bound_are_refused(bad: float) -> None:
    queries, base = unit_rows(3, 4, 1), unit_rows(5, 4, 2)
    base[2, 1] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        scan.nominate(queries, base, np.zeros(3, dtype=np.float32))
