"""Exchanges in two steps: whether there are two, and what is collected where.

A keyed stage of N shards has a piece for each of M readers: read directly, that takes N x M
requests. Where those are many, the shards of a collecting stage (core.collect), about sqrt(N) of
them, read a run of the N shards each, every object once and whole; readers then read of these few.

Nothing that a reader gets depends on it, so neither does a reader's fingerprint: it is made of what
the keyed stage holds, collected or not. Runs begin at multiples of a power of two, so a build over
more of the same corpus has the same runs but for the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isqrt

from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Stage

FEWEST = 16  # shards that are collected
DIRECTLY = 4_096  # pieces that are read without collecting: one costs some 2 CPU-ms and 2 requests


def collecting_shards(shards: int, keys: int) -> int:
    """Count the shards that collect what so many have for so many readers; 0 for none."""
    if shards < FEWEST or shards * keys <= DIRECTLY:
        return 0
    return -(-shards // _power_of_two(isqrt(shards - 1) + 1))


def run_of(shards: int, collecting: int, shard: int) -> range:
    """Give which of so many shards one of so many collecting ones reads."""
    width = _power_of_two(-(-shards // collecting)) if collecting else 1
    return range(min(shards, shard * width), min(shards, (shard + 1) * width))


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


def with_collecting(config: RunConfig, stages: Iterable[Stage]) -> RunConfig:
    """Say in a run's configuration how many shards collect what each keyed stage makes."""
    by_name = {stage.name: stage for stage in stages}
    counts = {
        str(stage.axis): _count(config, by_name[stage.collects])
        for stage in by_name.values()
        if stage.collects
    }
    partitions = config.partitions | {axis: count for axis, count in counts.items() if count}
    return config.model_copy(update={"partitions": partitions})


def _count(config: RunConfig, stage: Stage) -> int:
    if not config.enabled(stage) or not stage.keyed_by:
        return 0
    return collecting_shards(config.shards(stage.axis), config.shards(stage.keyed_by))
