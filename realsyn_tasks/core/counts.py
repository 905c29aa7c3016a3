"""Items on their way through stages, counted over commits: given, kept, dropped, lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from realsyn_tasks.core.evidence import Evidence

Row = dict[str, Any]


@dataclass(frozen=True)
class FunnelStep:
    """How many items came as far as this, and why others did not."""

    name: str
    kind: str  # of item: document, image, sentence, pair
    items: int
    dropped: dict[str, int] = field(default_factory=dict)  # reason -> items, most frequent first


def share(part: float, whole: float) -> float:
    """Divide; nothing of nothing is nothing."""
    return part / whole if whole else 0.0


def by_frequency(counts: Mapping[str, int]) -> dict[str, int]:
    """Sort reasons by frequency, then name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def added(dropped: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up drops by reason, the most frequent first."""
    return by_frequency(sum(map(Counter, dropped), start=Counter[str]()))


def dropped_in(dropped: Mapping[str, Mapping[str, int]]) -> int:
    """Count all that a commit dropped."""
    return sum(count for reasons in dropped.values() for count in reasons.values())


def given(evidence: Evidence, stage: str, table: str) -> dict[int, int]:
    """Count what a stage hands on by shard, also what it knows by address only."""
    return {tally.shard: _handed_on(tally.rows, table) for tally in evidence.tallies(stage)}


def _handed_on(rows: Mapping[str, int], table: str) -> int:
    return rows.get(table, 0) + rows.get(f"linked_{table}", 0)


def lost(evidence: Evidence, taken: Mapping[int, int], stage: str, table: str) -> int:
    """Count the rows that a stage was given and neither kept nor dropped, or made up."""
    return sum(
        abs(taken[tally.shard] - _handed_on(tally.rows, table) - dropped_in(tally.dropped))
        for tally in evidence.tallies(stage)
        if tally.shard in taken
    )


@dataclass(frozen=True)
class Way:
    """One kind of item on its way through the stages of a group."""

    stages: tuple[str, ...]
    taken: int
    kept: int
    dropped: Counter[str]


def way(evidence: Evidence, kind: str) -> Way:
    """Follow a kind of item through its stages: each reads what the one before kept."""
    table, group = f"{kind}s", evidence.workspace.pipeline.group(evidence.group)
    stages = tuple(name for name in group.ways[kind] if evidence.workspace.runs(name))
    first = stages[0]
    taken = evidence.rows(first, table) + evidence.rows(first, f"linked_{table}")
    return Way(
        stages=stages,
        taken=taken + evidence.dropped(first, kind).total(),
        kept=evidence.rows(stages[-1], table),
        dropped=sum((evidence.dropped(name, kind) for name in stages), start=Counter[str]()),
    )


def lost_on(evidence: Evidence, kind: str) -> int:
    """Count the items that stages on a kind's way were given and neither kept nor dropped."""
    table = f"{kind}s"
    return sum(
        lost(evidence, given(evidence, read, table), stage, table)
        for read, stage in pairwise(way(evidence, kind).stages)
    )
