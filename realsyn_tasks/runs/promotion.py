"""Promotion: the one act that makes gated output visible to whoever comes next.

    {run}/_promoted/{group}.json    the pointer

What else becomes visible, a generation or a dataset, is the group's own (Group.promotion).

Promoting the same content again changes nothing.
"""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.errors import GateFailed
from realsyn_tasks.core.gate_results import GateResult, result_of_present_state
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Promotion, Workspace


def promote(workspace: Workspace, group: str) -> dict[str, Any]:
    """Promote the output of a stage group whose gate has passed in its present state.

    Raises GateFailed if it has not, and ConfigError where what is promoted already stands against
    it: generations are immutable and come one after another.
    """
    gate = _passed_gate(workspace, group)
    publish = workspace.pipeline.group(group).hook("promotion")
    published = publish(workspace) if publish else {}
    _point_at(workspace, group, gate)
    return {"group": group, "promoted": workspace.config.name, **published}


def _passed_gate(workspace: Workspace, group: str) -> GateResult:
    result = result_of_present_state(workspace, group)
    if result is None:
        raise GateFailed(
            f"group {group} of {workspace.uri} has no gate result of its present state;"
            f" run the gate first: `gate {group} --build {workspace.uri}`"
        )
    result.raise_if_failed()
    return result


def _point_at(workspace: Workspace, group: str, gate: GateResult) -> None:
    planner = Planner(workspace)
    stages = workspace.stages(group)
    pointer = Promotion(
        group=group,
        gate=gate.digest,
        stages={stage.name: planner.status(stage).digest for stage in stages},
    )
    workspace.storage.sweep(f"{workspace.folder}/_promoted")
    if workspace.promotion(group) != pointer:
        data = pointer.model_dump_json(indent=1).encode()
        workspace.storage.replace(workspace.promotion_path(group), data)
