from __future__ import annotations

import json
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate.protocol import Protocol
from realsyn_tasks.evaluate.reasons import OVERLAPPING
from realsyn_tasks.views.evaluations import evaluation_outcome, evaluations
from tests.datasets.handmade import pair, version
from tests.report.fabricated_evaluation import PROTOCOL, evaluation, opened


@pytest.fixture
def two(tmp_path: Path) -> list[Version]:
    return [version(tmp_path, [[pair(word)]]) for word in "ab"]


def test_a_root_without_any_says_how_to_start_one(two: list[Version], tmp_path: Path) -> None:
    answer = evaluations(str(tmp_path))
    assert (answer["evaluations"], answer["boards"]) == ([], [])
    assert answer["dag"] == "realsyn_evaluate" and "heads" in answer["protocols"]


def test_all_are_listed_with_their_state_and_verdicts(two: list[Version], tmp_path: Path) -> None:
    evaluation(two)
    evaluation(two[:1], name="judged", promoted=False)
    opened(two[:1], "opened", Protocol.model_validate(PROTOCOL))
    answer = evaluations(str(tmp_path))
    json.dumps(answer, allow_nan=False)
    rows = {row["name"]: row for row in answer["evaluations"]}
    states = {name: row["state"] for name, row in rows.items()}
    assert states == {"heads-made-up": "published", "judged": "ready", "opened": "waiting"}
    assert rows["heads-made-up"]["verdicts"] == {"holds": 4, "null": 2, "reversed": 2}
    assert rows["opened"]["verdicts"] is None
    assert (rows["opened"]["done"], rows["opened"]["stage"]) == (0, "draw_questions")
    assert rows["opened"]["versions"][0]["name"] == two[0].path.removeprefix("datasets/")
    [board] = answer["boards"]
    assert len(board["rows"]) == 2, "only what is promoted stands in a table of versions"


def test_one_has_its_tables_and_the_papers_figures(two: list[Version], tmp_path: Path) -> None:
    run = evaluation(two, checkpoints=True)
    answer = evaluation_outcome(str(tmp_path), evaluation=run.uri)
    json.dumps(answer, allow_nan=False)
    claim = answer["claims"][1]
    assert (claim["verdict"], claim["theirs"]) == ("null", [0.2, 1.1, 0.8])
    grid = answer["grids"][0]
    assert (grid["measure"], grid["sets"]) == ("recall@10", ("stamps",))
    assert [line["arm"] for line in grid["lines"]][::7] == ["shuffled", "teacher"]
    assert grid["lines"][4]["words"] == "3 raw, 3 realistic, 1 synthetic"
    assert answer["paper"]["arms"][0]["scores"] == (70.3, 42.4, 25.7)
    assert answer["checkpoints"][3]["card"] == f"{run.uri}/_models/00003.md"
    assert answer["reasons"][OVERLAPPING.code] == OVERLAPPING.words


def test_one_that_is_not_judged_has_no_outcome_yet(two: list[Version], tmp_path: Path) -> None:
    opened(two, "opened", Protocol.model_validate(PROTOCOL))
    answer = evaluation_outcome(str(tmp_path), evaluation="opened")
    assert answer["outcome"] is None and answer["protocol"]["method"] == "heads"
    with pytest.raises(ConfigError):
        evaluation_outcome(str(tmp_path), evaluation="never-opened")


def test_what_is_judged_again_is_read_again(two: list[Version], tmp_path: Path) -> None:
    run = evaluation(two[:1])
    before = evaluation_outcome(str(tmp_path), evaluation=run.config.name)
    judged = run.ledger("judge_claims").find(0)
    assert judged
    run.ledger("judge_claims").revoke(0)
    assert evaluation_outcome(str(tmp_path), evaluation=run.config.name)["outcome"] is None
    again = judged.model_copy(update={"attempt": "b"})
    run.ledger("judge_claims").commit(again)
    assert evaluation_outcome(str(tmp_path), evaluation=run.config.name) == before
