"""A run against its plan."""

from __future__ import annotations

from collections.abc import Callable

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.schedule import schedule

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
