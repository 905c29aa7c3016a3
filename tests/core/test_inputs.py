"""What shards read of fits: once for a batch, however many of them are at work."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from tests.core.test_runner import TOTAL, run_all
from tests.core.toy import NUMBERS, NUMBERS_AXIS, SHARDS, STAGES, open_toy, pipeline
from tests.core.toy.numbers import weigh
from tests.support import tiny_model

WEIGH = Stage("weigh", NUMBERS_AXIS, ("draw", "total"), NUMBERS)
TOY = pipeline((*STAGES, WEIGH))


def shares(workspace: Workspace, root: Path) -> list[int]:
    commits = workspace.ledger("weigh").commits()
    refs = [commits[shard].objects["numbers"] for shard in range(SHARDS)]
    return [n for ref in refs for n in pq.read_table(root / ref.path)["number"].to_pylist()]


@pytest.mark.parametrize("width", [1, 2])
def test_what_shards_make_of_a_fit_is_made_once_for_a_batch(
    tmp_path: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_toy(str(tmp_path), TOY, batches=2)
    *before, weighing = workspace.stages()
    for stage in before:
        for batch in Planner(workspace).batches(stage):
            Runner(workspace, tiny_model).run_batch(stage, batch)
    made: list[int] = []
    read: list[str] = []

    def ready(total: pa.Table, times: int) -> int:
        time.sleep(0.02)  # so that others ask meanwhile
        made.append(sum(total["number"].to_pylist()))
        return made[-1] * times

    def committed(storage: Storage, ref: ObjectRef) -> Any:
        read.append(ref.path)
        return opened(storage, ref)

    opened = arrow_files.committed
    monkeypatch.setattr(arrow_files, "committed", committed)
    monkeypatch.setattr(weigh, "ready", ready)
    monkeypatch.setattr(Runner, "_width", lambda *asked: width)
    runner = Runner(workspace, tiny_model)
    reports = [runner.run_batch(weighing, batch) for batch in (0, 1)]
    assert [sorted(report.committed) for report in reports] == [[0, 1], [2, 3]]
    assert made == 2 * [TOTAL], "once for each batch"
    assert len([path for path in read if "/total/" in path]) == 2
    assert len([path for path in read if "/draw/" in path]) == SHARDS
    assert shares(workspace, tmp_path) == [int(TOTAL) * 100 // (n + 1) for n in range(SHARDS * 10)]


def test_only_a_fit_is_the_same_for_all_shards(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), TOY, weigh={"fit": "draw"})
    with pytest.raises(ConfigError, match="weigh reads draw, which is no fit, shard by shard"):
        run_all(workspace)
