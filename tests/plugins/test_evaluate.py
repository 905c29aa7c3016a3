"""`make evaluate` without Airflow: in which turns stages run, and what is made beforehand."""

from __future__ import annotations

import threading
import time
from itertools import chain

import pytest

from realsyn_local import evaluate
from realsyn_local.__main__ import _parser
from realsyn_local.build import BuildFailed
from realsyn_tasks.core.declaration import ONE, Stage
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.stages import PIPELINE


def test_stages_that_need_nothing_of_each_other_take_turns_together() -> None:
    turns = evaluate.waves(PIPELINE.group("evaluate").stages)
    names = [[stage.name for stage in turn] for turn in turns]
    assert names[0] == ["draw_questions"]
    assert names[1] == ["find_overlaps", "embed_questions"]
    assert names[-1] == ["judge_claims"]
    assert len(set(chain(*names))) == sum(map(len, names)), "each once"
    assert evaluate.waves([Stage("alone", ONE, reads=())])[0][0].name == "alone"


def test_a_stage_comes_in_a_later_turn_than_all_that_it_needs() -> None:
    for group in PIPELINE.groups:
        turns = evaluate.waves(group.stages)
        at = {stage.name: number for number, turn in enumerate(turns) for stage in turn}
        for stage in group.stages:
            assert all(at[name] < at[stage.name] for name in PIPELINE.needed(stage) if name in at)


def test_as_many_commands_run_at_once_as_there_are_cores() -> None:
    both = threading.Barrier(2, timeout=5)
    evaluate.side_by_side([["a"], ["b"]], lambda words: both.wait(), at_once=2)


def test_after_a_failure_no_other_command_begins() -> None:
    begun: list[str] = []

    def act(words: list[str]) -> None:
        begun.append(words[0])
        if words[0] == "broken":
            raise BuildFailed("`broken` failed with exit code 64")
        time.sleep(0.02)

    commands = [["first"], ["broken"], *([str(number)] for number in range(20))]
    with pytest.raises(BuildFailed, match="broken"):
        evaluate.side_by_side(commands, act, at_once=1)
    assert begun[:2] == ["first", "broken"]
    assert len(begun) < len(commands)


def test_sets_that_the_project_makes_are_made_but_for_those_left_out() -> None:
    made = evaluate.preparations({"protocol": "heads", "leave-out": "drawings"})
    wanted = [name for name in protocol.read("heads").sets if name != "drawings"]
    assert made == [["models"], ["evaluation-sets", *wanted]]


def test_sets_that_lie_elsewhere_are_left_alone() -> None:
    assert evaluate.preparations({"evaluation-sets": "/mnt/sets"}) == [["models"]]


def test_the_command_takes_a_version_and_a_protocol() -> None:
    asked = _parser().parse_args(["evaluate", "--version", "v", "--protocol", "heads"])
    assert (asked.version, asked.protocol, asked.evaluation_sets) == ("v", "heads", "")
