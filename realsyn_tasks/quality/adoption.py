"""Adoption of whole stage groups: what another run has done, gated and promoted counts here too.

Nothing runs for it. The gate's result is the other run's, for it is of the same content under the
same rules; and only a group that was promoted there is promoted here: where a person had to agree,
that person has agreed to just this.
"""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.adoption import adopt
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.shards import as_ranges
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality.gates import standing
from realsyn_tasks.runs.promotion import promote


@dataclass(frozen=True)
class Adopted:
    """The stage groups of which nothing is left to do in a run, and why the next one is none."""

    groups: tuple[str, ...]
    left: str = ""  # the first group that has to run here; empty: only what makes a dataset
    why: str = ""


def adopt_groups(workspace: Workspace) -> Adopted:
    """Adopt, gate and promote the groups of a run in order, as far as other runs have them whole.

    A group that makes something of the root is left: its promotion is the run's own.
    """
    groups: list[str] = []
    for group in workspace.groups:
        if group.makes or not workspace.stages(group.name):
            continue
        why = _adopted(workspace, group.name)
        if why:
            return Adopted(tuple(groups), group.name, why)
        groups.append(group.name)
    return Adopted(tuple(groups))


def _adopted(workspace: Workspace, group: str) -> str:
    """Adopt a group, unless it is done here; give why that cannot be, or nothing."""
    planner = Planner(workspace)
    for stage in workspace.stages(group):
        adopt(workspace, planner, stage, failed=True)
        status = planner.status(stage)
        if not status.complete:
            return f"{stage.name} has the shards {as_ranges(status.unsettled)} to do"
    digests = {stage.name: planner.status(stage).digest for stage in workspace.stages(group)}
    if not any(_has_promoted(run, group, digests) for run in (workspace, *workspace.donors)):
        return "no run that it adopts from has promoted the same"
    if standing(workspace, group) is None:
        return "its gate has to be run"
    if not _has_promoted(workspace, group, digests):
        promote(workspace, group)
    return ""


def _has_promoted(run: Workspace, group: str, digests: dict[str, str]) -> bool:
    promotion = run.promotion(group)
    return promotion is not None and promotion.stages == digests
