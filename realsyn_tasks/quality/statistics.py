"""One row of counts and shares per stage group, over the commits alone, and what was dropped."""

from __future__ import annotations

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.counts import Row
from realsyn_tasks.core.evidence import Evidence


def statistics(evidence: Evidence) -> Row:
    """Give the statistics row of a group: its shards, and what it says of itself."""
    own = evidence.workspace.pipeline.group(evidence.group).hook("statistics")
    return {**_shards(evidence), **(own(evidence) if own else {})}


def drops(evidence: Evidence) -> dict[str, dict[str, dict[str, int]]]:
    """Count drops as stage -> kind -> reason -> items, leaving out stages that dropped nothing."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for stage in evidence.stages:
        dropped = evidence.statuses[stage.name].outlines.drops_by_reason
        if dropped:
            counts[stage.name] = {kind: dict(dropped[kind]) for kind in sorted(dropped)}
    return counts


def reason_words(evidence: Evidence) -> dict[str, str]:
    """Give the words for the reasons that occur, by their codes."""
    table = evidence.workspace.pipeline.group(evidence.group).reason_table()
    kinds = [counts for stage in drops(evidence).values() for counts in stage.values()]
    return {code: table.words(code) for code in sorted(set().union(*kinds))}


def _shards(evidence: Evidence) -> Row:
    states = [list(status.states.values()) for status in evidence.statuses.values()]
    return {
        "shards_expected": sum(map(len, states)),
        "shards_done": sum(shards.count(ShardState.DONE) for shards in states),
        "shards_quarantined": sum(shards.count(ShardState.QUARANTINED) for shards in states),
    }
