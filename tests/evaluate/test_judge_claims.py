"""Claims, measures and curves out of what trials answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Output
from realsyn_tasks.evaluate import judge_claims, schemas
from realsyn_tasks.evaluate.bootstrap import Interval
from realsyn_tasks.evaluate.judge_claims import Config, verdict
from realsyn_tasks.evaluate.protocol import Arm, Claim, Curve
from realsyn_tasks.evaluate.scaling import Fit
from tests.evaluate.worlds import lesson
from tests.support import FakeInputs, context

SIZES = {"size10": 20, "size20": 40, "size40": 80, "size70": 140, "whole": 200}
ARMS = {
    **{
        name: Arm(texts={"realistic": 1}, pairs=None if name == "whole" else pairs / 200)
        for name, pairs in SIZES.items()
    },
    "same": Arm(texts={"realistic": 1}, shuffled=0.0, words="no better"),
    "worse": Arm(texts={"raw": 1}),
    "worse3": Arm(texts={"raw": 1}, skew=3),
    "whole3": Arm(texts={"realistic": 1}, skew=3),
}
GROWTH = Fit(0.9, 1.5, 2.0)
RATES = {**{name: float(GROWTH(np.array([float(n)]))[0]) for name, n in SIZES.items()}}
RATES |= {"same": RATES["whole"], "worse": RATES["whole"] - 0.2}
RATES |= {"worse3": RATES["worse"], "whole3": RATES["whole"]}
SEEDS, QUESTIONS = 8, 300


def claim(name: str, arm: str, than: str, **more: Any) -> Claim:
    return Claim(name=name, words=name, arm=arm, than=than, **more)


CONFIG = Config(
    arms=ARMS,
    claims=(
        claim("more", "whole", "worse"),
        claim("less", "worse", "whole"),
        claim("alike", "same", "whole"),
        claim("no_less", "same", "whole", margin=0.15),
        claim("elsewhere", "whole", "worse", sets=("drawings",)),
        claim("classes", "whole", "worse", measure="zero_shot"),
    ),
    curves=(
        Curve(
            name="size",
            words="size",
            over="pairs",
            arms=tuple(SIZES),
            fitted=True,
            extrapolated=(1000,),
        ),
        Curve(name="captions", words="captions", over="caption_share", arms=("worse", "whole")),
        Curve(
            name="skew",
            words="skew",
            over="skew",
            arms=("worse", "whole", "worse3", "whole3"),
        ),
    ),
)


def answers(version: int) -> list[dict[str, Any]]:
    """Hits by chance at the arm's rate; questions are as hard for all arms and seeds."""
    random = np.random.default_rng(version)
    hard = random.random((SEEDS, QUESTIONS)) * 0.5 + random.random((1, QUESTIONS)) * 0.5
    rows = []
    for arm, rate in RATES.items():
        drawn = hard + random.normal(0, 0.01, hard.shape) < np.quantile(hard, rate)
        for seed, item in np.ndindex(hard.shape):
            told = {"version": version, "arm": arm, "seed": seed, "training": 0}
            told["set"] = f"s{item % 2}"
            rank = 0.0 if drawn[seed, item] else 50.0
            rows.append({**told, "item": f"{item:04d}", "measure": "rank_of_text", "value": rank})
    return rows


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Output:
    trainings = [
        {"version": version, "arm": arm, "seed": seed, "pictures": SIZES.get(arm, 200)}
        for version in (0, 1)
        for arm in ARMS
        for seed in range(SEEDS)
    ]
    teacher = [
        {"trial": -1, "version": -1, "arm": "teacher", "seed": -1, "set": "s0", "item": f"{n:04d}"}
        | {"training": 0, "measure": "rank_of_text", "value": 0.0}
        for n in range(0, QUESTIONS, 2)
    ]
    lessons = [
        lesson(n, version=version, has_caption=n % 4 < 3 - version, cluster_id=n % 3)
        for version in (0, 1)
        for n in range(8)
    ]
    given = [tables.from_rows(schemas.ANSWERS, answers(version)) for version in (0, 1)]
    inputs = FakeInputs(
        tables={
            ("train_heads", "answers"): given,
            ("train_heads", "trainings"): [tables.from_rows(schemas.TRAININGS, trainings)],
            ("embed_questions", "answers"): [tables.from_rows(schemas.ANSWERS, teacher)],
            ("draw_lessons", "lessons"): [tables.from_rows(schemas.LESSONS, lessons)],
        }
    )
    return judge_claims.run(inputs, CONFIG, context(tmp_path_factory.mktemp("judged")))


def test_each_claim_is_judged_for_each_version(output: Output) -> None:
    rows = output.tables["claims"].to_pylist()
    verdicts = {(row["claim"], row["version"]): row["verdict"] for row in rows}
    expected = {"more": "holds", "less": "reversed", "alike": "null", "no_less": "holds"}
    assert verdicts == {(name, v): said for name, said in expected.items() for v in (0, 1)}
    more = next(row for row in rows if row["claim"] == "more")
    assert more["difference"] == pytest.approx(0.2, abs=0.03)
    assert more["low"] < more["difference"] < more["high"]
    assert (more["seeds"], more["won"]) == (SEEDS, SEEDS)
    assert more["of_questions"] > 0
    assert more["of_trainings"] is None  # once each, so that documents stand for both
    assert 0 < more["of_documents"] < more["high"] - more["low"]


def test_every_arm_is_measured_on_every_set_and_over_all(output: Output) -> None:
    rows = output.tables["measures"].to_pylist()
    at_ten = {
        (row["version"], row["arm"], row["set"]): row
        for row in rows
        if row["measure"] == "recall@10"
    }
    assert len(at_ten) == 2 * len(ARMS) * 3 + 2
    whole = at_ten[0, "whole", ""]
    assert whole["value"] == pytest.approx(RATES["whole"], abs=0.02)
    assert whole["questions"] == QUESTIONS
    assert at_ten[-1, "teacher", "s0"]["value"] == 1.0
    assert at_ten[-1, "teacher", ""]["seeds"] == 1


def test_sizes_of_one_kind_are_a_line_and_are_fitted(output: Output) -> None:
    curves = [row for row in output.tables["curves"].to_pylist() if row["curve"] == "size"]
    measured = [row for row in curves if row["kind"] == "measured" and row["version"] == 0]
    assert [row["x"] for row in measured] == list(SIZES.values())
    fits = output.tables["fits"].to_pylist()
    assert [(row["version"], row["arm"]) for row in fits] == [(0, "whole"), (1, "whole")]
    assert all(row["c_low"] <= row["c_high"] for row in fits)
    [beyond] = [r for r in curves if r["kind"] == "extrapolated" and r["version"] == 0]
    assert beyond["x"] == 1000
    assert beyond["low"] < float(GROWTH(np.array([1000.0]))[0]) < beyond["high"]
    at_end = [row for row in curves if row["kind"] == "fitted" and row["version"] == 0][-1]
    assert beyond["high"] - beyond["low"] > at_end["high"] - at_end["low"]


def test_versions_are_the_points_of_other_curves(output: Output) -> None:
    rows = [row for row in output.tables["curves"].to_pylist() if row["curve"] == "captions"]
    assert {(row["version"], row["x"]) for row in rows} == {(0, 0.75), (1, 0.5)}
    gains = [row for row in rows if row["kind"] == "difference"]
    assert [row["arm"] for row in gains] == ["whole", "whole"]
    assert all(row["low"] > 0 for row in gains)


def test_arms_that_differ_by_their_skew_are_places_of_one_line(output: Output) -> None:
    rows = [row for row in output.tables["curves"].to_pylist() if row["curve"] == "skew"]
    mine = [row for row in rows if row["version"] == 0]
    levels = {(row["arm"], row["x"]) for row in mine if row["kind"] == "measured"}
    assert levels == {(arm, x) for arm in ("worse", "whole") for x in (1.0, 3.0)}
    gains = [(row["arm"], row["x"]) for row in mine if row["kind"] == "difference"]
    assert gains == [("whole", 1.0), ("whole", 3.0)]


@pytest.mark.parametrize(
    ("low", "high", "margin", "said"),
    [
        (0.01, 0.05, 0, "holds"),
        (-0.01, 0.05, 0, "null"),
        (-0.05, -0.01, 0, "reversed"),
        (-0.01, 0.05, 0.02, "holds"),
        (-0.015, -0.01, 0.02, "holds"),
        (-0.05, -0.01, 0.02, "null"),
        (-0.05, -0.03, 0.02, "reversed"),
    ],
)
def test_a_verdict_is_of_the_whole_interval(
    low: float, high: float, margin: float, said: str
) -> None:
    assert verdict(Interval(0.0, low, high), margin) == said
