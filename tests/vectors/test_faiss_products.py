"""faiss nominates, here on its CPU; scores and their order stay ours."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.vectors import duplicates, kmeans, search
from realsyn_tasks.vectors.faiss_products import FaissProducts, device_of
from tests.vectors.data import clustered_rows, grid_rows, unit_rows

FAISS = device_of("faiss", None)


def test_what_multiplies_is_named_by_backend_and_device() -> None:
    assert [device_of("exact", None), device_of("exact", "cuda")] == [None, "cuda"]
    assert [device_of("faiss", None), device_of("faiss", "cuda:1")] == ["faiss:cpu", "faiss:cuda:1"]


def test_without_near_ties_it_finds_what_all_other_paths_find() -> None:
    queries, base = clustered_rows(150, 96, 20, 1, 0.6), clustered_rows(1500, 96, 20, 2, 0.6)
    centroids = kmeans.fit(base, 25, seed=3)
    assert kmeans.fit(base, 25, seed=3, device=FAISS).tobytes() == centroids.tobytes()
    lists = kmeans.assign(base, centroids)
    assert kmeans.assign(base, centroids, device=FAISS).tobytes() == lists.tobytes()
    probed = search.probe(queries, centroids, 4)
    assert search.probe(queries, centroids, 4, device=FAISS).tobytes() == probed.tobytes()
    expected = search.search_lists(queries, probed, base, lists, 5)
    got = search.search_lists(queries, probed, base, lists, 5, device=FAISS)
    assert [part.tobytes() for part in got] == [part.tobytes() for part in expected]


def test_of_many_equal_rows_it_may_miss_some_but_scores_are_ours() -> None:
    queries, base = grid_rows(40, 12, 1), grid_rows(3000, 12, 2)
    ids, scores = search.exact_search(queries, [base], 5, device=FAISS)
    _, best = search.exact_search(queries, [base], 5)
    assert scores.tobytes() == best.tobytes()
    assert (ids >= 0).all()


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_broken_vectors_are_refused(broken: float) -> None:
    base = unit_rows(20, 8, 1)
    base[3, 2] = broken
    with pytest.raises(ValueError, match="NaN"):
        search.exact_search(base[:2], [base], 3, device=FAISS)


def test_it_finds_the_best_and_not_all_near_pairs() -> None:
    rows = unit_rows(20, 8, 1)
    products = FaissProducts("cpu")
    ready = products.ready(rows)
    with pytest.raises(ValueError, match="k best"):
        products.scored(ready, ready, np.full(20, 0.9, dtype=np.float32))
    with pytest.raises(RuntimeError):
        duplicates.near_pairs(rows, 0.9, device=FAISS)
