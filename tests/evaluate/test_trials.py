"""Numbers of trials."""

from __future__ import annotations

from realsyn_tasks.evaluate.trials import Trial, seed_of, trial, trials


def test_seeds_vary_first_then_arms_then_versions() -> None:
    every = list(trials(versions=2, arms=("raw", "paper"), seeds=3))
    assert [each.number for each in every] == list(range(12))
    assert every[4] == Trial(4, 0, "paper", 1) == trial(("raw", "paper"), 3, 4)
    assert every[11] == Trial(11, 1, "paper", 2)
    assert len(set(every)) == 12


def test_arms_and_versions_share_a_seeds_chance_and_runs_do_not() -> None:
    every = list(trials(versions=2, arms=["a", "b"], seeds=3))
    known = {(each.seed, seed_of(7, each)) for each in every}
    assert len(known) == len({seed for _, seed in known}) == 3
    assert known.isdisjoint({(each.seed, seed_of(8, each)) for each in every})
    assert 0 <= seed_of(2**63, every[-1]) < 2**64
