"""Which pictures are learnt from, and why others are not."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from realsyn_tasks.core.stage import Output
from realsyn_tasks.evaluate import draw_lessons, schemas
from realsyn_tasks.evaluate.draw_lessons import Config
from realsyn_tasks.evaluate.protocol import Lessons
from tests.evaluate.worlds import Row, pair, version_of
from tests.support import context

SOURCES = {"raw": 3, "realistic": 3, "synthetic": 1}


def drawn(rows: list[Row], tmp_path: Path, overlapping: list[str] | None = None, **lessons: object):
    inputs = version_of(rows)
    shared = [{"set": "s", "item": "1", "key": key} for key in overlapping or []]
    table = pa.Table.from_pylist(shared, schema=schemas.OVERLAPS)
    inputs.tables["find_overlaps", "overlaps"] = [table]
    config = Config(lessons=Lessons(**lessons), sources=SOURCES)
    return draw_lessons.run(inputs, config, context(tmp_path))


def keys(output: Output) -> list[int]:
    return [int(key) for key in output.tables["lessons"]["key"].to_pylist()]


def reasons(output: Output) -> dict[int, str]:
    return {int(each.id): each.reason.code for each in output.dropped}


def test_a_picture_comes_with_all_texts_that_arms_ask_for(tmp_path: Path) -> None:
    output = drawn([pair(4)], tmp_path)
    [row] = output.tables["lessons"].to_pylist()
    assert [each["source"] for each in row["texts"]] == [
        *["raw"] * 3,
        *["realistic"] * 3,
        "synthetic",
    ]
    assert row["source"] == "www.pages.example"
    assert row["document"] == "https://www.pages.example/4"
    assert row["has_caption"]
    assert row["place"] > 0


def test_pictures_that_lack_a_text_are_left_out_of_all_arms(tmp_path: Path) -> None:
    none = {"text1": "", "text2": "", "text3": ""}
    rows = [pair(0), pair(1, syn_text=""), pair(2, text3=""), pair(3, **none)]
    output = drawn(rows, tmp_path, having=("realistic", "synthetic"))
    assert keys(output) == [0, 2]
    assert reasons(output) == dict.fromkeys([1, 3], "lacks_a_text")
    assert keys(drawn(rows, tmp_path)) == [0, 1, 2, 3]


def test_what_evaluation_sets_have_is_not_learnt(tmp_path: Path) -> None:
    rows = [pair(0), pair(1)]
    output = drawn(rows, tmp_path, overlapping=["0000000001"])
    assert reasons(output) == {1: "in_evaluation_set"}
    assert keys(drawn(rows, tmp_path, overlapping=["0000000001"], drop_overlaps=False)) == [0, 1]


def test_fewer_pictures_are_part_of_more(tmp_path: Path) -> None:
    rows = [pair(number) for number in range(200)]
    few, more = (set(keys(drawn(rows, tmp_path, pictures=count))) for count in (30, 90))
    assert few < more
    assert len(few) == pytest.approx(30, abs=15)
    assert set(reasons(drawn(rows, tmp_path, pictures=30)).values()) == {"beyond_lessons"}
