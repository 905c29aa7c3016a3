"""Numbers of trials."""

from __future__ import annotations

from realsyn_tasks.evaluate.trials import Trial, trial, trials


def test_seeds_vary_first_then_arms_then_versions() -> None:
    every = list(trials(versions=2, arms=("raw", "paper"), seeds=3))
    assert [each.number for each in every] == list(range(12))
    assert every[4] == Trial(4, 0, "paper", 1) == trial(("raw", "paper"), 3, 4)
    assert every[11] == Trial(11, 1, "paper", 2)
    assert len(set(every)) == 12
