from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.vectors.audit import (
    confidence,
    confidence_over,
    list_ranks,
    probes_for_recall,
    recall_at,
    regret,
)
from realsyn_tasks.vectors.kmeans import assign, fit
from realsyn_tasks.vectors.search import exact_search, probe, search_lists
from tests.vectors.data import clustered_rows


def test_recall_counts_true_ids_found_in_any_order() -> None:
    found = np.array([[3, 1, 9], [5, 6, 7], [4, -1, -1], [-1, -1, -1]])
    truth = np.array([[1, 2, 3], [5, 6, 7], [4, 8, -1], [-1, -1, -1]])
    assert recall_at(found, truth, 3).tolist() == [2 / 3, 1.0, 0.5, 1.0]
    assert recall_at(found, truth, 1).tolist() == [0.0, 1.0, 1.0, 1.0]


def test_regret_is_the_score_given_away() -> None:
    truth = np.array([[0.5, 0.25], [0.5, -np.inf], [0.5, 0.5]], dtype=np.float32)
    found = np.array([[0.25, 0.25], [0.5, -np.inf], [0.5, -np.inf]], dtype=np.float32)
    assert regret(found, truth).tolist() == [0.125, 0.0, 0.75]


def test_wilson_limits_match_the_published_formula() -> None:
    interval = confidence(np.repeat([1.0, 0.0], [45, 5]))
    assert interval.mean == 0.9
    assert (interval.low, interval.high) == (
        pytest.approx(0.7864, abs=1e-4),
        pytest.approx(0.9565, abs=1e-4),
    )
    assert confidence(np.ones(100)).low == pytest.approx(0.963, abs=1e-3)
    assert confidence(np.array([])).low == 0.0


def test_wilson_covers_the_mean_of_fractions() -> None:
    rng = np.random.default_rng(1)
    samples = rng.binomial(3, 0.9, size=(2000, 150)) / 3
    intervals = [confidence(sample) for sample in samples]
    assert np.mean([i.low <= 0.9 <= i.high for i in intervals]) >= 0.95


def test_rank_of_an_unprobed_list_is_the_number_of_probes() -> None:
    ranks = list_ranks(np.array([[4, 2, 7]]), np.array([[7, 4, 5, -1]]))
    assert ranks.tolist() == [[2, 0, 3, 3]]


def test_plan_meets_its_target_on_other_queries() -> None:
    base, queries = clustered_rows(6000, 24, 60, 1, 1.2), clustered_rows(1600, 24, 60, 2, 1.2)
    centroids = fit(base, 40, seed=3)
    lists = assign(base, centroids)
    truth, _ = exact_search(queries, [base], 3)
    probed = probe(queries, centroids, 40)
    plan = probes_for_recall(probed[:800], lists[truth[:800]], 40, target=0.9)
    assert 1 < plan.nprobe < 40
    assert plan.recall.low >= 0.9 > plan.curve[0]
    assert list(plan.curve) == sorted(plan.curve)
    found, _ = search_lists(queries[800:], probed[800:, : plan.nprobe], base, lists, 3)
    assert confidence(recall_at(found, truth[800:], 3)).high >= 0.9
    labelled, _ = search_lists(queries[:800], probed[:800, : plan.nprobe], base, lists, 3)
    assert recall_at(labelled, truth[:800], 3).mean() == pytest.approx(plan.curve[-1])


def test_too_small_a_sample_or_too_few_probes_mean_every_list() -> None:
    probed, truth = np.array([[0, 1]] * 5), np.array([[0]] * 5)
    assert probes_for_recall(probed, truth, 9, target=0.95).exact
    assert probes_for_recall(probed[:0], truth[:0], 9, target=0.95).exact
    assert probes_for_recall(probed, truth, 9, target=0.5).nprobe == 1
    assert probes_for_recall(np.array([[0, 1]] * 500), np.array([[3]] * 500), 9, 0.5).exact
    with pytest.raises(ValueError, match="target recall"):
        probes_for_recall(probed, truth, 9, target=0.0)


def test_an_interval_over_groups_of_one_is_nearly_that_of_its_values() -> None:
    values = np.repeat([1.0, 0.0], [30, 170])
    alone, grouped = confidence(values), confidence_over(values, [str(n) for n in range(200)])
    assert (grouped.mean, grouped.count) == (alone.mean, 200)
    assert (grouped.low, grouped.high) == (
        pytest.approx(alone.low, abs=2e-3),
        pytest.approx(alone.high, abs=2e-3),
    )


def test_an_interval_over_groups_covers_what_groups_differ_by() -> None:
    random = np.random.default_rng(0)
    hits, trials = 0, 300
    for _ in range(trials):
        shares, sizes = random.beta(1, 4, size=50), random.geometric(0.2, size=50)
        values = np.concatenate([random.random(n) < p for p, n in zip(shares, sizes, strict=True)])
        groups = np.repeat([str(n) for n in range(50)], sizes)
        interval = confidence_over(values.astype(float), groups.tolist())
        hits += interval.low <= 0.2 <= interval.high
        assert interval.high - interval.low > 0
    assert hits / trials > 0.9


def test_few_groups_say_little_however_many_values_they_have() -> None:
    one = confidence_over(np.ones(1000), ["a"] * 1000)
    assert one.low < 0.1
    assert confidence_over(np.zeros(0), []).count == 0
