"""Each picture of a build on its way: its texts, how far it came, and why no further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from realsyn_tasks.core.ids import image_id
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import pair_steps
from tests import fabricated_rows

Opened = Callable[[str], Workspace]
Rows = dict[str, dict[str, Any]]


@pytest.fixture
def build(opened: Opened) -> Workspace:
    return opened("sample")


def rows_of(build: Workspace) -> Rows:
    rows = pair_steps.window(build).pictures.to_pylist()
    return {row["image_id"]: row for row in rows}


def test_every_picture_of_the_corpus_is_there_once(build: Workspace) -> None:
    window = pair_steps.window(build)
    expected = {
        row["image_id"]
        for n in range(2)
        for row in fabricated_rows.images_of(n)[: fabricated_rows.KEPT]
    }
    assert Counter(window.pictures["image_id"].to_pylist()) == Counter(expected)
    assert (window.first, window.end, window.shards) == (0, 2, 2)


def test_each_says_how_far_it_came_and_what_ended_its_way(build: Workspace) -> None:
    fates = Counter((row["step"], row["reason"]) for row in rows_of(build).values())
    assert fates == {
        ("", "no_match"): 2,
        ("matched", "copied"): 2,
        ("paired", "below_band"): 2,
        ("in_band", "over_cap"): 3,
        ("published", ""): 15,
    }
    assert {row["stage"] for row in rows_of(build).values() if row["reason"] == "over_cap"} == {
        "balance"
    }


def test_those_that_were_dropped_keep_their_texts(build: Workspace) -> None:
    rows = rows_of(build)
    pairs = {pair["image_id"]: pair for n in range(2) for pair in fabricated_rows.pairs_of(n)}
    for name, pair in pairs.items():
        texts = {key: rows[name][key] for key in ("text1", "text2", "text3", "syn_text")}
        assert texts == {key: pair[key] for key in texts}
    for texts in (texts for n in range(2) for texts in fabricated_rows.matches_of(n)):
        row = rows[texts[0]["image_id"]]
        assert [row[f"text{rank}"] for rank in (1, 2, 3)] == [text["text"] for text in texts]
        assert row["realistic_scores"] == pytest.approx([text["score"] for text in texts])


def test_before_any_group_has_run_there_are_pictures_alone(opened: Opened) -> None:
    build = opened("sample")
    for stage in build.stages():
        for shard in (0, 1):
            build.ledger(stage.name).revoke(shard)
    rows = rows_of(build).values()
    assert len(rows) == 24
    assert {(row["text1"], row["step"], row["reason"]) for row in rows} == {(None, "", "")}


def test_a_window_is_as_many_shards_as_hold_enough(build: Workspace) -> None:
    first = pair_steps.window(build, wanted=5)
    assert (first.end, first.pictures.num_rows) == (1, 12)
    second = pair_steps.window(build, first.end, wanted=5)
    assert (second.first, second.end) == (1, 2)
    with pytest.raises(IndexError, match="no shard 2"):
        pair_steps.window(build, 2)


def test_shards_that_are_not_chosen_are_passed_over(build: Workspace) -> None:
    window = pair_steps.window(build, chosen=[1])
    assert set(window.pictures["shard"].to_pylist()) == {1}
    assert window.end == 2
    assert pair_steps.window(build, chosen=[0, 1], wanted=1).end == 1


def test_pictures_are_read_as_the_crawl_had_them(build: Workspace) -> None:
    for name, row in list(rows_of(build).items())[:3]:
        assert image_id(pair_steps.picture_of(build, row)) == name
