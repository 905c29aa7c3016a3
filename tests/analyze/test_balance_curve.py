"""Rank curves of clusters: balanced is flatter than random."""

from __future__ import annotations

from realsyn_tasks.analyze.balance_curve import curves, shown_ranks

BEFORE = [900, 60, 30, 10]
BALANCED = [40, 40, 30, 10]


def curve(sampling: str, **changes: int) -> list[int]:
    given = {"ranks": 100, "seed": 0, **changes}
    rows = [row for row in curves(BALANCED, BEFORE, **given) if row["sampling"] == sampling]
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["pairs"] for row in rows]


def test_a_balanced_sample_is_flatter_than_a_random_one_of_the_same_size() -> None:
    assert curve("balanced") == BALANCED
    assert sum(curve("random")) == sum(BALANCED)
    assert curve("random")[0] > 95 > curve("balanced")[0]
    assert curve("all") == BEFORE


def test_a_seed_draws_the_same_again() -> None:
    assert curve("random") == curve("random")
    assert any(curve("random", seed=seed) != curve("random") for seed in range(1, 5))


def test_without_the_build_there_is_the_balanced_curve_alone() -> None:
    assert {row["sampling"] for row in curves(BALANCED, [], 100, 0)} == {"balanced"}
    assert list(curves([], [], 100, 0)) == []


def test_a_million_clusters_are_shown_by_few_ranks() -> None:
    ranks = shown_ranks(1_000_000, 256)
    assert ranks[0] == 1 and ranks[-1] == 1_000_000
    assert 100 < len(ranks) <= 256 and ranks == sorted(set(ranks))
