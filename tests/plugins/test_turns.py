"""Without Airflow: in which turns stages run, how many at once, and with how many threads."""

from __future__ import annotations

import os
import threading
import time
from itertools import chain
from pathlib import Path

import pytest

from realsyn_airflow import settings
from realsyn_local import turns
from realsyn_local.build import BuildFailed, data_plane
from realsyn_tasks.core.declaration import ONE, Stage
from realsyn_tasks.stages import PIPELINE


def test_stages_that_need_nothing_of_each_other_take_turns_together() -> None:
    taken = turns.turns(PIPELINE.group("evaluate").stages)
    names = [[stage.name for stage in turn] for turn in taken]
    assert names[0] == ["draw_questions"]
    assert names[1] == ["find_overlaps", "embed_questions"]
    assert names[-1] == ["judge_claims"]
    assert len(set(chain(*names))) == sum(map(len, names)), "each once"
    assert turns.turns([Stage("alone", ONE, reads=())])[0][0].name == "alone"


def test_a_stage_comes_in_a_later_turn_than_all_that_it_needs() -> None:
    for group in PIPELINE.groups:
        taken = turns.turns(group.stages)
        at = {stage.name: number for number, turn in enumerate(taken) for stage in turn}
        for stage in group.stages:
            assert all(at[name] < at[stage.name] for name in PIPELINE.needed(stage) if name in at)


def test_as_many_commands_run_at_once_as_there_are_cores() -> None:
    both = threading.Barrier(2, timeout=5)
    turns.side_by_side([["a"], ["b"]], lambda words: both.wait(), at_once=2)


def test_after_a_failure_no_other_command_begins() -> None:
    begun: list[str] = []

    def act(words: list[str]) -> None:
        begun.append(words[0])
        if words[0] == "broken":
            raise BuildFailed("`broken` failed with exit code 64")
        time.sleep(0.02)

    commands = [["first"], ["broken"], *([str(number)] for number in range(20))]
    with pytest.raises(BuildFailed, match="broken"):
        turns.side_by_side(commands, act, at_once=1)
    assert begun[:2] == ["first", "broken"]
    assert len(begun) < len(commands)


def test_cores_are_dealt_out_to_what_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(turns.THREADS, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert [turns.threads_of_each(commands) for commands in (0, 1, 3, 20)] == [8, 8, 2, 1]
    monkeypatch.setenv(turns.THREADS, "3")
    assert turns.threads_of_each(20) == 3


def test_a_command_has_the_threads_it_was_dealt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = tmp_path / "python"
    telling.write_text('#!/bin/sh\necho "{\\"threads\\": $OMP_NUM_THREADS}"\n')
    telling.chmod(0o755)
    monkeypatch.setattr(settings, "data_python", lambda: telling)
    assert data_plane(["run"], threads=2) == {"threads": 2}
