"""Bit for bit: what the kernels answer and what the portable path answers."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import duplicates, kmeans, native, search
from tests.vectors.data import clustered_rows, grid_rows, tree_dot, unit_rows

HERE = [name for name in native.NAMES if native.library_path(name).exists()]
SYS_ARCH_PRCTL, WHAT_IS_PERMITTED, TILE_DATA = 158, 0x1022, 18
needs_kernel = pytest.mark.skipif(
    not HERE, reason="no kernel compiled: .ci/native needs a compiler"
)
pytestmark = needs_kernel


@pytest.fixture(params=native.NAMES)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REALSYN_KERNEL", request.param)
    try:
        native.kernel()
    except ValueError as error:
        pytest.skip(str(error))
    return str(request.param)


def both_ways(
    monkeypatch: pytest.MonkeyPatch, name: str, answer: Callable[[], tuple[Any, ...]]
) -> list[list[bytes]]:
    answers = []
    for way in (name, native.PORTABLE):
        monkeypatch.setenv("REALSYN_KERNEL", way)
        answers.append([np.asarray(array).tobytes() for array in answer()])
    return answers


def spoiled(rows: np.ndarray, kind: str, seed: int) -> np.ndarray:
    """Rows that make bounds hard: copies, zeros, huge and tiny norms, one large dimension."""
    rng = np.random.default_rng(seed)
    rows = rows.copy()
    some = rng.integers(0, len(rows), size=max(1, len(rows) // 3))
    if kind == "copies":
        rows[some] = rows[0]
    elif kind == "nearly equal":
        rows[some] = rows[0] * (1 + rng.integers(0, 4, size=(len(some), 1)) * np.float32(2**-23))
    elif kind == "zeros":
        rows[some] = 0
    elif kind == "norms":
        rows[some] *= 10.0 ** rng.integers(-25, 14, size=(len(some), 1))
    elif kind == "one dimension":
        rows[:, -1] += 50
    return rows.astype(np.float32)


KINDS = ("plain", "ties", "copies", "nearly equal", "zeros", "norms", "one dimension")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    queries=st.integers(0, 40),
    base=st.integers(0, 130),
    dim=st.sampled_from([1, 2, 3, 15, 16, 17, 48, 63, 64, 65, 100, 384]),
    k=st.integers(1, 60),
    cut=st.integers(0, 130),
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(KINDS),
)
def test_exact_search(
    kernel: str, queries: int, base: int, dim: int, k: int, cut: int, seed: int, kind: str
) -> None:
    make = grid_rows if kind == "ties" else unit_rows
    q, b = make(queries, dim, seed), make(base, dim, seed + 1)
    if queries and base:
        q, b = spoiled(q, kind, seed), spoiled(b, kind, seed + 2)
    with pytest.MonkeyPatch.context() as patch:
        ways = both_ways(patch, kernel, lambda: search.exact_search(q, np.split(b, [cut]), k))
    assert ways[0] == ways[1]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(probes=st.integers(1, 6), seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS))
def test_search_lists(kernel: str, probes: int, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    make = grid_rows if kind == "ties" else unit_rows
    q, b = spoiled(make(30, 40, seed), kind, seed), spoiled(make(300, 40, seed), kind, seed)
    query_lists = rng.integers(-1, 8, size=(30, probes)).astype(np.int32)
    base_lists = rng.integers(0, 7, size=300).astype(np.int32)
    with pytest.MonkeyPatch.context() as patch:
        ways = both_ways(
            patch, kernel, lambda: search.search_lists(q, query_lists, b, base_lists, 5)
        )
    assert ways[0] == ways[1]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    count=st.integers(2, 200),
    dim=st.sampled_from([1, 5, 33, 64, 100]),
    block=st.integers(1, 90),
    threshold=st.sampled_from([-0.2, 0.3, 0.9, 1.0]),
    filtered=st.booleans(),
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(KINDS),
)
def test_near_pairs(
    kernel: str,
    count: int,
    dim: int,
    block: int,
    threshold: float,
    filtered: bool,
    seed: int,
    kind: str,
) -> None:
    make = grid_rows if kind == "ties" else unit_rows
    rows = spoiled(make(count, dim, seed), kind, seed)
    a, b = rows[: count // 2], rows[count // 2 :]

    def answer() -> tuple[Any, ...]:
        crossing = duplicates.near_pairs_between(a, b, threshold, block)
        return (*duplicates.near_pairs(rows, threshold, block), *crossing)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_FILTERED_FROM", 0 if filtered else 10**9)
        ways = both_ways(patch, kernel, answer)
    assert ways[0] == ways[1]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(count=st.integers(1, 150), seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS))
def test_k_means(kernel: str, count: int, seed: int, kind: str) -> None:
    make = grid_rows if kind == "ties" else unit_rows
    rows = spoiled(make(count, 20, seed), kind, seed)

    def answer() -> tuple[Any, ...]:
        centroids = kmeans.fit(rows, max(1, count // 6), seed=seed)
        return centroids, kmeans.assign(rows, centroids)

    with pytest.MonkeyPatch.context() as patch:
        ways = both_ways(patch, kernel, answer)
    assert ways[0] == ways[1]


@pytest.mark.parametrize("dim", [64, 100, 512])
def test_codes_at_their_limits(kernel: str, dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All dimensions have the largest code: sums of products are as large as they can be."""
    signs = np.random.default_rng(dim).choice([-1.0, 1.0], size=(200, dim))
    signs[::3], signs[1::9] = np.tile([1.0, -1.0], dim // 2), 1.0
    rows = (np.concatenate([signs, -signs]) / dim**0.5).astype(np.float32)  # of mean zero
    some, lists = rows[:60], (np.arange(400) % 3).astype(np.int32)

    def answer() -> tuple[Any, ...]:
        found = search.search_lists(some, np.tile([0, 2], (60, 1)).astype("i4"), rows, lists, 5)
        return (*search.exact_search(some, [rows], 20), *found, *duplicates.near_pairs(rows, 0.9))

    ways = both_ways(monkeypatch, kernel, answer)
    assert ways[0] == ways[1]


def test_threads_and_halves_change_no_bit(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    queries, base = clustered_rows(400, 96, 12, 1), clustered_rows(9000, 96, 12, 2)
    lists = (np.arange(9000) % 37).astype(np.int32)
    probes = np.tile(np.arange(20, dtype=np.int32), (400, 1))

    def answer() -> tuple[Any, ...]:
        found = search.search_lists(queries, probes, base, lists, 6)
        pairs = duplicates.near_pairs(base[:2000], 0.7)
        return (*found, *pairs, *search.exact_search(queries, [base], 6))

    monkeypatch.setattr(native, "workers", lambda work: 1)
    expected = both_ways(monkeypatch, kernel, answer)
    monkeypatch.setattr(native, "workers", lambda work: 3)
    assert expected[0] == expected[1] == both_ways(monkeypatch, kernel, answer)[0]
    halves = search.search_lists(queries, probes, base.astype(np.float16), lists, 6)
    whole = search.search_lists(queries, probes, base.astype(np.float16).astype("f4"), lists, 6)
    assert [part.tobytes() for part in halves] == [part.tobytes() for part in whole]


@pytest.mark.parametrize("dim", [1, 2, 5, 64, 99, 384, 512, 768, 1024])
def test_scores_are_added_in_the_stated_order(kernel: str, dim: int) -> None:
    left, right, rows = unit_rows(20, dim, 1), unit_rows(20, dim, 2), np.arange(20)
    found = native.kernel()
    assert found is not None
    got = found.pair_scores(left, rows, right, rows)
    expected = np.array([tree_dot(x, y) for x, y in zip(left, right, strict=True)])
    assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("side", ["queries", "base"])
def test_numbers_without_a_bound_are_refused(kernel: str, bad: float, side: str) -> None:
    rows = {"queries": unit_rows(30, 20, 1), "base": unit_rows(90, 20, 2)}
    rows[side][17, 3] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        search.exact_search(rows["queries"], [rows["base"]], 4)


def test_few_pairs_are_scored_in_full(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is worth something: a second look at the same base is at a few per cent."""
    found = native.kernel()
    assert found is not None
    queries, base = unit_rows(64, 512, 1), unit_rows(5000, 512, 2)
    middle, centre = native.mean_row(queries), native.mean_row(base)
    left = found.code(queries, middle, centre, base=False)
    right = found.code(base, centre, middle, base=True)
    constant = float(middle @ centre)
    exact = queries @ base.T
    floor = float(np.sort(exact.ravel())[-200])
    groups, limits = range(len(base) // 16 + 1), (constant, floor, -2.0)
    looked_at, _ = found.pairs(left, np.arange(64), right, groups, limits, (queries, base), False)
    above = set(map(tuple, np.argwhere(exact >= floor + 1e-4).tolist()))
    assert above <= set(map(tuple, looked_at.tolist()))
    assert len(looked_at) < 0.01 * exact.size


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_KERNEL", native.PORTABLE)
    assert native.kernel() is None
    assert native.kernel_name() == native.PORTABLE
    monkeypatch.setenv("REALSYN_KERNEL", "quantum")
    with pytest.raises(ValueError, match="none of amx, avx512vnni, avx2, portable"):
        native.kernel()


def test_tiles_are_used_with_the_permission_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that multiplies by tiles without it is killed."""
    monkeypatch.delenv("REALSYN_KERNEL", raising=False)
    if native.kernel_name() != "amx":
        pytest.skip("not this CPU's, or not compiled")
    permitted = ctypes.c_uint64()
    assert (
        ctypes.CDLL(None).syscall(SYS_ARCH_PRCTL, WHAT_IS_PERMITTED, ctypes.byref(permitted)) == 0
    )
    assert permitted.value >> TILE_DATA & 1


def test_rows_too_long_for_a_bound_take_the_portable_path(kernel: str) -> None:
    queries, base = unit_rows(9, 8, 1), unit_rows(70, 8, 2)
    assert native.scanner(queries * np.float32(1e16), base) is None
    scanner = native.scanner(queries, base)
    assert scanner is not None
    keys, rows = search.TopK(9, 2)._keys, np.arange(9)
    assert not scanner.offer(keys, rows, rows, base * np.float32(1e16), np.arange(70))
