"""Places in runs of equal neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.retrieve.limits import positions


@pytest.mark.parametrize("kind", [np.int32, np.uint64, np.float32])
def test_places_are_numbered_in_each_run_of_equal_neighbours(kind: type[np.generic]) -> None:
    places = positions(np.array([7, 7, 3, 7, 7, 7], dtype=kind))
    assert places.tolist() == [1, 2, 1, 1, 2, 3]
    assert positions(np.zeros(0, dtype=kind)).tolist() == []
