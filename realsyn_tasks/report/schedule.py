"""A run against its plan: what it should take by the table of costs, what it took, what is left.

For whoever has to say that a build is late; what counts as late is for them to say. Before it is
opened, a build's plan is that of its scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.report import cost_plan, stage_costs
from realsyn_tasks.report.eta import Estimate
from realsyn_tasks.report.pace import totals
from realsyn_tasks.report.status import look
from realsyn_tasks.runs.targets import target_of
from realsyn_tasks.stages import PIPELINE


@dataclass(frozen=True)
class Schedule:
    """Of the stages of one run."""

    planned: float  # CPU-seconds of all stages, by include/costs.yaml
    planned_so_far: float  # of those that are done
    spent: float  # CPU-seconds, of the commits of these
    left: Estimate  # seconds of the clock until the run is done

    @property
    def behind(self) -> float | None:
        """Give how many times what was planned the stages have taken; None before one is done."""
        return self.spent / self.planned_so_far if self.planned_so_far else None


def schedule(run: Workspace) -> Schedule:
    """Hold a run against its plan; changes nothing, and may be asked while it is at work."""
    seen = look(run, quick=True)
    complete = [standing.status for standing in seen.standings if standing.status.complete]
    made = {status.stage.name: dict(status.outlines.rows_by_table) for status in complete}
    amounts = cost_plan.known_amounts(run, made)
    plans = cost_plan.planned(run, amounts, stage_costs.read_table())
    costs = {name: plan.cpu_seconds for name, plan in plans.items()}
    return Schedule(
        planned=sum(costs.values()),
        planned_so_far=sum(costs.get(status.stage.name, 0.0) for status in complete),
        spent=sum(totals(status.outlines).cpu_seconds for status in complete),
        left=seen.rest.whole,
    )


def hours_of_build(scale: str, crawling: bool) -> float:
    """Give the hours that a build of a scale should take; `crawling` if it extracts a crawl first.

    It is by the table of costs and its fleet alone. ConfigError for a scale that there is none of.
    """
    kinds = [EXTRACT.name] * crawling + [BUILD.name]
    groups = [group.name for kind in kinds for group in PIPELINE.groups_of(kind)]
    target, _ = target_of(scale)
    return cost_plan.hours_of(groups, scale, target, stage_costs.read_table())
