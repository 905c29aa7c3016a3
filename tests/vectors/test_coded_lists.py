"""Bit for bit: what searches by codes of lists find and what the portable path finds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import coded_lists, native, search
from realsyn_tasks.vectors.coded_lists import EXACT, CodedLists, Cut, calibrated
from tests.vectors.data import clustered_rows, grid_rows, unit_rows
from tests.vectors.test_native import KINDS, both_ways, kernel, needs_kernel, spoiled

__all__ = ["kernel"]
pytestmark = needs_kernel
by_kernel = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
seeds = st.integers(0, 10**6)
dims = st.sampled_from([1, 2, 3, 15, 17, 48, 63, 65, 100, 200, 384])


def world(queries: int, base: int, dim: int, seed: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    make = grid_rows if kind == "ties" else unit_rows
    sides = make(queries, dim, seed), make(base, dim, seed + 1)
    return spoiled(sides[0], kind, seed), spoiled(sides[1], kind, seed + 2)


def worth_it(patch: pytest.MonkeyPatch) -> None:
    """Searches take codes of lists whatever their size."""
    for name in ("PAYS_FROM", "EXACT_FROM", "DIMENSIONS_FROM", "_LEARNT"):
        patch.setattr(coded_lists, name, 1)
    patch.setattr(coded_lists, "OWN_FROM", 16)
    patch.setattr(coded_lists, "SCANNED", ())


@by_kernel
@given(
    queries=st.integers(1, 40),
    base=st.integers(1, 130),
    dim=dims,
    k=st.integers(1, 60),
    width=st.sampled_from([1, 4, 30, 192]),
    probes=st.integers(1, 12),
    halves=st.booleans(),
    seed=seeds,
    kind=st.sampled_from(KINDS),
)
def test_kept_lists(
    kernel: str,
    queries: int,
    base: int,
    dim: int,
    k: int,
    width: int,
    probes: int,
    halves: bool,
    seed: int,
    kind: str,
) -> None:
    q, b = world(queries, base, dim, seed, kind)
    rng = np.random.default_rng(seed)
    query_lists = rng.integers(-1, 8, size=(queries, probes)).astype(np.int32)
    base_lists = rng.integers(0, 7, size=base).astype(np.int32)
    b = np.clip(b, -6e4, 6e4).astype(np.float16) if halves else b

    def answer() -> tuple[Any, ...]:
        kept = CodedLists(b, base_lists, q, width)
        return (*kept.search(q, query_lists, k), *kept.search_all(q, k))

    with pytest.MonkeyPatch.context() as patch:
        ways = both_ways(patch, kernel, answer)
    assert ways[0] == ways[1]


@by_kernel
@given(
    queries=st.integers(1, 40),
    base=st.integers(1, 400),
    dim=dims,
    k=st.integers(1, 30),
    cut=st.integers(0, 400),
    seed=seeds,
    kind=st.sampled_from(KINDS),
)
def test_exact_search_in_lists_of_its_own(
    kernel: str, queries: int, base: int, dim: int, k: int, cut: int, seed: int, kind: str
) -> None:
    q, b = world(queries, base, dim, seed, kind)
    with pytest.MonkeyPatch.context() as patch:
        worth_it(patch)
        ways = both_ways(patch, kernel, lambda: search.exact_search(q, np.split(b, [cut]), k))
    assert ways[0] == ways[1]


@by_kernel
@given(
    dim=dims,
    probes=st.integers(1, 6),
    part=st.integers(1, 40),
    seed=seeds,
    kind=st.sampled_from(KINDS),
)
def test_searches_that_choose_codes_by_themselves(
    kernel: str, dim: int, probes: int, part: int, seed: int, kind: str
) -> None:
    q, b = world(30, 300, dim, seed, kind)
    rng = np.random.default_rng(seed)
    query_lists = rng.integers(-1, 8, size=(30, probes)).astype(np.int32)
    base_lists = rng.integers(0, 7, size=300).astype(np.int32)
    some = [np.flatnonzero(base_lists == number) for number in range(7)]
    parts = [(n, b[at], at) for n in range(7) for at in np.split(some[n], range(part, 60, part))]

    def answer() -> tuple[Any, ...]:
        at_once = search.search_lists(q, query_lists, b, base_lists, 5)
        return (*at_once, *search.search_stored_lists(q, query_lists, parts, 5))

    with pytest.MonkeyPatch.context() as patch:
        worth_it(patch)
        ways = both_ways(patch, kernel, answer)
    assert ways[0] == ways[1]


@by_kernel
@given(seed=seeds, width=st.sampled_from([1, 2, 8]), steps=st.integers(0, 40))
def test_bounds_that_are_reached(kernel: str, seed: int, width: int, steps: int) -> None:
    """What the heads leave out is parallel in queries and rows, and scores differ by a bit."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.standard_normal((70, width + 1)))[0].T.astype(np.float32)
    q, b = (
        rng.integers(-9, 9, size=(count, width)) @ directions[:width] + 2 * directions[width]
        for count in (20, 200)
    )
    b += rng.integers(0, 4, size=(200, 1)) * np.float32(2.0**-22) * b
    b[: 5 * steps] = b[0] + np.arange(5 * steps)[:, None] * np.float32(1e-7) * directions[width]
    q, b = q.astype(np.float32), b.astype(np.float32)
    lists, every = (
        (np.arange(200) % 3).astype(np.int32),
        np.tile(np.arange(3, dtype=np.int32), (20, 1)),
    )

    def answer() -> tuple[Any, ...]:
        return CodedLists(b, lists, q, width).search(q, every, 7)

    with pytest.MonkeyPatch.context() as patch:
        ways = both_ways(patch, kernel, answer)
    assert ways[0] == ways[1]


def lists_of_topics() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Queries, base, its lists, and the lists that queries probe, nearest first."""
    base, queries = clustered_rows(6000, 384, 40, 2, 0.9), clustered_rows(300, 384, 40, 1, 0.9)
    lists = search.probe(base, base[:20], 1)[:, 0]
    return queries, base, lists, search.probe(queries, base[:20], 12)


@pytest.fixture(scope="module")
def topics() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return lists_of_topics()


def same(got: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    assert [part.tobytes() for part in got] == [part.tobytes() for part in expected]


def test_a_basis_and_queries_of_another_kind_change_no_answer(kernel: str, topics: Any) -> None:
    queries, base, lists, probes = topics
    expected = search.scan_lists(queries, probes, base, lists, 6)
    for others in (unit_rows(50, 384, 3) * 5, -queries):
        same(CodedLists(base, lists, others).search(queries, probes, 6), expected)


def test_threads_change_nothing(kernel: str, topics: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    queries, base, lists, probes = topics

    def answers() -> tuple[Any, ...]:
        kept = CodedLists(base, lists, queries, 64)
        cut = kept.search(queries, probes, 6, Cut(0.2, 0.4))
        return (*kept.search(queries, probes, 6), *cut, *search.exact_search(queries, [base], 6))

    worth_it(monkeypatch)
    monkeypatch.setattr(native, "workers", lambda work: 1)
    expected = answers()
    monkeypatch.setattr(native, "workers", lambda work: 3)
    same(answers(), expected)


def test_a_cut_depends_on_no_order_and_no_kernel(
    kernel: str, topics: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries, base, lists, probes = topics
    rest = np.random.default_rng(1).permuted(probes[:, 1:], axis=1)
    kept = CodedLists(base, lists, queries, 64)
    expected = kept.search(queries, probes, 6, Cut(0.15, 0.3))
    same(kept.search(queries, np.column_stack([probes[:, :1], rest]), 6, Cut(0.15, 0.3)), expected)
    exact = kept.search(queries, probes, 6)
    assert 0 < (expected[0] != exact[0]).sum() < exact[0].size / 2
    answers = []
    for name in native.NAMES:
        monkeypatch.setenv("REALSYN_KERNEL", name)
        with suppress(ValueError):  # not compiled, or not this CPU's
            again = CodedLists(base, lists, queries, 64)
            answers.append(again.search(queries, probes, 6, Cut(0.15, 0.3)))
    assert answers
    for answer in answers:
        same(answer, expected)


def test_a_calibrated_cut_loses_nothing_of_what_it_was_chosen_by(kernel: str, topics: Any) -> None:
    queries, base, lists, probes = topics
    kept = CodedLists(base, lists, queries, 64)
    cut = calibrated(kept, queries[:150], probes[:150], 3)
    assert cut != EXACT
    expected = kept.search(queries, probes, 3)[0]
    found = kept.search(queries, probes, 3, cut)[0]
    assert np.array_equal(found[:150], expected[:150])
    assert (found == expected).mean() > 0.99


def test_few_pairs_pass_the_first_dimensions(
    kernel: str, topics: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut of nothing but the product itself finds less: the bound is what lets pairs pass."""
    queries, base, lists, probes = topics
    kept = CodedLists(base, lists, queries, 32)
    exact = kept.search(queries, probes, 6)
    found = kept.search(queries, probes, 6, Cut(0.0, 0.0))
    assert (found[1] <= exact[1]).all()
    assert (found[0] != exact[0]).mean() > 0.1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("side", ["queries", "base"])
def test_numbers_without_a_bound_are_refused(kernel: str, bad: float, side: str) -> None:
    rows = {"queries": unit_rows(30, 20, 1), "base": unit_rows(90, 20, 2)}
    centre = rows["queries"].copy()
    rows[side][17, 3] = bad
    lists, every = np.zeros(90, dtype=np.int32), np.zeros((30, 1), dtype=np.int32)
    with pytest.raises(ValueError, match="NaN or infinity"):
        CodedLists(rows["base"], lists, centre).search(rows["queries"], every, 4)


@by_kernel
@given(
    queries=st.integers(0, 20),
    lists=st.integers(17, 90),
    dim=dims,
    wanted=st.integers(17, 100),
    seed=seeds,
    kind=st.sampled_from(KINDS),
)
def test_many_probes(
    kernel: str, queries: int, lists: int, dim: int, wanted: int, seed: int, kind: str
) -> None:
    q, centroids = world(max(1, queries), lists, dim, seed, kind)
    q = q[:queries]
    with pytest.MonkeyPatch.context() as patch:
        ways = both_ways(patch, kernel, lambda: (search.probe(q, centroids, wanted),))
    assert ways[0] == ways[1]


def test_probes_refuse_numbers_without_a_bound(kernel: str) -> None:
    centroids: Callable[[], np.ndarray] = lambda: unit_rows(40, 8, 2)  # noqa: E731
    bad = centroids()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        search.probe(unit_rows(5, 8, 1), bad, 20)
