"""The log of a try at a batch: what came of each shard stays in storage."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.batch_log import BatchLog
from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Workspace
from tests.core.toy import STAGES, open_toy
from tests.support import tiny_model


def logs(root: Path, batch: int = 0) -> list[list[dict[str, Any]]]:
    found = root.glob(f"builds/toy/draw/_logs/{batch:05d}/*.jsonl")
    paths = sorted(found, key=lambda path: path.stat().st_mtime_ns)  # names tell only seconds
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]


def events(log: list[dict[str, Any]]) -> list[str]:
    return [record["event"] for record in log]


def run(workspace: Workspace) -> None:
    Runner(workspace, tiny_model).run_batch(STAGES[0], 0)


def test_each_try_leaves_a_log_of_its_own(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path))
    run(workspace), run(workspace)
    first, again = logs(tmp_path)
    assert events(first) == ["started", "committed", "committed", "settled", "ended"]
    assert first[1]["rows"] == {"numbers": 10}
    assert first[1]["cost"]["seconds"] >= 0
    assert events(again) == ["started", "settled", "ended"]
    assert again[1]["already_done"] == 2


def test_a_failure_is_told_with_its_trace(tmp_path: Path) -> None:
    run(open_toy(str(tmp_path), draw={"fail_shard": 0, "fail_as": "permanent"}))
    [log] = logs(tmp_path)
    assert events(log) == ["started", "failed", "committed", "settled", "ended"]
    assert (log[1]["shard"], log[1]["failure_class"]) == (0, "permanent")
    assert "told to fail" in log[1]["error"] and "Traceback" in log[1]["error"]


def test_what_stops_the_batch_is_its_last_word(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        run(open_toy(str(tmp_path), draw={"fail_shard": 1, "fail_as": "config"}))
    [log] = logs(tmp_path)
    assert events(log)[-2:] == ["failed", "ended"]
    assert log[-1]["error"] == "ConfigError: told to fail"


def test_warnings_of_libraries_are_in_it(tmp_path: Path) -> None:
    with BatchLog(open_toy(str(tmp_path)), STAGES[0], 0):
        logging.getLogger("library").warning("odd")
    logging.getLogger("library").warning("not ours any more")
    [log] = logs(tmp_path)
    assert [record["message"] for record in log if record["event"] == "warning"] == ["odd"]


def test_a_log_that_cannot_be_written_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = open_toy(str(tmp_path))
    replace = type(workspace.storage).replace

    def refuse(self: Any, path: str, data: bytes) -> None:
        if "/_logs/" in path:
            raise TransientError("slow down")
        replace(self, path, data)

    monkeypatch.setattr(type(workspace.storage), "replace", refuse)
    run(workspace)
    assert len(workspace.ledger("draw").commits()) == 2
    assert "no log in" in capsys.readouterr().err
