from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from itertools import pairwise

import pytest
import yaml

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import card, page
from realsyn_tasks.report.facts import Facts, gather
from realsyn_tasks.stages import PIPELINE
from tests import fabricated

Opened = Callable[[str], Workspace]


@pytest.fixture
def facts(opened: Opened) -> Facts:
    return gather(Evidence(opened("sample"), "sample"))


def test_the_same_build_gives_the_same_bytes(opened: Opened, facts: Facts) -> None:
    workspace = Workspace.open(opened("sample").uri, fabricated.PIPELINE)
    again = gather(Evidence(workspace, "sample"))
    assert page.render(again) == page.render(facts)
    assert card.render(again) == card.render(facts)


def test_the_report_needs_no_network(facts: Facts) -> None:
    text = page.render(facts)
    assert not re.findall(r'(?:src|href)="(?!data:image/webp;base64,|#)', text)
    assert "<script" not in text
    assert "url(" not in text
    assert text.count("data:image/webp;base64,") == facts.pairs
    assert [len(some) for some in facts.shown.values()] == [5, 5, 5]


def test_charts_on_the_page_are_well_formed(facts: Facts) -> None:
    charts = re.findall(r"<svg.*?</svg>", page.render(facts), re.DOTALL)
    assert [ElementTree.fromstring(chart).tag for chart in charts] == ["svg"] * 5


def test_the_way_adds_up(facts: Facts) -> None:
    for steps in page.ways(facts).values():
        for before, after in pairwise(steps):
            assert before["count"] - sum(after["dropped"].values()) == after["count"]
    assert facts.way["published"] == facts.pairs


def test_balance_is_shown_before_and_after(facts: Facts) -> None:
    assert sum(facts.cluster_sizes["after"]) == facts.pairs
    assert sum(facts.cluster_sizes["before"]) == facts.way["in_band"]


def test_page_and_card_tell_target_planned_and_audited_recall(facts: Facts) -> None:
    said = [re.sub(r"<[^>]+>", " ", page.render(facts)), card.render(facts)]
    planned = "0.980*interval 0.960 to 0.990*30 images*with 3 of 8 lists"
    for text in said:
        for words in ("0.950", planned, "0.970*interval 0.950 to 0.980*24 images"):
            pattern = r"[^\n]{,40}".join(map(re.escape, words.split("*")))
            assert re.search(pattern, text), words


def test_page_and_card_tell_what_the_reasons_mean(facts: Facts) -> None:
    told = page.meanings(facts)
    assert told["no_match"] == PIPELINE.reason_words["no_match"]
    steps = [step for way in page.ways(facts).values() for step in way]
    assert set(told) == {code for step in steps for code in step["dropped"]}
    for text in (html.unescape(page.render(facts)), card.render(facts)):
        assert all(words in text for words in told.values())


def test_the_cards_front_matter_is_read_by_machines(facts: Facts) -> None:
    text = card.render(facts)
    _, front, body = text.split("---\n", 2)
    found = yaml.safe_load(front)
    assert found["configs"][0]["data_files"][0]["path"] == "data/train-*.parquet"
    assert found["size_categories"] == ["n<1K"]
    assert f"{facts.pairs} images, each with up to three realistic texts" in body
    assert "tiny-encoder" in body
    assert "arXiv 2502.12513" in body
    assert "below_band 2" in body


@pytest.mark.parametrize(
    ("pairs", "size"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (15_239_498, "10M<n<100M"),
        (100_862_786, "100M<n<1B"),
        (2_000_000_000, "n>1B"),
    ],
)
def test_size_categories_are_those_of_hugging_face(pairs: int, size: str) -> None:
    assert card.size_category(pairs) == size


def test_hostile_texts_stay_texts(opened: Opened) -> None:
    workspace = opened("sample")
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'

    def change(made: fabricated.Made) -> None:
        for column in ("text1", "syn_text", "alt", "raw_image_url", "document_url", "source"):
            fabricated.set_column(made, "pairs", column, hostile)
        fabricated.set_column(made, "pairs", "tags", [[hostile]])

    fabricated.damage(workspace, "export", change)
    text = page.render(gather(Evidence(workspace, "sample")))
    assert "<script" not in text
    assert "<img src=x" not in text
    assert html.escape(hostile, quote=False)[5:20] in text


def test_a_picture_that_cannot_be_decoded_leaves_a_gap(opened: Opened) -> None:
    workspace = opened("sample")

    def change(made: fabricated.Made) -> None:
        made.blobs["samples"] = made.blobs["samples"].replace(b"\xff\xd8\xff", b"\0\0\0", 1)

    fabricated.damage(workspace, "export", change)
    facts = gather(Evidence(workspace, "sample"))
    pictures = [shown.picture for some in facts.shown.values() for shown in some]
    assert pictures.count("") == 1
    assert page.render(facts)


def test_texts_without_scores_leave_a_gap_too(opened: Opened) -> None:
    workspace = opened("sample")

    def change(made: fabricated.Made) -> None:
        for column in ("text2", "text3"):
            fabricated.set_column(made, "pairs", column, "")
        fabricated.set_column(made, "pairs", "realistic_scores", [[0.5]])

    fabricated.damage(workspace, "export", change)
    assert page.render(gather(Evidence(workspace, "sample")))
