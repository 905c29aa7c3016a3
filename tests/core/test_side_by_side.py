"""Several shards at work in one process: each commits alone, with the bytes of one by one."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.side_by_side import OneAtATime, SharedTime, side_by_side
from tests.core.test_runner import content
from tests.core.toy import SHARDS
from tests.core.toy.asking import Squares, open_asking, run_asking


def test_shards_are_at_work_together_and_give_the_same_bytes(tmp_path: Path) -> None:
    alone, together = (open_asking(str(tmp_path / str(width)), width) for width in (1, 3))
    one_by_one, at_once = Squares(0.002), Squares(0.002)
    run_asking(alone, one_by_one)
    assert sorted(run_asking(together, at_once).committed) == list(range(SHARDS))
    assert one_by_one.callers == {threading.main_thread().name}
    assert at_once.callers == {"shard-0", "shard-1", "shard-2"}
    assert content(alone) == content(together)


def test_a_shard_commits_while_others_are_at_work(tmp_path: Path) -> None:
    class Slow(Squares):
        """Answers the second shard's first question when the first shard is committed."""

        def generate(self, prompts: Any, limit: int, answered: Any) -> list[str]:
            marker = tmp_path / workspace.folder / "ask/_commits/00000.json"
            for _ in range(1000 if prompts[0].user == "10" else 0):
                if marker.exists():
                    break
                time.sleep(0.01)
            else:
                assert prompts[0].user != "10", "it is not committed"
            return super().generate(prompts, limit, answered)

    workspace = open_asking(str(tmp_path), 2)
    assert sorted(run_asking(workspace, Slow()).committed) == list(range(SHARDS))


def test_what_is_broken_in_one_shard_spares_the_others(tmp_path: Path) -> None:
    report = run_asking(open_asking(str(tmp_path), 3, permanent=2), Squares(0.002))
    assert (sorted(report.committed), report.quarantined) == ([0, 1, 3], [2])


def test_what_all_would_meet_lets_those_at_work_finish_and_begins_no_other(tmp_path: Path) -> None:
    workspace = open_asking(str(tmp_path), 2, config=0)
    with pytest.raises(ConfigError, match="told to fail"):
        run_asking(workspace, Squares(0.005))
    assert set(workspace.ledger("ask").commits()) <= {1}


def test_what_shards_cost_adds_up(tmp_path: Path) -> None:
    workspace = open_asking(str(tmp_path), SHARDS)
    started = time.monotonic()
    run_asking(workspace, Squares(0.02))
    elapsed = time.monotonic() - started
    costs = [commit.cost["seconds"] for commit in workspace.ledger("ask").commits().values()]
    assert all(costs)
    assert sum(costs) <= elapsed + 0.01 * SHARDS


def test_a_model_that_takes_one_call_at_a_time_gets_one() -> None:
    class Model:
        size = 3
        inside = most = 0

        def work(self) -> None:
            self.inside += 1
            self.most = max(self.most, self.inside)
            time.sleep(0.002)
            self.inside -= 1

        __call__ = work

    model = Model()
    guarded = OneAtATime(model, threading.RLock())
    side_by_side(lambda number: guarded.work() if number % 2 else guarded(), list(range(12)), 4)
    assert (model.most, guarded.size) == (1, 3)


def test_time_is_divided_among_those_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "process_time", lambda: now[0] / 2)
    shared = SharedTime()
    shared.begin(1)
    now[0] = 4.0
    shared.begin(2)
    now[0] = 10.0
    assert (shared.of(1), shared.of(2)) == ((7.0, 3.5), (3.0, 1.5))
    shared.end(1)
    now[0] = 11.0
    assert shared.of(2) == (4.0, 2.0)
