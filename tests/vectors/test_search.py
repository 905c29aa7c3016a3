from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors.search import (
    MAX_ID,
    ListOrder,
    TopK,
    exact_search,
    probe,
    search_list,
    search_lists,
    search_stored_lists,
)
from tests.vectors.data import all_scores, brute_top, clustered_rows, grid_rows, unit_rows

seeds = st.integers(0, 2**32 - 1)


def same(got: tuple[np.ndarray, np.ndarray], expected: tuple[np.ndarray, np.ndarray]) -> None:
    assert got[0].dtype == np.int64
    assert got[1].dtype == np.float32
    assert got[0].tolist() == expected[0].tolist()
    assert got[1].tobytes() == expected[1].tobytes()


@settings(max_examples=40, deadline=None)
@given(
    queries=st.integers(0, 6),
    base=st.integers(0, 25),
    dim=st.integers(1, 9),
    k=st.integers(1, 8),
    block=st.integers(1, 30),
    seed=seeds,
    ties=st.booleans(),
)
def test_search_list_is_brute_force(
    queries: int, base: int, dim: int, k: int, block: int, seed: int, ties: bool
) -> None:
    make = grid_rows if ties else unit_rows
    q, b = make(queries, dim, seed), make(base, dim, seed + 1)
    same(search_list(q, b, k, block), brute_top(all_scores(q, b).reshape(queries, base), k))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=5), block=st.integers(9, 500), seed=seeds)
def test_exact_search_ignores_how_the_base_is_cut(cuts: list[int], block: int, seed: int) -> None:
    queries, base = clustered_rows(30, 32, 5, seed), clustered_rows(400, 32, 5, seed + 1)
    base[200:260] = base[:60]  # exact ties across blocks
    whole = exact_search(queries, [base], 7)
    same(exact_search(queries, np.split(base, sorted(cuts)), 7, block), whole)


@settings(max_examples=30, deadline=None)
@given(probes=st.integers(1, 4), block=st.integers(1, 40), seed=seeds, ties=st.booleans())
def test_search_lists_sees_probed_lists_only(
    probes: int, block: int, seed: int, ties: bool
) -> None:
    rng = np.random.default_rng(seed)
    make = grid_rows if ties else unit_rows
    queries, base = make(7, 6, seed), make(30, 6, seed + 1)
    query_lists = rng.integers(-1, 6, size=(7, probes)).astype(np.int32)
    base_lists = rng.integers(0, 5, size=30).astype(np.int32)
    allowed = (query_lists[:, :, None] == base_lists[None, None, :]).any(axis=1)
    expected = brute_top(all_scores(queries, base), 4, allowed)
    same(search_lists(queries, query_lists, base, base_lists, 4, block), expected)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, part=st.integers(1, 40), shuffle=st.randoms())
def test_lists_from_storage_may_come_in_parts_and_any_order(  # type: ignore[no-untyped-def]
    seed: int, part: int, shuffle
) -> None:
    queries, base = clustered_rows(40, 24, 9, seed), clustered_rows(500, 24, 9, seed + 1)
    base_lists = (np.arange(500) * 7 % 11).astype(np.int32)
    probes = probe(queries, base[:11], 4)
    parts = []
    for number in range(11):
        rows = np.flatnonzero(base_lists == number)
        parts += [(number, base[some], some) for some in np.split(rows, range(part, 60, part))]
    shuffle.shuffle(parts)
    expected = search_lists(queries, probes, base, base_lists, 5)
    same(search_stored_lists(queries, probes, parts, 5), expected)


def test_probing_every_list_is_exact_search() -> None:
    queries, base = clustered_rows(80, 24, 9, 1), clustered_rows(900, 24, 9, 2)
    base_lists = (np.arange(900) % 13).astype(np.int32)
    every = np.tile(np.arange(13, dtype=np.int32), (80, 1))
    same(search_lists(queries, every, base, base_lists, 10), exact_search(queries, [base], 10))


def test_probe_orders_lists_by_cosine() -> None:
    queries, centroids = unit_rows(50, 16, 3), unit_rows(20, 16, 4)
    lists = probe(queries, centroids, 6)
    assert lists.dtype == np.int32
    assert lists.tolist() == brute_top(all_scores(queries, centroids), 6)[0].tolist()
    assert probe(queries, centroids, 99).shape == (50, 20)


def test_missing_slots_are_marked() -> None:
    ids, scores = search_list(unit_rows(2, 4, 1), unit_rows(1, 4, 2), 3)
    assert ids[:, 1:].tolist() == [[-1, -1], [-1, -1]]
    assert np.isneginf(scores[:, 1:]).all()
    assert (ids[:, 0] == 0).all()


def test_half_precision_base_is_scored_in_float32() -> None:
    queries, base = unit_rows(20, 64, 5), unit_rows(300, 64, 6).astype(np.float16)
    same(search_list(queries, base, 5), search_list(queries, base.astype(np.float32), 5))


candidates = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 40),
    ),
    max_size=60,
)


def score_of(query: int, row: int) -> float:
    """A few distinct values, so that ties are common; negative, zero and negative zero too."""
    return [-0.5, -0.0, 0.0, 0.25, 1.0][(query * 7 + row) % 5]


def offered(best: TopK, pairs: list[tuple[int, int]]) -> TopK:
    rows = np.array([query for query, _ in pairs], dtype=np.int64)
    ids = np.array([row for _, row in pairs], dtype=np.int64)
    best.update(rows, ids, np.array([score_of(*pair) for pair in pairs], dtype=np.float32))
    return best


@given(pairs=candidates, cut=st.integers(0, 60), k=st.integers(1, 6), shuffle=st.randoms())
def test_topk_merges_in_any_split_and_order(pairs, cut, k, shuffle) -> None:  # type: ignore[no-untyped-def]
    whole = offered(TopK(4, k), pairs).result()
    mixed = pairs[:]
    shuffle.shuffle(mixed)
    left, right = offered(TopK(4, k), mixed[:cut]), offered(TopK(4, k), mixed[cut:])
    right.merge(left)
    right.merge(left)
    same(right.result(), whole)
    for query in range(4):
        rows = sorted(
            {row for q, row in pairs if q == query}, key=lambda r: (-score_of(query, r), r)
        )
        assert [row for row in whole[0][query].tolist() if row >= 0] == rows[:k]


def test_floors_are_the_kth_best_scores() -> None:
    best = offered(TopK(4, 2), [(0, 3), (0, 4), (1, 2)])
    assert best.floors(np.arange(4)).tolist() == [0.25, -np.inf, -np.inf, -np.inf]


def test_ids_keep_32_bits() -> None:
    best = TopK(1, 1)
    best.update(np.array([0]), np.array([MAX_ID]), np.array([0.5], dtype=np.float32))
    assert best.result()[0].tolist() == [[MAX_ID]]
    for bad in (-1, MAX_ID + 1):
        with pytest.raises(ValueError, match="ids must be between"):
            best.update(np.array([0]), np.array([bad]), np.array([0.5], dtype=np.float32))


def test_k_must_be_positive() -> None:
    with pytest.raises(ValueError, match="k must be"):
        TopK(3, 0)


@given(numbers=st.lists(st.sampled_from([-(2**20), -2, -1, 0, 3, 2**15 - 1, 2**15, 2**30])))
def test_rows_of_lists_of_any_numbers(numbers: list[int]) -> None:
    order = ListOrder(np.array(numbers, dtype=np.int32))
    assert order.lists == sorted(set(numbers))
    for number in order.lists:
        expected = [row for row, other in enumerate(numbers) if other == number]
        assert order.rows_of(number).tolist() == expected
