"""Entities and nouns of the texts of a sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from realsyn_tasks.analyze import count_terms, measure_pairs
from realsyn_tasks.analyze.count_terms import plain, terms_of
from tests.analyze.versions import Row, inputs_of, pair
from tests.support import context


def counted(rows: list[Row], tmp_path: Path, **settings: Any) -> Any:
    inputs = inputs_of(rows)
    made = measure_pairs.run(inputs, measure_pairs.Config(), context(tmp_path))
    inputs.tables["measure_pairs", "drawn"] = [made.tables["drawn"]]
    return count_terms.run(inputs, count_terms.Config(**settings), context(tmp_path)).tables


def test_names_are_entities_and_numbers_are_none() -> None:
    found = list(terms_of(["Barack Obama flew to Paris with 20 dogs on Monday."]))
    assert {term for kind, term in found if kind == "entity"} == {"barack obama", "paris"}
    assert {term for kind, term in found if kind == "noun"} == {"dogs"}


def test_terms_are_compared_without_case_article_and_odd_spaces() -> None:
    assert plain("The  Eiffel\nTower") == "eiffel tower"
    assert plain("The") == "the"


def test_each_source_is_counted_apart(tmp_path: Path) -> None:
    rows = [
        pair(0, text1="A dog sleeps near a dog.", syn_text="Berlin has a zoo."),
        pair(1, text1="A cat sleeps.", syn_text=""),
    ]
    made = counted(rows, tmp_path)
    counts = {(r["kind"], r["source"], r["term"]): r["count"] for r in made["terms"].to_pylist()}
    assert counts["noun", "text1", "dog"] == 2
    assert counts["noun", "text1", "cat"] == 1
    assert counts["entity", "synthetic", "berlin"] == 1
    texts = {row["source"]: row["texts"] for row in made["texts"].to_pylist()}
    assert (texts["text1"], texts["synthetic"], texts["caption"]) == (2, 1, 0)


def test_no_more_pairs_are_read_than_wanted(tmp_path: Path) -> None:
    rows = [pair(n, text1="A dog.") for n in range(200)]
    read = counted(rows, tmp_path, pairs=20)["texts"].to_pylist()
    assert 5 < next(row["texts"] for row in read if row["source"] == "text1") < 45


def test_of_no_pairs_there_is_no_term(tmp_path: Path) -> None:
    assert counted([], tmp_path)["terms"].num_rows == 0
