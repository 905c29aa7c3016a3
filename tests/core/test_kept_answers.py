"""Answers that outlive a killed process, and go with their shard's commit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from realsyn_tasks.core import kept_answers
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.kept_answers import Asked, KeptAnswers, discard_settled, forget, of_shard
from realsyn_tasks.core.storage import Storage
from tests.core.test_runner import PROJECT, content
from tests.core.toy import SHARDS
from tests.core.toy.asking import Squares, open_asking, run_asking

FOLDER = "run/stage/_answers/00003"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.at(str(tmp_path))


def kept(storage: Storage, pause: float = 0.0) -> KeptAnswers:
    return KeptAnswers(storage, FOLDER, pause)


def test_another_process_finds_what_was_kept(storage: Storage) -> None:
    kept(storage).put("a", "one")
    kept(storage).put("b", "zwölf\n\N{RED APPLE}")
    found = kept(storage)
    assert [found.get(key) for key in "abc"] == ["one", "zwölf\n\N{RED APPLE}", None]


def test_answers_are_written_in_bundles_the_first_at_once(storage: Storage) -> None:
    mine = kept(storage, pause=3600.0)
    for number in range(50):
        mine.put(str(number), "text")
    assert len(storage.listing(FOLDER)) == 1
    mine.flush()
    mine.flush()
    assert len(storage.listing(FOLDER)) == 2
    assert kept(storage).get("49") == "text"


def test_an_answer_is_told_by_the_model_and_all_that_was_asked(storage: Storage) -> None:
    Asked(kept(storage), "model-1").put(["question", 8], "answer")
    assert Asked(kept(storage), "model-1").get(["question", 8]) == "answer"
    assert Asked(kept(storage), "model-1").get(["question", 9]) is None
    assert Asked(kept(storage), "model-2").get(["question", 8]) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: b"",
        lambda data: data.replace(b"answer", b"forged"),
        lambda data: b"[]",
        lambda data: json.dumps({"digest": "", "answers": {"a": 1}}).encode(),
    ],
)
def test_what_is_damaged_is_not_there(storage: Storage, damage: object) -> None:
    kept(storage).put("a", "answer")
    [(path, _)] = storage.listing(FOLDER)
    storage.replace(path, damage(storage.read(path)))  # type: ignore[operator]
    kept(storage).put("b", "whole")
    again = kept(storage)
    assert (again.get("a"), again.get("b")) == (None, "whole")


def test_what_came_after_the_commit_goes_with_the_next_batch(storage: Storage) -> None:
    for shard in (3, 4):
        of_shard(storage, "run/stage", shard).put("a", "text")
    discard_settled(storage, "run/stage", {3}.__contains__)
    assert of_shard(storage, "run/stage", 3).get("a") is None
    assert of_shard(storage, "run/stage", 4).get("a") == "text"


def test_all_of_a_run_can_be_forgotten(storage: Storage) -> None:
    for stage in ("one", "two", "other"):
        of_shard(storage, f"run/{stage}", 7).put("a", "text")
    assert forget(storage, "run", ("one", "two")) == 2
    left = [path for path, _ in storage.listing("run", recursive=True)]
    assert [path.split("/")[1] for path in left] == ["other"]


# --- in a run ---


def test_nothing_is_kept_of_a_shard_that_is_committed(tmp_path: Path) -> None:
    workspace = open_asking(str(tmp_path))
    assert run_asking(workspace, Squares()).committed == list(range(SHARDS))
    assert not list((tmp_path / workspace.folder).rglob("_answers/*/*"))


def test_nothing_is_kept_of_a_shard_that_is_quarantined(tmp_path: Path) -> None:
    workspace = open_asking(str(tmp_path), permanent=1)
    assert run_asking(workspace, Squares()).quarantined == [1]
    assert not list((tmp_path / workspace.folder).rglob("_answers/*/*"))


def test_what_was_answered_before_a_failure_is_not_asked_again(tmp_path: Path) -> None:
    model = Squares()
    with pytest.raises(ConfigError):
        run_asking(open_asking(str(tmp_path), config=0), model)
    run_asking(open_asking(str(tmp_path)), model)
    assert sorted(map(int, model.asked)) == list(range(SHARDS * 10))


def test_answers_of_a_model_that_batches_are_kept_by_the_call(tmp_path: Path) -> None:
    model = Squares(concurrent=False)
    with pytest.raises(ConfigError):
        run_asking(open_asking(str(tmp_path), config=0), model)
    run_asking(open_asking(str(tmp_path)), model)
    assert sorted(map(int, model.asked)) == list(range(SHARDS * 10))


def test_another_model_is_asked_anew(tmp_path: Path) -> None:
    model = Squares()
    with pytest.raises(ConfigError):
        run_asking(open_asking(str(tmp_path), config=0), model)
    run_asking(open_asking(str(tmp_path), identity="another"), model)
    assert model.asked.count("0") == 2


def test_kill_9_in_mid_shard_loses_no_finished_answer(tmp_path: Path) -> None:
    log, killed = tmp_path / "log", tmp_path / "killed"
    command = [sys.executable, "-m", "tests.core.toy.asking", str(killed), str(log)]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL)
    while not log.exists() or len(log.read_text().split()) < 8:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = log.read_text().split()
    assert len(before) < SHARDS * 10, "it was killed in mid-shard"
    workspace = open_asking(str(killed), together=2)
    model = Squares()
    run_asking(workspace, model)
    again = set(before) & set(model.asked)
    assert len(again) <= 2, "but those that each shard was waiting for"
    assert {*before, *model.asked} == set(map(str, range(SHARDS * 10)))
    undisturbed = open_asking(str(tmp_path / "undisturbed"))
    run_asking(undisturbed, Squares())
    assert content(workspace) == content(undisturbed)
    assert kept_answers.PAUSE <= 5.0, "seconds that a process loses at most"
