"""`make evaluate` without Airflow: what it takes, and what is made beforehand."""

from __future__ import annotations

from realsyn_local import evaluate
from realsyn_local.__main__ import _parser
from realsyn_tasks.evaluate import protocol


def test_sets_that_the_project_makes_are_made_but_for_those_left_out() -> None:
    made = evaluate.preparations({"protocol": "heads", "leave-out": "drawings"})
    wanted = [name for name in protocol.read("heads").sets if name != "drawings"]
    assert made == [["models"], ["evaluation-sets", *wanted]]


def test_sets_that_lie_elsewhere_are_left_alone() -> None:
    assert evaluate.preparations({"evaluation-sets": "/mnt/sets"}) == [["models"]]


def test_the_command_takes_a_version_and_a_protocol() -> None:
    asked = _parser().parse_args(["evaluate", "--version", "v", "--protocol", "heads"])
    assert (asked.version, asked.protocol, asked.evaluation_sets) == ("v", "heads", "")
