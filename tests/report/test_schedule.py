"""A run against its plan."""

from __future__ import annotations

from collections.abc import Callable

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import cost_plan, stage_costs
from realsyn_tasks.report.schedule import hours_of_build, schedule

Opened = Callable[[str], Workspace]


def test_a_run_on_its_way_is_held_against_what_its_stages_should_take(opened: Opened) -> None:
    run = opened("sample")
    done = schedule(run)
    assert done.left.seconds == 0.0
    assert done.planned == done.planned_so_far > 0 and done.spent > 0
    run.ledger("balance").revoke(1)
    on_its_way = schedule(run)
    assert on_its_way.left.seconds
    assert on_its_way.planned_so_far < done.planned_so_far
    assert on_its_way.spent < done.spent
    assert on_its_way.behind


def test_a_build_that_is_not_opened_yet_is_planned_by_its_scale() -> None:
    whole = cost_plan.plan("15m", 15_000_000, stage_costs.read_table())["total"]["hours"]
    alone, crawling = (hours_of_build("15m", crawling) for crawling in (False, True))
    assert 0 < alone < crawling < whole, "an analysis is in the whole alone"
    assert hours_of_build("300", crawling=False) < alone
