"""Commits to the letter: resume, repair, races, damage and change are one and the same planner."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.declaration import GPU
from realsyn_tasks.core.errors import Bug, ConfigError, OutOfMemory, UndeclaredOutput
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import BatchReport, Runner
from realsyn_tasks.core.workspace import Workspace
from tests.core.toy import SHARDS, STAGES, open_toy, pipeline
from tests.support import tiny_model

PROJECT = Path(__file__).resolve().parents[2]
TOTAL = float(sum(range(SHARDS * 10)))


def run_all(workspace: Workspace) -> dict[str, list[BatchReport]]:
    reports = {}
    for stage in workspace.stages():
        runner = Runner(workspace, tiny_model)
        batches = Planner(workspace).batches(stage)
        reports[stage.name] = [runner.run_batch(stage, batch) for batch in batches]
    return reports


def committed(reports: dict[str, list[BatchReport]]) -> dict[str, list[int]]:
    return {
        name: sorted(shard for report in batch for shard in report.committed)
        for name, batch in reports.items()
        if any(report.committed for report in batch)
    }


def total(workspace: Workspace) -> float:
    commit = workspace.ledger("total").find(0)
    assert commit is not None
    return commit.measures["total"]


def content(workspace: Workspace) -> dict[str, str]:
    """Digest every stage's output: what a reader of the ledger gets to see."""
    planner = Planner(workspace)
    assert all(planner.status(stage).complete for stage in workspace.stages())
    return {stage.name: planner.status(stage).digest for stage in workspace.stages()}


def test_all_shapes_run_and_then_there_is_nothing_to_do(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path))
    assert committed(run_all(workspace)) == {
        "draw": [0, 1, 2, 3],
        "split": [0, 1, 2, 3],
        "add": [0, 1],
        "total": [0],
    }
    assert total(workspace) == TOTAL
    assert committed(run_all(workspace)) == {}


def test_a_batch_beyond_the_last_is_refused_with_those_there_are(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path))
    stage = workspace.pipeline.stage("draw")
    last = workspace.config.dispatch.batches(stage, workspace.config.shards(stage.axis)) - 1
    with pytest.raises(ConfigError, match=f"no batch {last + 1}; there are 0 to {last}"):
        Runner(workspace, tiny_model).run_batch(stage, last + 1)
    assert committed({"draw": [Runner(workspace, tiny_model).run_batch(stage, last)]})


def test_same_inputs_elsewhere_give_the_same_bytes(tmp_path: Path) -> None:
    here, there = open_toy(str(tmp_path / "a")), open_toy(str(tmp_path / "b" / "c"), name="other")
    run_all(here), run_all(there)
    assert content(here) == content(there)


def test_a_changed_setting_redoes_what_is_downstream_of_it(tmp_path: Path) -> None:
    run_all(open_toy(str(tmp_path)))
    changed = open_toy(str(tmp_path), add={"times": 2})
    assert committed(run_all(changed)) == {"add": [0, 1], "total": [0]}
    assert total(changed) == 2 * TOTAL


def test_a_new_version_of_a_stage_redoes_what_is_downstream_of_it(tmp_path: Path) -> None:
    run_all(open_toy(str(tmp_path)))
    stages = tuple(replace(s, version=2) if s.name == "split" else s for s in STAGES)
    workspace = open_toy(str(tmp_path), pipeline(stages))
    done = committed(run_all(workspace))
    assert done == {"split": [0, 1, 2, 3]}, "the same output again: readers have nothing to redo"


@pytest.mark.parametrize("object_name", ["numbers", "blob", "dropped"])
def test_a_truncated_object_is_noticed_and_redone(tmp_path: Path, object_name: str) -> None:
    workspace = open_toy(str(tmp_path))
    run_all(workspace)
    before = content(workspace)
    ref = workspace.ledger("draw").commits()[2].objects[object_name]
    path = tmp_path / ref.path
    path.write_bytes(path.read_bytes()[:-1])
    assert Planner(workspace).status(STAGES[0]).states[2] is ShardState.DAMAGED
    assert committed(run_all(workspace)) == {"draw": [2]}
    assert content(workspace) == before


def test_damage_within_is_noticed_by_its_reader_and_redone(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path))
    run_all(workspace)
    before = content(workspace)
    path = tmp_path / workspace.ledger("draw").commits()[1].objects["numbers"].path
    data = bytearray(path.read_bytes())
    data[12] ^= 0xFF
    path.write_bytes(bytes(data))
    workspace.ledger("split").revoke(1)
    [report] = run_all(workspace)["split"]
    assert "damaged" in str(report.failed[1])
    assert committed(run_all(workspace))["draw"] == [1]
    assert content(workspace) == before


def test_a_transient_failure_spares_its_siblings_and_is_repaired(tmp_path: Path) -> None:
    reports = run_all(open_toy(str(tmp_path), draw={"fail_shard": 1}))
    assert committed(reports) == {"draw": [0, 2, 3], "split": [0, 2, 3]}
    assert [list(report.failed) for report in reports["draw"]] == [[1], []]
    failure = open_toy(str(tmp_path), draw={"fail_shard": 1}).ledger("draw").failures()[1]
    assert (failure.failure_class, failure.attempts) == ("transient", 1)
    repaired = open_toy(str(tmp_path))
    run_all(repaired)
    assert total(repaired) == TOTAL


def test_a_permanent_failure_is_quarantined_and_the_rest_goes_on(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), draw={"fail_shard": 3, "fail_as": "permanent"})
    reports = run_all(workspace)
    assert [report.quarantined for report in reports["draw"]] == [[], [3]]
    assert total(workspace) == float(sum(range(30)))
    assert Planner(workspace).status(STAGES[0]).states[3] is ShardState.QUARANTINED
    assert workspace.ledger("draw").failures()[3].error == "PermanentError: told to fail"
    assert committed(run_all(workspace)) == {}, "what is quarantined is not tried again"


def test_a_config_failure_stops_at_once(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), draw={"fail_shard": 0, "fail_as": "config"})
    with pytest.raises(ConfigError, match="told to fail"):
        run_all(workspace)
    assert not workspace.ledger("draw").commits()


def test_a_programming_error_stops_at_once_and_quarantines_nothing(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), draw={"fail_shard": 0, "fail_as": "bug"})
    with pytest.raises(Bug, match=r"stage draw, shard 00000: KeyError: 'told to fail'"):
        run_all(workspace)
    assert not workspace.ledger("draw").commits(), "the next shard is not tried"
    assert workspace.ledger("draw").failures()[0].failure_class == "bug"
    assert Planner(workspace).status(STAGES[0]).states[0] is ShardState.FAILED


def test_an_overflow_is_never_a_broken_input(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), draw={"fail_shard": 3, "fail_as": "overflow"})
    with pytest.raises(ConfigError, match="more partitions"):
        run_all(workspace)
    assert Planner(workspace).status(STAGES[0]).states[3] is ShardState.FAILED


def test_a_lack_of_memory_spares_its_siblings_and_is_tried_again(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), draw={"fail_shard": 2, "fail_as": "memory"})
    reports = run_all(workspace)
    assert isinstance(reports["draw"][1].failed[2], OutOfMemory)
    assert committed(reports)["draw"] == [0, 1, 3]
    assert Planner(workspace).status(STAGES[0]).states[2] is ShardState.FAILED


@pytest.mark.parametrize(
    "error", [pa.ArrowMemoryError("malloc of size 8 failed"), MemoryError(), OutOfMemory("told")]
)
def test_a_lack_of_memory_in_reading_blames_no_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise error

    workspace = open_toy(str(tmp_path))
    run_all(workspace)
    workspace.ledger("split").revoke(1)
    monkeypatch.setattr(pq, "ParquetFile", no_room)
    [report] = run_all(workspace)["split"]
    assert isinstance(report.failed[1], OutOfMemory)
    assert sorted(workspace.ledger("draw").commits()) == list(range(SHARDS))


def test_a_column_too_long_to_be_read_blames_no_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_: object, **__: object) -> None:
        raise pa.ArrowInvalid("offset overflow while concatenating arrays")

    workspace = open_toy(str(tmp_path))
    run_all(workspace)
    workspace.ledger("split").revoke(1)
    monkeypatch.setattr(pq, "ParquetFile", too_long)
    with pytest.raises(ConfigError, match="more partitions"):
        run_all(workspace)
    assert sorted(workspace.ledger("draw").commits()) == list(range(SHARDS))


def test_progress_and_logs_that_cannot_be_written_stop_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = open_toy(str(tmp_path))
    stage = tmp_path / workspace.folder / "draw"
    stage.mkdir(parents=True)
    for name in ("_progress", "_logs"):
        (stage / name).write_bytes(b"a file where a folder should be")
    run_all(workspace)
    assert total(workspace) == TOTAL
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert sum("no progress" in line for line in warnings) == 2, "once for each batch"
    assert sum("no log" in line for line in warnings) == 2


@pytest.mark.parametrize("data", [b"", b'{"stage": "dr', b"\0" * 512])
def test_a_torn_marker_is_replaced(tmp_path: Path, data: bytes) -> None:
    workspace = open_toy(str(tmp_path))
    run_all(workspace)
    before = content(workspace)
    marker = tmp_path / workspace.folder / "draw" / "_commits" / "00001.json"
    marker.write_bytes(data)
    assert Planner(workspace).status(STAGES[0]).states[1] is ShardState.MISSING
    assert committed(run_all(workspace)) == {"draw": [1]}
    assert content(workspace) == before


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path))
    folder = tmp_path / workspace.folder / "draw"
    left = [
        folder / name / f".{file}.{'0123456789abcdef' * 2}"
        for name, file in (("_commits", "00000.json"), ("shard=00000", "part-0-numbers.parquet"))
    ]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    run_all(workspace)
    assert not [path for path in left if path.exists()]


def test_drops_are_counted_by_reason_and_kept(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path))
    run_all(workspace)
    commit = workspace.ledger("draw").commits()[0]
    assert commit.dropped == {"number": {"round": 1}}
    assert commit.objects["dropped"].rows == 1
    assert commit.rows == {"numbers": 10}


def test_a_reason_that_nobody_declares_stops_the_stage(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), draw={"undeclared_shard": 1})
    with pytest.raises(UndeclaredOutput, match=r"a number for the reason odd.*declared: round"):
        run_all(workspace)
    assert set(workspace.ledger("draw").commits()) == {0}


def _start(root: Path, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.core.toy", str(root), str(seconds)]
    return subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL)


def test_kill_9_at_any_moment_changes_nothing(tmp_path: Path) -> None:
    undisturbed = open_toy(str(tmp_path / "undisturbed"), draw={"seconds": 0.2})
    run_all(undisturbed)
    moments = random.Random(3)
    for _ in range(4):
        process = _start(tmp_path / "killed", 0.2)
        time.sleep(moments.uniform(0.3, 1.6))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert _start(tmp_path / "killed", 0.2).wait() == 0
    killed = open_toy(str(tmp_path / "killed"), draw={"seconds": 0.2})
    assert content(killed) == content(undisturbed)


def test_two_processes_on_one_shard_leave_one_valid_commit(tmp_path: Path) -> None:
    processes = [_start(tmp_path, 0.3) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    workspace = open_toy(str(tmp_path), draw={"seconds": 0.3})
    content(workspace)
    for stage in workspace.stages():
        for shard, commit in workspace.ledger(stage.name).commits().items():
            folder = tmp_path / workspace.folder / stage.name / f"shard={shard:05d}"
            named = {ref.path.rsplit("/", 1)[1] for ref in commit.objects.values()}
            assert {path.name for path in folder.iterdir()} == named, "the loser cleans up"


def test_the_time_for_which_a_gpu_was_held_is_in_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: True))
    monkeypatch.setitem(sys.modules, "torch", torch)
    workspace = open_toy(str(tmp_path))
    on_gpu = replace(workspace.pipeline.stage("draw"), needs=GPU)
    Runner(workspace, tiny_model).run_batch(on_gpu, 0)
    run_all(workspace)
    cost = {name: workspace.ledger(name).commits()[0].cost for name in ("draw", "split")}
    assert 0 <= cost["draw"]["gpu_seconds"] <= cost["draw"]["seconds"] + 0.01
    assert "gpu_seconds" not in cost["split"]
