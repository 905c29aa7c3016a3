"""A card's estimate of relevance, fitted to what people said of a build's candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement, Label, Labels
from realsyn_tasks.report import judged_estimate
from realsyn_tasks.report.judged_estimate import propose
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
