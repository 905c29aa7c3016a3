"""The state of a shard, from its marker, its failure note, and what it reads."""

from __future__ import annotations

from realsyn_tasks.core.answers import SETTLED, ShardState
from realsyn_tasks.core.commits import Failure
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import PERMANENT
from realsyn_tasks.core.fingerprints import Fingerprints, Known
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.wiring import collected_shards, reads_of
from realsyn_tasks.core.workspace import Workspace


class Judge:
    """Judges the shards of one run, by what is known of those that they read."""

    def __init__(self, workspace: Workspace, known: Known) -> None:
        self.fingerprints = Fingerprints(workspace, known)
        self._workspace = workspace
        self._known = known
        self._reads = reads_of(workspace)
        self._config = workspace.config

    def state(self, stage: Stage, shard: int, fingerprint: str | None) -> ShardState:
        """Give the state that follows from the marker's fingerprint, if it has a marker."""
        if self._input_quarantined(stage, shard):
            return ShardState.QUARANTINED
        if not self._inputs_settled(stage, shard):
            return ShardState.WAITING
        return _told(fingerprint, self.fingerprints.of(stage, shard))

    def states(self, stage: Stage, outlines: Outlines) -> dict[int, ShardState]:
        """Give what `state` gives, of all shards of a stage at once."""
        shards = self._config.shards(stage.axis)
        states = self._kept_back(stage, shards)
        if len(states) == shards:
            return states
        if not outlines:
            return {n: states.get(n) or ShardState.MISSING for n in range(shards)}
        inputs, all_there = self.fingerprints.inputs_of_all(stage), outlines.cover(shards)
        if not states and all_there and self.fingerprints.known(stage, outlines, inputs):
            return dict.fromkeys(range(shards), ShardState.DONE)
        current = self.fingerprints.of_columns(stage, inputs, shards)
        if not states and all_there and list(outlines.fingerprints) == current:
            return dict.fromkeys(range(shards), ShardState.DONE)
        marked = dict(zip(outlines.shards, outlines.fingerprints, strict=True))
        return {
            shard: states.get(shard) or _told(marked.get(shard), fingerprint)
            for shard, fingerprint in enumerate(current)
        }

    def _kept_back(self, stage: Stage, shards: int) -> dict[int, ShardState]:
        """Give the states of the shards that cannot run, whatever their markers say."""
        reads, known = self._reads[stage.name], self._known
        lines = [known.status(read) for read in reads.in_line]
        ready = all(known.status(read).complete for read in (*reads.whole, *reads.through)) and all(
            known.visible(read, stage) for read in (*reads.in_line, *reads.whole)
        )
        collected = all(known.status(read).complete for read in reads.in_runs)
        if ready and collected and all(ln.done and len(ln.states) >= shards for ln in lines):
            return {}
        states: dict[int, ShardState] = {}
        for shard in range(shards):
            before = [line.states.get(shard) for line in lines]
            if ShardState.QUARANTINED in before:
                states[shard] = ShardState.QUARANTINED
            elif not (ready and SETTLED.issuperset(before) and self._collectable(stage, shard)):
                states[shard] = ShardState.WAITING
        return states

    def failed(self, state: ShardState, stage: Stage, note: Failure) -> ShardState:
        """Give the state of an undone shard with a failure note; an old note says nothing."""
        if note.fingerprint != self.fingerprints.of(stage, note.shard):
            return state
        permanent = note.failure_class == PERMANENT
        return ShardState.QUARANTINED if permanent else ShardState.FAILED

    def _input_quarantined(self, stage: Stage, shard: int) -> bool:
        return any(
            self._known.state(read, shard) is ShardState.QUARANTINED
            for read in self._reads[stage.name].in_line
        )

    def _inputs_settled(self, stage: Stage, shard: int) -> bool:
        reads, known = self._reads[stage.name], self._known
        return (
            all(known.state(read, shard) in SETTLED for read in reads.in_line)
            and all(known.status(read).complete for read in (*reads.whole, *reads.through))
            and self._collectable(stage, shard)
            and all(known.visible(read, stage) for read in (*reads.in_line, *reads.whole))
        )

    def _collectable(self, stage: Stage, shard: int) -> bool:
        """Say whether the run of shards that a collecting stage reads is settled."""
        return all(
            self._known.state(read, number) in SETTLED
            for read in self._reads[stage.name].in_runs
            for number in collected_shards(self._workspace, stage, shard)
        )


def _told(fingerprint: str | None, current: str) -> ShardState:
    """Tell the state of a shard that can run by its marker's fingerprint, if it has a marker."""
    if fingerprint is None:
        return ShardState.MISSING
    return ShardState.DONE if fingerprint == current else ShardState.STALE
