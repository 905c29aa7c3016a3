"""Adoption before anything runs: what other runs of the root have committed counts here at once.

A batch adopts too (core.runner), so this only saves its start: a run over the corpus of another one
has nothing left to do but what its own settings or its target change.
"""

from __future__ import annotations

from itertools import islice

from realsyn_tasks.core import reuse
from realsyn_tasks.core.answers import READY
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace

AT_ONCE = 1000  # markers held in memory


def adopt(workspace: Workspace, planner: Planner, stage: Stage, failed: bool = False) -> int:
    """Let other runs' commits of a stage's due shards count here; count them.

    With `failed`, so do their notes of shards that failed for good. The stages that this one reads
    must be settled and, of another group, promoted: other shards are not due.
    """
    if not workspace.donors:
        return 0
    states = planner.status(stage).states
    due = iter([shard for shard, state in states.items() if state in READY])
    adopted = 0
    while shards := list(islice(due, AT_ONCE)):
        adopted += _adopt(workspace, planner, stage, shards, failed)
    if adopted:
        planner.forget(stage)
    return adopted


def _adopt(
    workspace: Workspace, planner: Planner, stage: Stage, shards: list[int], failed: bool
) -> int:
    ledger = workspace.ledger(stage.name)
    commits = reuse.adoptable(workspace, planner, stage, shards)
    rest = [shard for shard in shards if shard not in commits]
    notes = reuse.quarantined(workspace, planner, stage, rest) if failed else []
    ledger.commit_each(commits.values())
    for note in notes:
        ledger.fail(note)
    return len(commits) + len(notes)
