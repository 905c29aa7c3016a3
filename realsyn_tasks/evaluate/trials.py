"""The trials of an evaluation: every version with every arm, once for each seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

TEACHER = -1  # stands for the number of a trial in what the untrained teacher answers


class Trial(NamedTuple):
    """One training; its number is that of its shard."""

    number: int
    version: int
    arm: str
    seed: int


def trial(arms: Sequence[str], seeds: int, number: int) -> Trial:
    """Give the trial of a number: seeds vary first, then arms, then versions."""
    place, seed = divmod(number, seeds)
    version, arm = divmod(place, len(arms))
    return Trial(number, version, arms[arm], seed)


def seed_of(run: int, mine: Trial) -> int:
    """Give the seed of a trial's chance, by that of the run: the same in all arms and versions.

    No two seeds of a run are alike, nor any of runs that differ.
    """
    return ((run << 20) + mine.seed) % 2**64


def trials(versions: int, arms: Sequence[str], seeds: int) -> Iterator[Trial]:
    """Give all trials in order."""
    return (trial(arms, seeds, number) for number in range(versions * len(arms) * seeds))
