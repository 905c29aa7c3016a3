from __future__ import annotations

import json
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate.limits import of_claims
from realsyn_tasks.evaluate.outcome import checkpoints, comparable, outcome
from realsyn_tasks.evaluate.reasons import INCOMPLETE, OVERLAPPING
from tests.datasets.handmade import pair, version
from tests.report.fabricated_evaluation import CLIP, evaluation


@pytest.fixture
def versions(tmp_path: Path) -> list[Version]:
    return [version(tmp_path, [[pair("a")]]), version(tmp_path, [[pair("b")], [pair("c")]])]


def test_it_has_all_that_was_committed_as_plain_json(versions: list[Version]) -> None:
    told = outcome(evaluation(versions))
    json.dumps(told, allow_nan=False)
    assert [each["path"] for each in told["versions"]] == [each.path for each in versions]
    assert [each["questions"] for each in told["sets"]] == [198, 300]
    assert told["arms"][0]["arm"] == "realistic1"
    assert {row["version"] for row in told["claims"]} == {0, 1}
    claim = next(row for row in told["claims"] if row["claim"] == "balanced")
    assert (claim["verdict"], claim["margin"], claim["words"]) == (
        "reversed",
        0.01,
        "a balanced sample teaches no less",
    )
    [curve] = told["curves"]
    assert {point["kind"] for point in curve["points"]} == {
        "measured",
        "extrapolated",
        "difference",
    }
    assert len(curve["fits"]) == 1
    assert told["trainings"][0]["last_loss"] is None, "a loss that is no number is none"


def test_overlaps_are_counted_by_set_and_version_each_item_and_pair_once(
    versions: list[Version],
) -> None:
    told = outcome(evaluation(versions))
    about = {"set": "stamps", "version": 0}
    assert told["overlaps"] == [
        {**about, "what": "picture", "items": 1, "pairs": 2},
        {**about, "what": "text", "items": 1, "pairs": 1},
    ]
    assert told["dropped"] == {"pair": {INCOMPLETE.code: 40, OVERLAPPING.code: 2}}


def test_what_is_not_judged_yet_says_what_to_do(versions: list[Version]) -> None:
    run = evaluation(versions)
    run.ledger("judge_claims").revoke(0)
    with pytest.raises(ConfigError, match="has not come to judge_claims yet"):
        outcome(run)


def test_protocol_sets_and_models_decide_what_compares(versions: list[Version]) -> None:
    first, again = evaluation(versions[:1]), evaluation(versions[1:], name="again")
    assert comparable(first) == comparable(again), "versions may differ"
    other = evaluation(versions, name="other", seeds=7)
    assert comparable(first) != comparable(other)
    stages = {**first.config.stages}
    stages["draw_questions"] = {"sets": [{"name": "stamps", "digest": "of other pictures"}]}
    first.config = first.config.model_copy(update={"stages": stages})
    assert comparable(first) != comparable(again)


def test_it_says_of_heads_that_they_distil_and_whether_they_stay_below(
    versions: list[Version],
) -> None:
    said = " ".join(outcome(evaluation(versions))["limits"])
    assert "distil the encoder" in said and "Every arm stays below the encoder itself" in said
    assert "the widest is ±0.029" in said and "documents of the crawl" in said
    assert "would narrow these most" not in said  # trainings are not told from documents


def test_it_says_what_would_make_intervals_narrower() -> None:
    claim = {"low": -0.1, "high": 0.1, "verdict": "null", "margin": 0.0, "seeds": 10}
    widths = [(0.01, 0.02, 0.03), (0.03, 0.02, 0.01), (0.01, 0.02, 0.04)]
    parts = ("questions", "documents", "trainings")
    claims = [
        claim | {f"of_{part}": width for part, width in zip(parts, told, strict=True)}
        for told in widths
    ]
    said = " ".join(of_claims({"claims": claims, "statistics": {"resampled": True}}))
    assert "Of the 3 intervals 2 are widest for chance of trainings" in said
    assert "more trainings at each seed would narrow these most" in said


def test_an_arm_above_its_teacher_is_told(
    versions: list[Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.report import fabricated_evaluation

    monkeypatch.setitem(fabricated_evaluation.LEVELS, "all", 0.9)
    said = " ".join(outcome(evaluation(versions))["limits"])
    assert "Somewhere above the encoder that taught them: all." in said


def test_only_trained_models_leave_checkpoints(versions: list[Version]) -> None:
    assert checkpoints(evaluation(versions)) == []
    kept = checkpoints(evaluation(versions, name="clip", checkpoints=True, **CLIP))
    assert [each["trial"] for each in kept] == list(range(14))
    assert kept[0]["path"].endswith("/checkpoint") and kept[0]["settings"]["model"] == "tiny"
