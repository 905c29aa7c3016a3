"""How long the rest of a run will take, from how far its stages are and what a shard of each takes.

A group takes as long as its work does on the batches that go on at once, or as the longest chain of
stages that wait for one another, whichever is longer; groups follow one another. Where a stage
tells nothing, there is no estimate but a bound, and the reason. Gates, promotions and people are
not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

START_SECONDS = (
    1.5  # of a process, for each batch (orchestration.cpu_seconds of include/costs.yaml)
)


@dataclass(frozen=True)
class Work:
    """What is left of a stage, and what a shard of it takes."""

    stage: str
    group: str
    needs: tuple[str, ...]  # stages that come before it
    shards: float  # left, less what batches at work have done of theirs
    batches: int  # that hold them
    at_work: int  # batches
    seconds: float | None  # of a shard; None: nobody knows
    source: str  # whose seconds these are, or why there are none

    def takes(self, lanes: int) -> float | None:
        """Give the seconds that it takes if so many batches go on at once."""
        if not self.batches:
            return 0.0
        if self.seconds is None:
            return None
        return self._in_all(self.seconds) / max(1, min(lanes, self.batches))

    def _in_all(self, seconds: float) -> float:
        return self.shards * seconds + START_SECONDS * (self.batches - self.at_work)

    @property
    def in_all(self) -> float:
        """Give the seconds of all of its batches one after the other, as far as they are known."""
        return self._in_all(self.seconds or 0.0)


@dataclass(frozen=True)
class Estimate:
    """How long something will take."""

    seconds: float | None  # None: not known, but `at_least`
    why: str  # what it rests on, or why there is none
    at_least: float = 0.0


@dataclass(frozen=True)
class RunEstimate:
    """How long stages, groups and the whole of a run will take."""

    stages: Mapping[str, Estimate]
    groups: Mapping[str, Estimate]
    whole: Estimate


def estimated(works: Sequence[Work]) -> RunEstimate:
    """Estimate a run by its stages, in order."""
    lanes = max(1, sum(work.at_work for work in works))
    stages = {work.stage: _of_stage(work, lanes) for work in works}
    names = dict.fromkeys(work.group for work in works)
    groups = {
        name: _of_group([work for work in works if work.group == name], lanes) for name in names
    }
    return RunEstimate(stages, groups, _in_turn(list(groups.values()), lanes))


def _of_stage(work: Work, lanes: int) -> Estimate:
    seconds = work.takes(work.at_work or lanes)
    return Estimate(seconds, work.source if work.batches else "", seconds or 0.0)


def _of_group(works: Sequence[Work], lanes: int) -> Estimate:
    unknown = [work for work in works if work.takes(lanes) is None]
    least = max(sum(work.in_all for work in works) / lanes, _longest(works, lanes))
    if unknown:
        return Estimate(None, f"{unknown[0].stage}: {unknown[0].source}", least)
    return Estimate(least, _said(lanes) if least else "", least)


def _longest(works: Sequence[Work], lanes: int) -> float:
    """Give the seconds of the longest chain of stages that wait for one another."""
    ends: dict[str, float] = {}
    for work in works:
        before = max((ends.get(name, 0.0) for name in work.needs), default=0.0)
        ends[work.stage] = before + (work.takes(lanes) or 0.0)
    return max(ends.values(), default=0.0)


def _in_turn(parts: Sequence[Estimate], lanes: int) -> Estimate:
    least = sum(part.at_least for part in parts)
    unknown = [part for part in parts if part.seconds is None]
    if unknown:
        return Estimate(None, unknown[0].why, least)
    return Estimate(least, _said(lanes) if least else "", least)


def _said(lanes: int) -> str:
    return f"{lanes} batches at once" if lanes > 1 else "one batch at a time"
