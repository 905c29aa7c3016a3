"""A card's estimate of relevance, fitted to what people said of a build's candidates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement, Label, Labels
from realsyn_tasks.report import judged_estimate
from realsyn_tasks.report.judged_estimate import propose, propose_by_judge
from realsyn_tasks.retrieve.fit_relevance import JudgedEstimate
from realsyn_tasks.retrieve.pool import unjudged
from realsyn_tasks.stages import PIPELINE


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(judged_estimate, "LEAST", 12)
    monkeypatch.setattr(judged_estimate, "LEAST_OF_A_KIND", 3)
    return Workspace.open(f"{root.as_uri()}/builds/all", PIPELINE)


def candidates(run: Workspace) -> list[dict[str, Any]]:
    evidence = Evidence(run, "retrieve")
    return [
        row
        for commit in evidence.commits(unjudged(run))
        for piece in evidence.read(commit.objects["candidates"])
        for row in piece.to_pylist()
    ]


def judge(run: Workspace, rows: list[dict[str, Any]], least: float) -> None:
    """Say that what scores at least so much fits."""
    judged = tuple(
        Label(
            image_id=row["image_id"],
            text=row["text"],
            judgement=Judgement.RIGHT if row["score"] >= least else Judgement.WRONG,
        )
        for row in rows
    )
    labels.add(run.storage, Labels(build=run.config.name, labels=judged))


def test_what_people_said_becomes_the_section_of_a_card(run: Workspace) -> None:
    rows = candidates(run)
    middle = sorted(row["score"] for row in rows)[len(rows) // 2]
    judge(run, rows, middle)
    proposed = propose(run)
    assert proposed["judged"] == len({(row["image_id"], row["text"]) for row in rows})
    assert 0 < proposed["fit"] < proposed["judged"]
    estimate = JudgedEstimate(**proposed["stages"]["fit_relevance"]["judged"])
    assert estimate.cosine > 0
    shares = [row["right_or_partly"] for row in proposed["held_out"]]
    assert shares[-1] > shares[0]


def test_too_few_judgements_are_told(run: Workspace) -> None:
    with pytest.raises(ConfigError, match="0 judged candidates"):
        propose(run)
    judge(run, candidates(run)[:4], 0.0)
    with pytest.raises(ConfigError, match="judge more"):
        propose(run)


def test_texts_that_are_no_candidates_count_for_nothing(run: Workspace) -> None:
    rows = [{**row, "text": f"never {number}"} for number, row in enumerate(candidates(run))]
    judge(run, rows, 0.0)
    with pytest.raises(ConfigError, match="0 judged candidates"):
        propose(run)


class PlantedJudge:
    """Gives the pairs of a table what it was told, a trace of doubt beside it; 0 to all others."""

    def __init__(self, fitting: set[str], sure: float = 0.9) -> None:
        self.fitting, self.sure, self.asked = fitting, sure, 0

    def judge(self, pairs: Sequence[tuple[Image, str]]) -> NDArray[np.float32]:
        self.asked += len(pairs)
        assert all(max(picture.size) <= 640 for picture, _ in pairs)
        sure = [self.sure if text in self.fitting else 1 - self.sure for _, text in pairs]
        return np.array(sure, dtype=np.float32)


def likelier(rows: list[dict[str, Any]]) -> set[str]:
    """Give the half of the texts that have the higher scores, each by its highest."""
    scores: dict[str, float] = {}
    for row in rows:
        scores[row["text"]] = max(row["score"], scores.get(row["text"], -1.0))
    return set(sorted(scores, key=lambda text: (-scores[text], text))[: len(scores) // 2])


def test_what_a_judge_says_becomes_the_section_of_a_card(run: Workspace) -> None:
    planted = PlantedJudge(likelier(candidates(run)))
    proposed = propose_by_judge(run, planted, 1000, 0)
    assert proposed["judged"] == planted.asked > 12
    assert 0 < proposed["fit"] < proposed["judged"]
    estimate = JudgedEstimate(**proposed["stages"]["fit_relevance"]["judged"])
    assert estimate.cosine > 0, "it was sure where the cosine is high"
    assert proposed["people"] is None
    assert labels.read(run.storage) == [], "its answers are no labels"


def test_a_judge_is_held_against_what_people_said(run: Workspace) -> None:
    rows = candidates(run)
    fitting = likelier(rows)
    judge(run, [{**row, "score": float(row["text"] in fitting)} for row in rows], 1.0)
    unsure = fitting - {min(fitting)}
    people = propose_by_judge(run, PlantedJudge(unsure), 1000, 0)["people"]
    right = [row["text"] in fitting for row in rows]
    assert people["pairs"] == len(rows)
    assert 0.5 < people["area"] < 1
    curve = {row["min_fit"]: row["right_or_partly"] for row in people["curve"]}
    assert curve[0.8] == 1.0, "of what it is sure of all is right"
    assert curve[0.0] == pytest.approx(sum(right) / len(right), abs=1e-3)


def test_a_judge_that_likes_everything_teaches_nothing(run: Workspace) -> None:
    every = {row["text"] for row in candidates(run)}
    with pytest.raises(ConfigError, match=r"and 0 do not.*draw more images"):
        propose_by_judge(run, PlantedJudge(every), 1000, 0)


def test_answers_that_are_no_probabilities_are_refused(run: Workspace) -> None:
    with pytest.raises(ConfigError, match="no probabilities"):
        propose_by_judge(run, PlantedJudge(set(), sure=-2.0), 1000, 0)
