"""Timing two ways of doing one thing, and the rows that come of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Generic, TypeVar

T = TypeVar("T")
LOWER_IS_BETTER = {"off", "CPU s", "wall s", "MB", "exponent", "ratio", "lines"}
LOWER_IS_BETTER |= {"bytes", "bytes of a word", "instances"}


@dataclass(frozen=True)
class Options:
    repeats: int = 3
    threads: int = 1
    scale: float = 1.0
    cases: tuple[str, ...] = ()  # names of parts of a suite; all when empty
    more: tuple[str, ...] = ()  # a suite's own options

    def rows(self, count: int) -> int:
        return max(1000, round(count * self.scale))

    def wants(self, case: str) -> bool:
        return not self.cases or case in self.cases


@dataclass(frozen=True)
class Row:
    """One comparison; ``ratio`` above 1 means that ours is better. Some have no peer."""

    suite: str
    case: str
    ours: float
    peer: float | None
    unit: str
    machine: str

    @property
    def ratio(self) -> float | None:
        if self.peer is None:
            return None
        better = (self.peer, self.ours) if self.unit in LOWER_IS_BETTER else (self.ours, self.peer)
        return better[0] / better[1] if better[1] else float("inf")

    def record(self) -> dict[str, str | float | None]:
        return {**asdict(self), "ratio": self.ratio}


@dataclass(frozen=True)
class Timed(Generic[T]):
    value: T
    cpu: float
    wall: float


def alternate(
    ours: Callable[[], T], peer: Callable[[], T], repeats: int
) -> tuple[Timed[T], Timed[T]]:
    """Medians of ``repeats`` runs of each, in turns, so that a busy moment hits both."""
    runs = [(_once(ours), _once(peer)) for _ in range(repeats)]
    return _medians([first for first, _ in runs]), _medians([second for _, second in runs])


def timed(function: Callable[[], T], repeats: int) -> Timed[T]:
    """Medians of ``repeats`` runs."""
    return _medians([_once(function) for _ in range(repeats)])


def timing_rows(
    suite: str, case: str, ours: Timed[Any], peer: Timed[Any], machine: str
) -> Iterator[Row]:
    yield Row(suite, case, ours.cpu, peer.cpu, "CPU s", machine)
    yield Row(suite, case, ours.wall, peer.wall, "wall s", machine)


def machine_name(threads: int) -> str:
    """CPU, cores, threads used and what a float32 product reaches on them right now."""
    import numpy as np

    side = 2048
    square = np.random.default_rng(0).random((side, side), dtype=np.float32)
    best = min(_once(lambda: square @ square).wall for _ in range(5))
    peak = 2 * side**3 / best / 1e9
    return (
        f"{_cpu_name()}, {os.cpu_count()} cores, {threads} thread(s), "
        f"float32 GEMM {peak:.0f} GFLOP/s, numpy {np.__version__}"
    )


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _once(function: Callable[[], T]) -> Timed[T]:
    cpu, wall = process_time(), perf_counter()
    value = function()
    return Timed(value, process_time() - cpu, perf_counter() - wall)


def _medians(runs: list[Timed[T]]) -> Timed[T]:
    return Timed(runs[0].value, median(run.cpu for run in runs), median(run.wall for run in runs))
