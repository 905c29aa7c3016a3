"""A run of twice the pictures is foretold by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.scale_prediction import prediction


def record(stage: str, pictures: int, cpu: float, axis: str, batches: int) -> dict[str, Any]:
    return {
        "stage": stage,
        "group": "g",
        "pictures": pictures,
        "cpu_seconds": cpu,
        "startup_seconds": 0.5 * batches,
        "axis": axis,
        "batches": batches,
    }


def test_mapped_stages_fits_and_searches_grow_each_in_its_way() -> None:
    smaller = [
        record("parse", 1000, 10, "crawl", 2),
        record("fit", 1000, 4, "one", 1),
        record("search_lists", 1000, 8, "lists", 2),
    ]
    larger = [record("parse", 2000, 20, "crawl", 4), record("fit", 2000, 9, "one", 1)]
    said = prediction(smaller, larger)
    by_hand = (20 + 4 * 0.5) + (8 + 0.5) + (8 * 2**1.35 + 4 * 0.5)
    assert said.foretold == pytest.approx(by_hand)
    assert said.measured == pytest.approx(20 + 2 + 9 + 0.5)
    assert said.off == pytest.approx(by_hand / 31.5 - 1)
