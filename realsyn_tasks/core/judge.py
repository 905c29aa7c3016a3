"""The state of a shard, from its marker, its failure note, and what it reads."""

from __future__ import annotations

from realsyn_tasks.core.answers import SETTLED, ShardState
from realsyn_tasks.core.commits import Failure
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import PERMANENT
from realsyn_tasks.core.fingerprints import Fingerprints, Known
from realsyn_tasks.core.wiring import collected_shards, reads_of
from realsyn_tasks.core.workspace import Workspace


class Judge:
    """Judges the shards of one run, by what is known of those that they read."""

    def __init__(self, workspace: Workspace, known: Known) -> None:
        self.fingerprints = Fingerprints(workspace, known)
        self._workspace = workspace
        self._known = known
        self._reads = reads_of(workspace)

    def state(self, stage: Stage, shard: int, fingerprint: str | None) -> ShardState:
        """Give the state that follows from the marker's fingerprint, if it has a marker."""
        if self._input_quarantined(stage, shard):
            return ShardState.QUARANTINED
        if not self._inputs_settled(stage, shard):
            return ShardState.WAITING
        if fingerprint is None:
            return ShardState.MISSING
        current = fingerprint == self.fingerprints.of(stage, shard)
        return ShardState.DONE if current else ShardState.STALE

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
            and all(
                known.state(read, number) in SETTLED
                for read in reads.in_runs
                for number in collected_shards(self._workspace, stage, shard)
            )
            and all(known.visible(read, stage) for read in (*reads.in_line, *reads.whole))
        )
