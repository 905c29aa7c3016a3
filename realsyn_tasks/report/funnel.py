"""The way from images to pairs in numbers, with what was dropped and why."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.counts import FunnelStep, added
from realsyn_tasks.core.evidence import Evidence, Statuses
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace

Counts = dict[str, Any]


def funnel(workspace: Workspace, planner: Statuses | None = None) -> list[FunnelStep]:
    """List the steps of all groups of a run, in order; zero items for what has not run yet.

    Whoever knows the run's stages already lends that.
    """
    planner = planner or Planner(workspace)
    hooks = [(group, group.hook("funnel")) for group in workspace.groups]
    return [
        step
        for group, steps in hooks
        if steps
        for step in steps(Evidence(workspace, group.name, planner))
    ]


def pair_counts(workspace: Workspace) -> Counts:
    """Count a build's images on their way to published pairs."""
    steps = funnel(workspace)
    return {
        **{step.name: step.items for step in steps},
        "dropped": added(step.dropped for step in steps),
        "steps": {step.name: step.dropped for step in steps[1:]},
    }
