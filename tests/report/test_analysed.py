"""What an analysis measured stands in the report, beside the paper's; without one it says so."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.gate_results import Override
from realsyn_tasks.report import card, page, paper
from realsyn_tasks.report.analysed import analysed, of_values
from realsyn_tasks.report.facts import Facts, gather
from realsyn_tasks.report.shown_pairs import chosen
from tests.finished import open_run
from tests.report.fabricated_analysis import HOSTILE, tables

KEYS = [f"{number:010d}" for number in range(30)]


@pytest.fixture(scope="module")
def facts(finished: Path) -> Facts:
    return gather(Evidence(open_run(finished, "sample"), "sample"))


@pytest.fixture(scope="module")
def told(facts: Facts) -> str:
    return page.render(replace(facts, analysis=analysed(tables(KEYS))))


@pytest.fixture(scope="module")
def plain(facts: Facts) -> str:
    return page.render(facts)


class Outline(HTMLParser):
    """Headings, pictures, anchors and ids of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.pictures: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.names: list[str] = []
        self.scrolls: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.pictures.append(about)
        if tag == "a":
            self.links.append(about.get("href") or "")
        if about.get("class") == "scroll":
            self.scrolls.append(about)
        if name := about.get("id"):
            self.names.append(name)


@pytest.mark.parametrize("which", ["told", "plain"])
def test_a_page_can_be_read_by_everyone(which: str, request: pytest.FixtureRequest) -> None:
    outline = Outline(request.getfixturevalue(which))
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(outline.headings))
    assert all(picture.get("alt") for picture in outline.pictures)
    assert len(outline.names) == len(set(outline.names))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.names)
    assert all((each["role"], each["tabindex"]) == ("region", "0") for each in outline.scrolls)
    assert all(each["aria-label"] for each in outline.scrolls)


def test_both_looks_and_no_script(told: str) -> None:
    assert "prefers-color-scheme: dark" in told
    assert "<script" not in told
    assert HOSTILE[:10] not in told
    assert not re.findall(r'(?:src|href)="(?!data:image/webp;base64,|#)', told)


def test_every_chart_of_an_analysis_is_drawn(told: str) -> None:
    titles = set(re.findall(r'<title id="(\w+)-t">', told))
    measured = {"similarity", "tokens", "perplexity", "density", "evenness", "map"}
    assert measured | {"entity", "noun", "precision", "calibration"} <= titles


def test_kinds_of_text_stand_beside_in_document_and_random(told: str) -> None:
    [chart] = re.findall(r'<svg[^>]*aria-labelledby="similarity-t.*?</svg>', told, re.DOTALL)
    labels = re.findall(r'class="label">([^<]+)<', chart)
    kinds = ["text1", "text2", "text3", "synthetic", "caption", "in document", "at random"]
    assert labels[-len(kinds) :] == kinds


def test_topics_have_shares_words_and_central_pictures(told: str) -> None:
    [topics] = re.findall(r'<ol class="topics">(.*?)</ol>', told, re.DOTALL)
    assert re.findall(r'class="share">([^<]+)<', topics) == ["50.0 %", "25.0 %", "16.7 %"]
    assert "horse, tail, fur" in topics
    assert topics.count("<img ") == 18


def test_numbers_of_the_paper_stand_beside_ours(told: str, plain: str) -> None:
    for text in (told, plain):
        for step in paper.FUNNEL.values():
            assert f">{step.share} %</td>" in text
        for words in ("54,945", "Airplane 3.8 %", "0.265 (its text1)", "Fig. 9"):
            assert words in text, words
        assert {"§3.1", "§3.2", "§3.3", "§5.1", "§5.2"} <= set(re.findall(r"§\d\.\d", text))


def test_every_reason_has_examples_dropped_and_kept(told: str) -> None:
    rows = told.split('<div class="drop">')[1:]
    assert [re.findall(r"<h4>([^<]+)<", row)[0] for row in rows] == [
        "too small",
        "blank",
        "too short",
    ]
    for row in rows:
        assert [word for word in ("dropped", "kept") if f'"which">{word}<' in row] == [
            "dropped",
            "kept",
        ]


def test_what_several_runs_dropped_for_a_reason_is_added_up() -> None:
    of_two = tables(KEYS)

    def twice(name: str) -> pa.Table | None:
        table = of_two(name)
        is_drops = name.startswith("drop_") and table is not None
        return pa.concat_tables([table, table]) if is_drops else table

    made = analysed(twice)
    assert [(row["reason"], row["count"]) for row in made.reasons] == [
        ("too_small", 80),
        ("blank", 6),
        ("too_short", 14),
    ]
    assert all(len(some) == 1 for some in made.dropped.values())


def test_pairs_of_an_analysis_are_its_best_median_and_worst(told: str, facts: Facts) -> None:
    shown = page.pairs(replace(facts, analysis=analysed(tables(KEYS))))
    assert {role: len(some) for role, some in shown.items()} == {
        "Best": 10,
        "Median": 10,
        "Worst": 10,
    }
    assert [re.findall(rf"<h3>{role}</h3>", told) for role in shown] == [
        [f"<h3>{role}</h3>"] for role in shown
    ]


def test_without_an_analysis_the_page_says_how_to_get_one(plain: str) -> None:
    assert plain.count("realsyn_analyze") >= 5
    assert "<h3>Worst</h3>" in plain


def test_an_analysis_of_which_stages_were_off_is_told(facts: Facts) -> None:
    text = page.render(replace(facts, analysis=analysed(lambda name: None)))
    assert "not part of the analysis of this version" in text
    assert "realsyn_analyze" not in text


def test_an_override_is_told_with_its_reason(facts: Facts) -> None:
    said = Override(
        group="sample",
        gate="0" * 64,
        reason="good <enough> | here",
        by="ann",
        at="2026-01-02T03:04:05Z",
        checks=(),
    )
    gate = replace(facts.gates[-1], passed=False, override=said)
    changed = replace(facts, gates=[gate])
    assert "Overridden by ann on 2026-01-02: good &lt;enough&gt; | here" in page.render(changed)
    assert "Overridden by ann on 2026-01-02: good \\<enough\\> \\| here" in card.render(changed)


def test_best_median_and_worst_are_different_pairs() -> None:
    scores = {f"{number:02d}": number / 100 for number in range(30)}
    names = chosen(scores, 4)
    assert names["best"] == ["29", "28", "27", "26"]
    assert names["median"] == ["16", "15", "14", "13"]
    assert names["worst"] == ["00", "01", "02", "03"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_few_pairs_are_shown_once_each(count: int) -> None:
    names = chosen({str(number): float(number) for number in range(count)})
    shown = [name for some in names.values() for name in some]
    assert len(shown) == len(set(shown))
    assert len(shown) >= min(count, 3)


def test_values_are_counted_once_and_their_middle_is_told() -> None:
    made = of_values("text1", [0.1, 0.2, 0.2, 0.9])
    assert sum(count for _, _, count in made.bins) == made.count == 4
    assert made.median == pytest.approx(0.2)
    assert of_values("text1", []).bins == ()
