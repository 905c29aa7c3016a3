"""The fits of the sample group: band, number of clusters, orders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from realsyn_tasks.core import tables
from realsyn_tasks.runs.preset import read
from realsyn_tasks.sample import assign_images, filter_pairs, fit_band, fit_clusters
from realsyn_tasks.sample.orders import Purpose, order_of
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import bottom_k
from tests.sample.builds import Pairs, made_pairs
from tests.support import BatchInputs, FakeInputs, context


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


def test_a_large_build_draws_a_sample_and_small_ones_everything() -> None:
    assert filter_pairs.drawn_below(1000, 1000) == filter_pairs.EVERYTHING
    share = filter_pairs.drawn_below(1000, 8000) / filter_pairs.EVERYTHING
    assert share == pytest.approx(1 / 8)


@pytest.fixture(scope="module")
def many() -> Pairs:
    return made_pairs([b"%d" % number for number in range(400)], shards=3)


def fitted(many: Pairs, scratch: Path, cuts: int = 3, **settings: Any) -> tuple[Any, int]:
    """Filter and fit over so many cuts; give the fit, and how many vectors were handed on."""
    parts = recut(many, cuts)
    band = {"low": -1.0, "high": 2.0, "pairs": many.rows}
    drawn, kept = [], []
    for pairs, images in parts:
        given = {("score_pairs", "pairs"): [pairs], ("corpus", "images"): [images]}
        given["fit_band", "band"] = [pa.table({name: [value] for name, value in band.items()})]
        filtering = filter_pairs.Config(max_text_area=None, **settings)
        output = filter_pairs.run(FakeInputs(given), filtering, context(scratch))
        drawn.append(output.tables["drawn"])
        kept.append(output.tables["pairs"])
    made = {("filter_pairs", "drawn"): drawn, ("filter_pairs", "pairs"): kept}
    config = fit_clusters.Config(images_per_cluster=20, sample_per_cluster=8)
    output = fit_clusters.run(FakeInputs(made), config, context(scratch))
    return output, sum(table.num_rows for table in drawn)


def recut(many: Pairs, cuts: int) -> list[tuple[pa.Table, pa.Table]]:
    pairs = pa.concat_tables(many.pairs).sort_by("image_id").combine_chunks()
    images = tables.ordered(pa.concat_tables(many.images), ["image_id"])
    ends = np.linspace(0, many.rows, cuts + 1).astype(int).tolist()
    return [(pairs.slice(a, b - a), images.slice(a, b - a)) for a, b in pairwise(ends)]


def test_clusters_are_fitted_to_the_first_images_in_the_order_of_fit(
    many: Pairs, tmp_path: Path
) -> None:
    output, drawn = fitted(many, tmp_path)
    images = tables.ordered(pa.concat_tables(many.images), ["image_id"])
    order = order_of(images["image_id"].to_pylist(), 0, Purpose.FIT)
    sample = tables.vectors_of(images)[bottom_k(order, 20 * 8)]
    expected = kmeans.fit(sample, 20, seed=0).astype(np.float16)
    assert tables.vectors_of(output.tables["centroids"]).tolist() == expected.tolist()
    assert drawn == many.rows


@pytest.mark.parametrize("most", [10_000, 150])
def test_clusters_do_not_depend_on_how_the_corpus_is_cut(
    many: Pairs, most: int, tmp_path: Path
) -> None:
    made = [fitted(many, tmp_path, cuts, max_drawn=most) for cuts in (1, 2, 7)]
    for output, drawn in made[1:]:
        assert output.tables["centroids"].equals(made[0][0].tables["centroids"])
        assert drawn == made[0][1]


def test_the_vectors_handed_on_are_bounded_whatever_the_corpus(many: Pairs, tmp_path: Path) -> None:
    """And where they are too few for the clusters, there are fewer of these."""
    output, drawn = fitted(many, tmp_path, max_drawn=100)
    assert 60 < drawn < 140
    assert output.measures["sample"] <= drawn
    assert output.measures["clusters"] == drawn // 8
    assert output.measures["pairs"] == many.rows


def test_many_clusters_are_looked_up_by_groups_and_it_is_counted_how_well(
    many: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, _ = fitted(many, tmp_path)
    given = {("corpus", "images"): many.images[:1], ("filter_pairs", "pairs"): many.pairs[:1]}
    given["fit_clusters", "centroids"] = [output.tables["centroids"]]
    exact = assign_images.run(FakeInputs(given), assign_images.Config(), context(tmp_path))
    assert exact.counts == {}
    monkeypatch.setattr(kmeans, "GROUPED_FROM", 20)  # as many as there are
    near = assign_images.run(FakeInputs(given), assign_images.Config(), context(tmp_path))
    assert near.counts["compared"] == assign_images.COMPARED
    columns = [o.tables["images"]["cluster_id"].to_numpy() for o in (exact, near)]
    alike = (columns[0] == columns[1])[: assign_images.COMPARED]
    assert near.counts["nearest"] >= alike.sum() - 1  # the table is in order of id


def test_clusters_are_made_ready_once_for_the_shards_of_a_batch(
    many: Pairs, tmp_path: Path
) -> None:
    output, _ = fitted(many, tmp_path)
    given = {("corpus", "images"): many.images[:1], ("filter_pairs", "pairs"): many.pairs[:1]}
    given["fit_clusters", "centroids"] = [output.tables["centroids"]]
    inputs = BatchInputs(given)
    for _ in range(3):
        assign_images.run(inputs, assign_images.Config(), context(tmp_path))
    assert inputs.reads["corpus", "images"] == 3
    assert inputs.reads["fit_clusters", "centroids"] == 1


def test_the_band_is_read_once_for_the_shards_of_a_batch(many: Pairs, tmp_path: Path) -> None:
    inputs = BatchInputs({("score_pairs", "pairs"): many.pairs[:1]})
    inputs.tables["corpus", "images"] = many.images[:1]
    inputs.tables["fit_band", "band"] = [pa.table({"low": [-1.0], "high": [2.0], "pairs": [9]})]
    for _ in range(3):
        filter_pairs.run(inputs, filter_pairs.Config(max_text_area=None), context(tmp_path))
    assert inputs.reads["score_pairs", "pairs"] == 3
    assert inputs.reads["fit_band", "band"] == 1
