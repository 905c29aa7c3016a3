"""What shards measured, summed up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.analyze import measure_pairs, schemas, sum_measures
from realsyn_tasks.core import tables
from tests.analyze.versions import Row, inputs_of, pair
from tests.support import FakeInputs, context


def term(source: str, word: str, count: int = 1) -> Row:
    return {"kind": "noun", "source": source, "term": word, "count": count}


def summed(
    shards: list[list[Row]],
    tmp_path: Path,
    given: dict[Any, list[pa.Table]] | None = None,
    **kw: Any,
) -> dict[str, list[Row]]:
    inputs = FakeInputs()
    for rows in shards:
        made = measure_pairs.run(inputs_of(rows), measure_pairs.Config(), context(tmp_path))
        for name, table in made.tables.items():
            inputs.tables.setdefault(("measure_pairs", name), []).append(table)
    inputs.tables |= given or {}
    output = sum_measures.run(inputs, sum_measures.Config(**kw), context(tmp_path))
    return {name: table.to_pylist() for name, table in output.tables.items()}


SHARDS = [
    [pair(n, realistic_scores=[n / 100], cluster_id=n % 3) for n in range(30)],
    [pair(n, realistic_scores=[n / 100], cluster_id=0, licence="") for n in range(30, 60)],
]


def test_best_median_and_worst_are_those_of_all_shards(tmp_path: Path) -> None:
    examples = summed(SHARDS, tmp_path, examples=3)["examples"]
    named = {
        role: [int(row["key"]) for row in examples if row["role"] == role]
        for role in ("best", "median", "worst")
    }
    assert named["best"] == [59, 58, 57]
    assert named["worst"] == [0, 1, 2]
    assert sorted(named["median"]) in ([28, 29, 30], [29, 30, 31])


def test_few_pairs_are_shown_once_in_each_role_at_most(tmp_path: Path) -> None:
    examples = summed([SHARDS[0][:4]], tmp_path)["examples"]
    assert [row["role"] for row in examples] == ["best", "median", "worst"]
    assert len({row["key"] for row in examples}) == 3


def test_clusters_and_sources_add_up_over_shards(tmp_path: Path) -> None:
    made = summed(SHARDS, tmp_path)
    assert [row["pairs"] for row in made["balance"]] == [40, 10, 10]
    licences = {r["name"]: r["pairs"] for r in made["sources"] if r["kind"] == "licence"}
    assert licences == {"CC0-1.0": 30, "": 30}
    [domain] = [row for row in made["sources"] if row["kind"] == "domain"]
    assert domain["score"] == pytest.approx(0.295)


def test_small_sources_are_summed_as_others(tmp_path: Path) -> None:
    rows = [pair(n, document_url=f"https://s{n % 4}.example/") for n in range(10)]
    sources = [r for r in summed([rows], tmp_path, names=2)["sources"] if r["kind"] == "domain"]
    assert [(r["name"], r["pairs"]) for r in sources] == [
        ("s0.example", 3),
        ("s1.example", 3),
        (None, 4),
    ]


def test_overlaps_are_of_unique_terms(tmp_path: Path) -> None:
    first = [term("text1", "dog", 3), term("text1", "cat"), term("synthetic", "dog")]
    second = [term("text1", "dog"), term("synthetic", "tree")]
    given = {
        ("count_terms", "terms"): [tables.from_rows(schemas.TERMS, r) for r in (first, second)],
        ("count_terms", "texts"): [
            tables.from_rows(schemas.TEXTS_READ, [{"source": "text1", "texts": n}]) for n in (5, 6)
        ],
    }
    made = summed([], tmp_path, given)
    by_pair = {(row["left"], row["right"]): row for row in made["overlaps"]}
    both = by_pair["text1", "synthetic"]
    assert (both["only_left"], both["both"], both["only_right"]) == (1, 1, 1)
    assert both["texts"] == 11
    assert by_pair["text1", "text1"]["both"] == 2
    assert term("text1", "dog", 4) in made["terms"]


def test_scores_of_the_sample_join_the_published_ones(tmp_path: Path) -> None:
    scores = [
        {"key": "1", "source": "text1", "score": 0.9},  # published, and counted already
        {"key": "1", "source": "random", "score": 0.1},
        {"key": "2", "source": "random", "score": 0.3},
    ]
    hard = [{"key": "1", "source": "text1", "score": 64.0}]
    given = {
        ("embed_pairs", "similarities"): [tables.from_rows(schemas.SCORES, scores)],
        ("score_perplexity", "perplexities"): [tables.from_rows(schemas.SCORES, hard)],
    }
    measures = summed(SHARDS, tmp_path, given)["measures"]
    by_name = {(row["measure"], row["source"]): row for row in measures}
    assert by_name["similarity", "text1"]["count"] == 60
    assert by_name["similarity", "random"]["mean"] == pytest.approx(0.2)
    assert by_name["perplexity", "text1"]["mean"] == pytest.approx(64.0)


def test_what_the_build_knows_is_told_where_it_is_there(tmp_path: Path) -> None:
    drops = [
        {"kind": "domain", "name": "pages.example", "reason": reason, "count": count}
        for reason, count in (("blank", 2), ("icon", 5))
    ]
    given = {
        ("gather_drops", "sources"): [tables.from_rows(schemas.SOURCE_DROPS, drops)],
        ("gather_drops", "sizes"): [tables.build(schemas.CLUSTER_SIZES, {"size": [500, 20]})],
    }
    made = summed(SHARDS, tmp_path, given)
    [domain] = [row for row in made["sources"] if row["kind"] == "domain"]
    assert [each["reason"] for each in domain["reasons"]] == ["icon", "blank"]
    assert {row["sampling"] for row in made["balance"]} == {"balanced", "random", "all"}


def test_of_nothing_there_is_nothing(tmp_path: Path) -> None:
    assert not any(summed([[]], tmp_path).values())
