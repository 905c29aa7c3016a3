"""The fits of the sample group: band, number of clusters, orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from realsyn_tasks.runs.preset import read
from realsyn_tasks.sample import fit_band, fit_clusters
from realsyn_tasks.sample.orders import Purpose, order_of
from tests.support import FakeInputs, context


def _band(tmp_path: Path, scores: Sequence[float | None], **settings: float) -> dict[str, float]:
    pieces = [pa.table({"syn_score": pa.array(part, pa.float32())}) for part in (scores, [])]
    inputs = FakeInputs({("score_pairs", "pairs"): pieces})
    output = fit_band.run(inputs, fit_band.Config(**settings), context(tmp_path))
    [row] = output.tables["band"].to_pylist()
    assert isinstance(row, dict)
    return row


def test_the_default_band_has_no_upper_end(tmp_path: Path) -> None:
    """The best pairs score highest; the paper cuts there for the sake of pictures of text."""
    row = _band(tmp_path, np.linspace(0, 1, 1001).tolist())
    assert row["low"] == pytest.approx(0.075)
    assert row["high"] == 1.0
    assert row["quantile_high"] == 1.0


def test_pairs_without_a_text_have_no_part_in_the_band(tmp_path: Path) -> None:
    scores = [0.2, None, 0.4, None, 0.6]
    row = _band(tmp_path, scores, quantile_low=0.5)
    assert (row["low"], row["high"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert _band(tmp_path, [None, None])["low"] == -1.0


def test_the_papers_band_is_the_middle_85_percent(tmp_path: Path) -> None:
    settings = read("paper").stages["fit_band"]
    row = _band(tmp_path, np.linspace(0, 1, 1001).tolist(), **settings)
    assert row["low"] == pytest.approx(0.075)
    assert row["high"] == pytest.approx(0.925)
    assert row["quantile_high"] - row["quantile_low"] == pytest.approx(0.85, abs=0.002)


def test_the_papers_absolute_band(tmp_path: Path) -> None:
    row = _band(tmp_path, [0.5, 0.52, 0.6, 0.7], low=0.51, high=0.61)
    assert (row["low"], row["high"]) == (0.51, 0.61)
    assert (row["quantile_low"], row["quantile_high"]) == (0.25, 0.75)


def test_one_absolute_bound_replaces_one_quantile(tmp_path: Path) -> None:
    row = _band(tmp_path, np.linspace(0, 1, 101).tolist(), low=-1.0)
    assert (row["low"], row["high"]) == (-1.0, 1.0)


def test_no_pairs_no_narrow_band(tmp_path: Path) -> None:
    row = _band(tmp_path, [])
    assert (row["low"], row["high"]) == (-1.0, 1.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"low": 0.6, "high": 0.5},
        {"quantile_low": 0.9, "quantile_high": 0.1},
        {"quantile_low": -0.1},
        {"keep": 0.85},
    ],
)
def test_bands_that_make_no_sense(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        fit_band.Config(**settings)


@pytest.mark.parametrize(
    ("pairs", "clusters"),
    [(0, 0), (1, 1), (7, 1), (40, 5), (300, 16), (10_000, 60), (168_300_000, 1_001_786)],
)
def test_number_of_clusters(pairs: int, clusters: int) -> None:
    """The paper has 168.3 M pairs in 1 M clusters; small builds have several all the same."""
    assert fit_clusters.clusters_for(pairs, fit_clusters.Config()) == clusters


def test_orders_depend_on_image_seed_and_purpose_alone() -> None:
    ids = [f"{number:032x}" for number in range(500)]
    orders = [order_of(ids, seed, purpose) for seed in (0, 1) for purpose in Purpose]
    for number, order in enumerate(orders):
        assert len(set(order.tolist())) == len(ids)
        for other in orders[:number]:
            assert abs(np.corrcoef(order.astype(float), other.astype(float))[0, 1]) < 0.2
    back = order_of(ids[::-1], 0, Purpose.FIT)
    assert back[::-1].tolist() == orders[0].tolist()
