from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate.outcome import outcome
from realsyn_tasks.report.leaderboard import leaderboards
from tests.datasets.handmade import pair, version
from tests.report.fabricated_evaluation import evaluation


@pytest.fixture
def two(tmp_path: Path) -> list[Version]:
    return [version(tmp_path, [[pair(word)]]) for word in "ab"]


def test_versions_of_one_protocol_are_sorted_the_best_first(two: list[Version]) -> None:
    [board] = leaderboards([outcome(evaluation(two))])
    assert (board["arm"], board["measure"]) == ("paper", "recall@10")
    assert [row["path"] for row in board["rows"]] == [two[1].path, two[0].path]
    assert board["rows"][0]["arms"]["teacher"] == 0.58, "measured once, for all versions"
    assert board["rows"][0]["verdicts"] == {"holds": 2, "null": 1, "reversed": 1}


def test_what_does_not_compare_never_stands_in_one_table(two: list[Version]) -> None:
    runs = [evaluation(two[:1]), evaluation(two[1:], name="other", seeds=7)]
    boards = leaderboards(map(outcome, runs))
    assert [len(board["rows"]) for board in boards] == [1, 1]
    assert len({board["protocol"]["digest"] for board in boards}) == 2


def test_of_a_version_the_last_evaluation_by_name_counts(two: list[Version]) -> None:
    runs = [evaluation(two, name="a"), evaluation(two[:1], name="b")]
    [board] = leaderboards(map(outcome, runs))
    by_path = {row["path"]: row["evaluation"] for row in board["rows"]}
    assert by_path == {two[0].path: "b", two[1].path: "a"}
