from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors.hash_order import bottom_k, bottom_k_of, hash_order, row_order


def test_hashes_are_stable() -> None:
    hashes = hash_order(["a", "b", "Zürich"], seed=7)
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == [15984439098443337532, 5198048033796411321, 17366661980920689454]
    assert row_order(3, 0).tolist() == [
        16294208416658607535,
        7960286522194355700,
        487617019471545679,
    ]


def test_text_bytes_and_arrays_hash_alike() -> None:
    ids = ["00ff", "beef", "cafe"]
    expected = hash_order(ids, 1).tolist()
    assert hash_order(np.array(ids), 1).tolist() == expected
    assert hash_order(np.array(ids, dtype="S4"), 1).tolist() == expected
    assert hash_order((i for i in ids), 1).tolist() == expected
    assert hash_order(ids, 2).tolist() != expected
    assert hash_order([], 1).shape == (0,)


def test_hashes_do_not_depend_on_their_company() -> None:
    ids = [f"{n:032x}" for n in range(100)]
    assert np.concatenate([hash_order(ids[:37], 3), hash_order(ids[37:], 3)]).tolist() == (
        hash_order(ids, 3).tolist()
    )


def test_hashes_are_spread_evenly() -> None:
    for hashes in (hash_order([str(n) for n in range(20_000)], 1), row_order(20_000, 1)):
        share = np.bincount((hashes >> np.uint64(60)).astype(int), minlength=16) / 20_000
        assert abs(share - 1 / 16).max() < 0.01
        assert len(np.unique(hashes)) == 20_000


@given(hashes=st.lists(st.integers(0, 5), max_size=30), k=st.integers(0, 35))
def test_bottom_k_sorts_by_hash_then_row(hashes: list[int], k: int) -> None:
    expected = sorted(range(len(hashes)), key=lambda row: (hashes[row], row))[:k]
    assert bottom_k(np.array(hashes, dtype=np.uint64), k).tolist() == expected


@settings(deadline=None)
@given(pieces=st.lists(st.lists(st.integers(0, 5), max_size=9), max_size=6), k=st.integers(0, 35))
def test_pieces_have_the_bottom_k_of_the_whole(pieces: list[list[int]], k: int) -> None:
    arrays = [np.array(piece, dtype=np.uint64) for piece in pieces]
    whole = np.concatenate([np.zeros(0, dtype=np.uint64), *arrays])
    assert bottom_k_of(iter(arrays), k).tolist() == bottom_k(whole, k).tolist()


def test_a_negative_k_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        bottom_k(np.zeros(2, dtype=np.uint64), -1)
