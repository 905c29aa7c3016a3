"""What the report tells of relevance: its own figures, and what people said of the pairs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pyarrow as pa
import pytest

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement, Label, Labels
from realsyn_tasks.report import page, relevance
from realsyn_tasks.report.facts import gather
from realsyn_tasks.retrieve import words
from tests import fabricated
from tests.fabricated_contents import Made
from tests.fabricated_rows import pairs_of

Opened = Callable[[str], Workspace]


def judge(run: Workspace, *judged: tuple[str, str, Judgement]) -> None:
    said = tuple(Label(image_id=i, text=t, judgement=j) for i, t, j in judged)
    labels.add(run.storage, Labels(build=run.config.name, labels=said))


def test_judgements_are_counted_by_what_the_text_is(opened: Opened) -> None:
    run = opened("sample")
    pair, other = pairs_of(0)[1:3]
    judge(
        run,
        (pair["image_id"], pair["text1"], Judgement.RIGHT),
        (other["image_id"], other["text1"], Judgement.PARTLY),
        (pair["image_id"], pair["syn_text"], Judgement.WRONG),
        (pair["image_id"], "A text of another build.", Judgement.WRONG),
    )
    assert relevance.gather(run).judged == {
        "text1": {"right": 1, "partly": 1, "wrong": 0},
        "synthetic": {"right": 0, "partly": 0, "wrong": 1},
    }


def estimated(made: Made) -> None:
    """Let the first texts of images be likely, and the others less so."""
    ranks = made.tables["matches"]["rank"].to_pylist()
    place = made.tables["matches"].column_names.index("relevance")
    estimates = pa.array([1 - rank / 4 for rank in ranks], type=pa.float32())
    made.tables["matches"] = made.tables["matches"].set_column(place, "relevance", estimates)


def test_the_curve_is_measured_against_judgements_too(opened: Opened) -> None:
    run = opened("retrieve")
    fabricated.damage(run, "merge_matches", estimated)
    pair = pairs_of(0)[1]
    judge(
        run,
        (pair["image_id"], pair["text1"], Judgement.RIGHT),  # estimated .75
        (pair["image_id"], pair["text2"], Judgement.PARTLY),  # .5
        (pair["image_id"], pair["text3"], Judgement.WRONG),  # .25
    )
    curve = {row["threshold"]: row for row in relevance.gather(run).judged_curve}
    assert curve[0.0]["judged"] == 3
    assert curve[0.0]["right"] == pytest.approx(1 / 3)
    assert curve[0.0]["right_or_partly"] == pytest.approx(2 / 3)
    assert curve[0.3]["right_or_partly"] == 1.0
    assert (curve[0.7]["judged"], curve[0.7]["right"]) == (1, 1.0)
    assert 0.8 not in curve


def test_relevance_is_the_headline_and_recall_stands_beside_it(opened: Opened) -> None:
    facts = gather(Evidence(opened("sample"), "sample"))
    said = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.render(facts))))
    first = said.index("of text1 from the picture's own document")
    assert first < said.index("recall@3 of the retrieval")
    assert "ext1 is of the picture's own document by the picture alone for 30.0%" in said
    assert "recall@3 audited, on other images 0.970, 95 % interval" in said
    assert "Do the texts fit?" in said
    assert "60.0 % are of the own document (50.0 % asked for)" in said


def test_recall_by_construction_is_told_as_such() -> None:
    measures = {"nprobe": 8.0, "lists": 8.0, "recall_at_3": 1.0}
    assert words.recall_in_words(measures) == "recall@3 1.000: all lists searched"
    assert "0.950 asked for" in words.recall_in_words(
        {**measures, "nprobe": 3.0, "target_recall": 0.95}
    )
