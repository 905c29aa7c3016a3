"""float16 becomes float32 with numpy's bits, compiled or not."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.core import halves

EVERY = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
NUMBERS = EVERY[~np.isnan(EVERY)]


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, len(NUMBERS)])
def test_every_number(compiled: bool, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if compiled and halves._library() is None:
        pytest.skip("not compiled: .ci/native needs a compiler")
    if not compiled:
        monkeypatch.setattr(halves, "_library", lambda: None)
    into = np.full(count + 1, 7, dtype=np.float32)
    halves.widen(NUMBERS[:count], into[:count])
    assert into[:count].tobytes() == NUMBERS[:count].astype(np.float32).tobytes()
    assert into[count] == 7
    if count > 8:
        halves.widen(NUMBERS[1:count:2], into[: (count) // 2])  # not contiguous
        assert into[: count // 2].tolist() == NUMBERS[1:count:2].astype(np.float32).tolist()


@pytest.mark.parametrize("compiled", [True, False])
def test_rounding(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not compiled:
        monkeypatch.setattr(halves, "_library", lambda: None)
    exact = NUMBERS.astype(np.float32)
    rng = np.random.default_rng(1)
    with np.errstate(over="ignore"):
        between = (exact[:-1] + exact[1:]) / 2  # ties
        spread = rng.normal(size=9999) * 10.0 ** rng.integers(-9, 6, 9999)
        values = np.concatenate([exact, between, spread.astype(np.float32)])
        values = values[~np.isnan(values)]
        expected = values.astype(np.float16)
        assert halves.narrowed(values).tobytes() == expected.tobytes()
        assert halves.narrowed(values[::2]).tobytes() == expected[::2].tobytes()
        wide = values.astype(np.float64) * (1 + 1e-12)  # rounded once, not by way of float32
        assert halves.narrowed(wide).tobytes() == wide.astype(np.float16).tobytes()
        assert halves.narrowed(values.reshape(-1, 1)).shape == (len(values), 1)


def test_what_is_no_number_stays_none() -> None:
    into = np.empty(3, dtype=np.float32)
    halves.widen(np.array([np.nan, np.inf, -np.inf], dtype=np.float16), into)
    assert np.isnan(into[0]) and into[1:].tolist() == [np.inf, -np.inf]
