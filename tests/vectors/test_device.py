"""Products of torch, here on its CPU device, nominate what all other paths find."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import duplicates, kmeans, scan, search
from realsyn_tasks.vectors.device import Products
from tests.vectors.data import clustered_rows, grid_rows, unit_rows

NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_GPU])]


def same(got: tuple[np.ndarray, ...], expected: tuple[np.ndarray, ...]) -> None:
    assert [part.tobytes() for part in got] == [part.tobytes() for part in expected]


@pytest.mark.parametrize("device", DEVICES)
def test_every_function_has_the_same_bits(device: str) -> None:
    queries, base = clustered_rows(150, 96, 20, 1, 0.6), clustered_rows(1500, 96, 20, 2, 0.6)
    base[1000:1050] = base[:50]
    centroids = kmeans.fit(base, 25, seed=3)
    lists = kmeans.assign(base, centroids)
    assert kmeans.fit(base, 25, seed=3, device=device).tobytes() == centroids.tobytes()
    assert kmeans.assign(base, centroids, device=device).tobytes() == lists.tobytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kmeans, "GROUPED_FROM", 25)
        patch.setattr(kmeans, "GROUPS", 3)
        near = kmeans.Nearest.of(centroids)
        assert near.assign(base, device).tobytes() == near.assign(base).tobytes()
    probed = search.probe(queries, centroids, 4)
    assert search.probe(queries, centroids, 4, device=device).tobytes() == probed.tobytes()
    found = search.search_lists(queries, probed, base, lists, 5)
    same(search.search_lists(queries, probed, base, lists, 5, device=device), found)
    exact = search.exact_search(queries, [base[:700], base[700:]], 8)
    same(search.exact_search(queries, [base[:700], base[700:]], 8, device=device), exact)
    same(duplicates.near_pairs(base, 0.8, device=device), duplicates.near_pairs(base, 0.8))
    groups = duplicates.near_groups(base, 0.8)
    assert duplicates.near_groups(base, 0.8, device=device).tobytes() == groups.tobytes()


@settings(max_examples=30, deadline=None)
@given(
    dim=st.integers(1, 40), k=st.integers(1, 9), block=st.integers(1, 60), seed=st.integers(0, 999)
)
def test_ties_and_blocks(dim: int, k: int, block: int, seed: int) -> None:
    queries, base = grid_rows(20, dim, seed), grid_rows(90, dim, seed + 1)
    expected = search.search_list(queries, base, k)
    same(search.search_list(queries, base, k, block, device="cpu"), expected)


@pytest.mark.parametrize("dim", [8, 384, 1024])
def test_the_bound_holds_and_is_worth_something(dim: int) -> None:
    queries, base = 3 * unit_rows(100, dim, 5), unit_rows(300, dim, 6)
    products = Products("cpu")
    left, right = products.ready(queries), products.ready(base)
    rows, columns = np.indices((100, 300)).reshape(2, -1)
    exact = scan.pair_scores(queries, rows, base, columns).reshape(100, 300)
    got = (left.rows @ right.rows.T).float().numpy()
    bound = products._bound(left, right)
    assert np.abs(got - exact).max() < bound < 0.04 * 3


@pytest.mark.parametrize("bad, told", [(np.nan, "NaN"), (np.inf, "NaN"), (1e5, "norms must be")])
def test_rows_without_a_bound_are_refused(bad: float, told: str) -> None:
    base = unit_rows(30, 8, 1)
    base[3, 3] = bad
    with pytest.raises(ValueError, match=told):
        search.search_list(base[:2], base, 3, device="cpu")
