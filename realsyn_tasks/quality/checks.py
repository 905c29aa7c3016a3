"""The checks that every gate has, beyond what Great Expectations can express."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from heapq import nsmallest

from realsyn_tasks.core.answers import SETTLED, ShardState, StageStatus
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.declaration import Group
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Check, Finding, Settings, shorten
from realsyn_tasks.core.ids import digest


def completeness(evidence: Evidence, settings: Settings) -> Finding:
    """Every shard of every stage is committed, or quarantined for good."""
    missing = [
        _missing(name, status) for name, status in evidence.statuses.items() if not status.complete
    ]
    shards = sum(len(status.states) for status in evidence.statuses.values())
    return Finding(
        name="completeness",
        about="shards",
        expected="every shard of every stage committed or quarantined",
        saw=f"{len(missing)} of {len(evidence.stages)} stages with shards left to do: run them"
        f" again (realsyn_backfill, or `run STAGE --build {evidence.workspace.config.name}`)"
        if missing
        else f"all {shards} shards of {len(evidence.stages)} stages settled",
        passed=not missing,
        examples=shorten(missing),
    )


def _missing(name: str, status: StageStatus) -> str:
    left = {shard: state for shard, state in status.states.items() if state not in SETTLED}
    counts = Counter(state.value for state in left.values())
    shard, state = next(iter(left.items()))
    failure = status.failures.get(shard)
    why = f": {failure.error}" if failure and state is ShardState.FAILED else ""
    how_many = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{name} ({how_many}; first shard {shard:05d}{why})"


def quarantine(evidence: Evidence, settings: Settings) -> Finding:
    """No stage has lost more shards to quarantine than is tolerated."""
    most, always = float(settings["share"]), int(settings["always"])
    lost = {name: _quarantined(status) for name, status in evidence.statuses.items()}
    over = {
        name: shards
        for name, shards in lost.items()
        if len(shards) > always and share(len(shards), len(evidence.statuses[name].states)) > most
    }
    noted = _notes(evidence, over or lost)
    worst = max((len(shards) for shards in lost.values()), default=0)
    return Finding(
        name="quarantine",
        about="shards",
        expected=f"at most {always} or {most:.1%} of a stage's shards quarantined",
        saw=f"{worst} quarantined in the worst stage" if worst else "none quarantined",
        passed=not over,
        examples=shorten(noted),
    )


def _quarantined(status: StageStatus) -> list[int]:
    return [n for n, state in status.states.items() if state is ShardState.QUARANTINED]


def _notes(evidence: Evidence, lost: Mapping[str, list[int]]) -> list[str]:
    """Say of quarantined shards what broke them; shards that only follow suit come last."""
    failed, followed = [], []
    for name, shards in lost.items():
        for shard in shards:
            failure = evidence.statuses[name].failures.get(shard)
            if failure:
                failed.append(f"{name} shard {shard:05d}: {failure.error}")
            else:
                followed.append(f"{name} shard {shard:05d}: its input is quarantined")
    return failed + followed


def objects(evidence: Evidence, settings: Settings) -> Finding:
    """Committed objects still have the checksums of their markers; a seeded choice is read."""
    chosen = _some_objects(evidence, int(settings["objects"]))
    broken = []
    for stage, shard, name in chosen:
        try:
            _verify(evidence, stage, shard, name)
        except DamagedObject as error:
            broken.append(f"{stage} shard {shard:05d}: {error}")
    return Finding(
        name="objects",
        about="storage",
        expected="committed objects with the size and SHA-256 of their markers",
        saw=f"{len(broken)} of {len(chosen)} damaged: remove their markers and run the stages again"
        if broken
        else f"{len(chosen)} objects as committed",
        passed=not broken,
        examples=shorten(broken),
    )


def _some_objects(evidence: Evidence, most: int) -> list[tuple[str, int, str]]:
    """Choose objects by a hash of their stage, shard and name; no marker is read for it."""
    seed = evidence.workspace.config.seed
    every = (
        (stage, shard, name)
        for stage, status in evidence.statuses.items()
        for shard, name in status.outlines.named()
    )
    return nsmallest(most, every, key=lambda which: digest([seed, *which]))


def _verify(evidence: Evidence, stage: str, shard: int, name: str) -> None:
    """Read an object; DamagedObject where it is not as its marker has it."""
    commit = evidence.workspace.ledger(stage).find(shard)
    ref = commit.objects.get(name) if commit else None
    if ref is None:
        raise DamagedObject(f"{stage} shard {shard:05d}: {name}", "its marker changed meanwhile")
    evidence.workspace.storage.verify(ref, checksum=True)


CHECKS: dict[str, Check] = {"quarantine": quarantine, "objects": objects}


def checks_of(group: Group) -> dict[str, Check]:
    """Give the checks that a gate of a group may name."""
    return {**CHECKS, **(group.hook("checks") or {})}
