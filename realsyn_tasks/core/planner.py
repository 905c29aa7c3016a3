"""Expected shards minus committed shards.

First run, resume, retry, repair and backfill are all this one subtraction. A shard is done when
its marker carries the fingerprint that its inputs, its configuration and its stage's version give
now, and its objects are there in full size.
"""

from __future__ import annotations

from collections.abc import Callable

from realsyn_tasks.core.answers import UNDONE, ShardState, StageStatus
from realsyn_tasks.core.columns import Texts
from realsyn_tasks.core.commits import Commit, Failure, Ledger
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.judge import Judge
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.workspace import Workspace


class Planner:
    """Works out the state of every shard of a run, each stage from those it reads.

    Without `objects`, markers are believed: nobody looks whether the objects are there; with a
    `group`, those of other groups are, as whoever reads a damaged object withdraws its marker. Of
    each marker only an outline is kept: so a run of many thousand shards takes little time and
    memory. `ledger_of` gives the ledger of a stage by its name, instead of the run itself.
    """

    def __init__(
        self,
        workspace: Workspace,
        objects: bool = True,
        group: str = "",
        ledger_of: Callable[[str], Ledger] | None = None,
    ) -> None:
        self._workspace = workspace
        self._ledger_of = ledger_of or workspace.ledger
        self._objects, self._group = objects, group
        self._judge = Judge(workspace, self)
        self._found: dict[str, StageStatus] = {}
        self._promotions = Promotions(workspace)
        self.fingerprints = self._judge.fingerprints

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage, reading each ledger once."""
        if stage.name not in self._found:
            self._found[stage.name] = self._work_out(stage)
        return self._found[stage.name]

    def forget(self, stage: Stage) -> None:
        """Work a stage out anew when it is asked for next: its ledger has changed."""
        self._found.pop(stage.name, None)

    def forget_promotions(self) -> None:
        """Read anew what is promoted when it is asked for next."""
        self._promotions = Promotions(self._workspace)

    def state(self, stage: Stage, shard: int) -> ShardState | None:
        """Give the state of one shard; None if the stage has no such shard."""
        return self.status(stage).states.get(shard)

    def content(self, stage: Stage, shard: int) -> str:
        """Digest what one shard holds; empty where it is not done."""
        return self.status(stage).outlines.content_of(shard)

    def contents(self, stage: Stage, shards: int) -> Texts:
        """Digest what each of so many first shards holds; empty where it is not done."""
        return self.status(stage).outlines.digests_of(shards)

    def commit(self, stage: Stage, shard: int) -> Commit | None:
        """Give the commit of one shard that is done."""
        return self.status(stage).commits.get(shard)

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read: in its own group always, elsewhere once promoted."""
        own = read.group == reader.group
        return own or self._promotions.of(read) == self.status(read).digest

    def _work_out(self, stage: Stage) -> StageStatus:
        ledger = self._ledger_of(stage.name)
        outlines = ledger.outlines()
        states = self._judge.states(stage, outlines)
        done = outlines.only(_done(states))
        if done is outlines:
            self._note(stage, ledger, outlines)
        if self._looks_at(stage):
            states |= dict.fromkeys(ledger.damaged(done), ShardState.DAMAGED)
        failures = failures_of(ledger, self._judge, stage, states)
        return StageStatus(
            stage, states, done.only(_done(states)).brief(), failures, ledger.commits
        )

    def _note(self, stage: Stage, ledger: Ledger, outlines: Outlines) -> None:
        """Let whoever asks next know what was found out of a whole stage: it holds for good."""
        prints, shards = self.fingerprints, self._workspace.config.shards(stage.axis)
        if not outlines.cover(shards) or outlines.settings == prints.settings(stage):
            return
        if outlines.read(prints.inputs_of_all(stage)):
            ledger.know(outlines, prints.settings(stage))

    def _looks_at(self, stage: Stage) -> bool:
        return self._objects and self._group in ("", stage.group)

    def batches(self, stage: Stage) -> list[int]:
        """List the batches that hold a shard which has to run."""
        unsettled = self.status(stage).unsettled
        return sorted({batch_of(self._workspace, stage, shard) for shard in unsettled})


def _done(states: dict[int, ShardState]) -> set[int]:
    return {shard for shard, state in states.items() if state is ShardState.DONE}


def failures_of(
    ledger: Ledger, judge: Judge, stage: Stage, states: dict[int, ShardState]
) -> dict[int, Failure]:
    """Read the failure notes of a stage, if any of these shards is undone, and say so of those."""
    if not any(state in UNDONE for state in states.values()):
        return {}
    notes = ledger.failures()
    for shard, note in notes.items():
        if states.get(shard) in UNDONE:
            states[shard] = judge.failed(states[shard], stage, note)
    return notes


class Promotions:
    """What was promoted of each stage, read once for each stage group."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._found: dict[str, dict[str, str]] = {}

    def of(self, stage: Stage) -> str | None:
        """Give the digest of a stage's commits that was promoted; None if none was."""
        if stage.group not in self._found:
            promotion = self._workspace.promotion(stage.group)
            self._found[stage.group] = promotion.stages if promotion else {}
        return self._found[stage.group].get(stage.name)


def shards_of(workspace: Workspace, stage: Stage, batch: int) -> range:
    """Give the shards of a batch: a contiguous slice, the same whatever is committed."""
    shards = workspace.config.shards(stage.axis)
    batches = workspace.config.dispatch.batches(stage, shards)
    return range(batch * shards // batches, (batch + 1) * shards // batches)


def batch_of(workspace: Workspace, stage: Stage, shard: int) -> int:
    """Give the batch that a shard belongs to."""
    shards = workspace.config.shards(stage.axis)
    batches = workspace.config.dispatch.batches(stage, shards)
    return ((shard + 1) * batches - 1) // shards
