"""Whole runs on S3: the same content as on files, whatever happens on the way, at a known cost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Workspace
from tests.core.test_runner import PROJECT, TOTAL, committed, content, run_all, total
from tests.core.toy import open_toy
from tests.s3 import faults
from tests.s3.faults import any_of, first
from tests.support import tiny_model

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run on files gives."""
    workspace = open_toy(str(tmp_path_factory.mktemp("files")))
    run_all(workspace)
    return content(workspace)


def run_until_done(workspace: Workspace, rounds: int = 6) -> int:
    """Run and run again what failed for a passing reason, as the retry policy does."""
    for number in range(rounds):
        run_all(workspace)
        planner = Planner(workspace)
        if all(planner.status(stage).complete for stage in workspace.stages()):
            return number + 1
    raise AssertionError(f"not done after {rounds} rounds")


def nothing_but_commits_and_their_objects(s3: Endpoint, workspace: Workspace) -> None:
    for stage in workspace.stages():
        named = {
            ref.path
            for commit in workspace.ledger(stage.name).commits().values()
            for ref in commit.objects.values()
        }
        folder = f"{workspace.folder}/{stage.name}/"
        stored = {key for key in s3.keys(folder) if "/shard=" in key}
        assert stored == named


def test_a_run_on_s3_has_the_content_of_a_run_on_files(
    s3: Endpoint, expected: dict[str, str]
) -> None:
    workspace = open_toy(s3.root)
    run_all(workspace)
    assert content(workspace) == expected
    assert total(workspace) == TOTAL
    assert committed(run_all(workspace)) == {}
    nothing_but_commits_and_their_objects(s3, workspace)


def test_a_run_on_another_server_has_it_too(other_s3: Endpoint, expected: dict[str, str]) -> None:
    workspace = open_toy(other_s3.root)
    run_all(workspace)
    assert content(workspace) == expected
    nothing_but_commits_and_their_objects(other_s3, workspace)


@pytest.mark.parametrize("seed", range(2))
def test_faults_of_all_kinds_change_nothing(
    s3: Endpoint, expected: dict[str, str], seed: int
) -> None:
    s3.proxy.fault = faults.sometimes(
        0.15,
        seed,
        faults.slow_down,
        faults.reset_request,
        faults.reset_answer,
        faults.truncate_answer,
        faults.truncate_upload,
        faults.garble_upload,
    )
    workspace = open_toy(s3.root)
    run_until_done(workspace)
    assert s3.proxy.spoilt >= 30
    s3.proxy.fault = None
    assert content(workspace) == expected


def test_stale_reads_and_lists_change_nothing(s3: Endpoint, expected: dict[str, str]) -> None:
    s3.proxy.fault = faults.Stale(1)
    workspace = open_toy(s3.root)
    run_until_done(workspace)
    assert s3.proxy.spoilt >= 30
    s3.proxy.fault = None
    assert content(workspace) == expected


def test_a_storm_in_reading_blames_no_object(s3: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that cannot read its input is repeated; the input's marker stays."""
    monkeypatch.setattr("realsyn_tasks.core.s3_access.ATTEMPTS", 2)
    workspace = open_toy(s3.root)
    run_all(workspace)
    workspace.ledger("split").revoke(1)
    s3.proxy.fault = first(99, any_of("GET", containing="draw/shard=00001"), faults.slow_down)
    reports = run_all(workspace)
    assert "SlowDown" in str(reports["split"][0].failed[1])
    assert sorted(workspace.ledger("draw").commits()) == [0, 1, 2, 3]
    s3.proxy.fault = None
    assert committed(run_all(workspace)) == {"split": [1]}


def test_a_refusal_stops_the_stage_at_once(s3: Endpoint) -> None:
    workspace = open_toy(s3.root)
    s3.proxy.fault = first(99, any_of("PUT", containing="draw/shard="), faults.forbidden)
    with pytest.raises(ConfigError, match=r"draw/shard=00000/.*grant s3:PutObject"):
        run_all(workspace)
    assert not workspace.ledger("draw").commits()


def start(s3: Endpoint, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.core.toy", s3.root, str(seconds)]
    variables = os.environ | {"PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(command, cwd=PROJECT, env=variables, stderr=subprocess.DEVNULL)


def test_two_processes_on_one_shard_leave_one_valid_commit(
    s3: Endpoint, expected: dict[str, str]
) -> None:
    s3.proxy.fault = faults.sometimes(0.05, 5, faults.reset_answer)
    processes = [start(s3, 0.3) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    s3.proxy.fault = None
    workspace = open_toy(s3.root, draw={"seconds": 0.3})
    content(workspace)
    assert total(workspace) == TOTAL
    refused = [r for r in s3.proxy.log.requests if r.operation == "DELETE" and "shard=" in r.key]
    assert refused, "they did race, and the loser cleaned up"
    nothing_but_commits_and_their_objects(s3, workspace)


# -- what it costs --------------------------------------------------------------------------------


def requests_of_a_batch(s3: Endpoint, workspace: Workspace, stage: str, batch: int) -> Counter[str]:
    before = len(s3.proxy.log.requests)
    Runner(workspace, tiny_model).run_batch(workspace.pipeline.stage(stage), batch)
    return s3.proxy.log.counts(before)


def test_requests_per_shard_are_as_stated(s3: Endpoint) -> None:
    """The numbers in the docstring of S3Storage, counted on the wire."""
    workspace = open_toy(s3.root)
    shards, objects = 2, 3  # of a batch; of a shard: a table, a blob, what was dropped
    said = 3  # of a batch: its log, its progress at first and at last (and every 5 s)
    workspace.storage.put_if_absent("asked-before", b"")
    assert requests_of_a_batch(s3, workspace, "draw", 0) == {
        "LIST": 1,  # failures; only where a shard is undone
        "GET": shards,  # a look for its marker
        "PUT": shards * (objects + 1) + said,
        "HEAD": shards * objects,
        "DELETE": shards,
    }
    again = requests_of_a_batch(s3, workspace, "draw", 0)
    assert again == {"GET": shards, "HEAD": shards * objects, "PUT": said - 1}  # it has no last
    tables = 1
    assert requests_of_a_batch(s3, workspace, "split", 0) == {
        "LIST": 1,
        "GET": shards * (1 + 1 + tables),  # two markers: its own, and of what it reads
        "HEAD": shards * (2 * tables + 2),
        "PUT": shards * (2 + 1) + said,
        "DELETE": shards,
    }


def test_requests_of_a_batch_do_not_grow_with_the_run(s3: Endpoint) -> None:
    small = open_toy(s3.root, name="small", shards=4, batches=2)
    large = open_toy(s3.root, name="large", shards=16, batches=8)
    for workspace in (small, large):
        workspace.storage.put_if_absent(f"{workspace.folder}/asked-before", b"")
        for batch in range(workspace.config.dispatch.max_batches):
            requests_of_a_batch(s3, workspace, "draw", batch)
    one, other = (requests_of_a_batch(s3, workspace, "split", 1) for workspace in (small, large))
    assert one == other
