"""What is measured of all pairs, and the sample that is drawn of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.analyze import measure_pairs
from realsyn_tasks.analyze.histogram import Histograms
from realsyn_tasks.analyze.measure_pairs import Config
from tests.analyze.versions import Row, inputs_of, pair, sentence
from tests.support import context


def measured(rows: list[Row], tmp_path: Path, **settings: Any) -> Any:
    inputs = inputs_of(rows)
    return measure_pairs.run(inputs, Config(**settings), context(tmp_path)).tables


def drawn(rows: list[Row], tmp_path: Path, **settings: Any) -> dict[str, Row]:
    table = measured(rows, tmp_path, **settings)["drawn"]
    return {row["key"]: row for row in table.to_pylist()}


def test_every_pair_of_a_small_version_is_drawn_in_a_random_order(tmp_path: Path) -> None:
    keys = list(drawn([pair(n) for n in range(50)], tmp_path))
    assert sorted(keys) == [f"{n:010d}" for n in range(50)] != keys


def test_of_a_large_one_a_share_is_drawn_and_a_smaller_share_is_part_of_it(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(2000)]
    many, few = (drawn(rows, tmp_path, pairs=pairs) for pairs in (400, 100))
    assert 320 < len(many) < 480 and 60 < len(few) < 140
    assert set(few) < set(many)


def test_a_pair_has_the_texts_that_filters_kept(tmp_path: Path) -> None:
    near = [sentence("It says."), sentence("Not this.", "language"), sentence("", "pii")]
    rows = [
        pair(0, caption="A red cat.", caption_verdict="", alt="cat.jpg", alt_verdict="code"),
        pair(1, context=near, syn_text="A cat of red.", recaption="A cat on a mat."),
    ]
    first, second = drawn(rows, tmp_path).values()
    both = {first["key"]: first, second["key"]: second}
    assert both["0000000000"]["caption"] == "A red cat."
    assert both["0000000000"]["alt"] == both["0000000000"]["in_document"] == ""
    assert both["0000000001"]["in_document"] == "It says."
    assert both["0000000001"]["synthetic"] == "A cat of red."
    assert both["0000000001"]["recaption"] == "A cat on a mat."
    assert both["0000000000"]["recaption"] == ""


def test_a_random_text_is_of_another_page(tmp_path: Path) -> None:
    rows = [pair(n, document_url=f"https://a.example/{n // 2}") for n in range(20)]
    for row in drawn(rows, tmp_path).values():
        other = int(row["random"].split()[-1].strip("."))
        assert other // 2 != int(row["key"]) // 2
    alone = drawn([pair(0), pair(1, document_url=pair(0)["document_url"])], tmp_path)
    assert [row["random"] for row in alone.values()] == ["", ""]


def test_texts_are_measured_in_tokens_words_and_density(tmp_path: Path) -> None:
    table = measured([pair(0, text1="a dog and a dog")], tmp_path)["histograms"]
    bins = {(r["measure"], r["source"]): (r["low"], r["count"]) for r in table.to_pylist()}
    assert bins["tokens", "text1"] == (5.0, 1)
    assert bins["words", "text1"] == (5.0, 1)
    assert bins["density", "text1"] == (0.6, 1)
    assert bins["similarity", "text1"] == (0.5, 1)


def test_published_scores_are_counted_of_all_pairs_not_of_the_sample(tmp_path: Path) -> None:
    rows = [pair(n, realistic_scores=[0.5, 0.0], syn_score=0.25) for n in range(300)]
    histograms = Histograms()
    histograms.add_table(measured(rows, tmp_path, pairs=10)["histograms"])
    measures = {(r["measure"], r["source"]): r for r in histograms.measures().to_pylist()}
    assert measures["similarity", "text1"]["count"] == 300
    assert measures["similarity", "text2"]["mean"] == pytest.approx(0.0)
    assert measures["similarity", "synthetic"]["mean"] == pytest.approx(0.25)
    assert measures["words", "text1"]["count"] < 30


def test_domains_and_licences_are_summed_and_small_ones_together(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(5)]
    rows += [pair(9, document_url="https://b.example/", realistic_scores=[], licence=None)]
    found = measured(rows, tmp_path, names=1)["sources"].to_pylist()
    sums = {(row["kind"], row["name"]): row for row in found}
    assert sums["domain", "pages.example"]["pairs"] == 5
    assert sums["domain", "pages.example"]["score"] == pytest.approx(2.5)
    assert sums["domain", None]["pairs"] == 1
    assert sums["domain", None]["scored"] == 0
    assert sums["licence", "CC0-1.0"]["pairs"] == 5


def test_the_best_and_the_worst_are_named(tmp_path: Path) -> None:
    rows = [pair(n, realistic_scores=[n / 100]) for n in range(50)]
    rows += [pair(50, realistic_scores=[]), pair(51, realistic_scores=None)]
    found = measured(rows, tmp_path, extremes=2)["extremes"]["key"].to_pylist()
    assert [int(key) for key in found] == [0, 1, 48, 49]


def test_a_shard_without_pairs_gives_empty_tables(tmp_path: Path) -> None:
    assert {table.num_rows for table in measured([], tmp_path).values()} == {0}


def test_the_same_pairs_in_another_order_give_the_same_sample(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(40)]
    one, other = (measured(given, tmp_path)["drawn"] for given in (rows, rows[::-1]))
    assert one.equals(other)
