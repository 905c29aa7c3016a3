"""Answers as arrays."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.evaluate.answered import Pupil, answered, measures_of


def table(*rows: tuple[Any, ...]) -> pa.Table:
    names = ("arm", "seed", "set", "item", "measure", "value")
    one = {"trial": 0, "version": 0, "training": 0}
    told = [one | dict(zip(names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(told, schema=schemas.ANSWERS)


def test_recall_is_over_both_directions_and_all_captions() -> None:
    answers = table(
        ("x", 0, "s", "a", "rank_of_text", 4),
        ("x", 0, "s", "a", "rank_of_picture", 4),
        ("x", 0, "s", "a", "rank_of_picture", 5),
        ("x", 0, "s", "b", "rank_of_text", 0),
        ("x", 0, "s", "b", "rank_of_picture", 9),
        ("x", 0, "s", "b", "zero_shot", 1),
    )
    assert answered(answers, "recall@5")[Pupil(0, "x")]["s"].tolist() == [[[0.75, 0.5]]]
    assert answered(answers, "zero_shot")[Pupil(0, "x")]["s"].tolist() == [[[1.0]]]
    assert measures_of(answers, ["recall@3", "zero_shot"]) == [
        *("recall@1", "recall@3", "recall@5", "recall@10", "zero_shot"),
    ]


def test_seeds_are_rows_and_questions_columns_in_order() -> None:
    answers = table(
        ("x", 1, "s", "b", "zero_shot", 11),
        ("x", 0, "s", "b", "zero_shot", 1),
        ("x", 1, "s", "a", "zero_shot", 10),
        ("x", 0, "s", "a", "zero_shot", 0),
    )
    assert answered(answers, "zero_shot")[Pupil(0, "x")]["s"].tolist() == [[[0, 1]], [[10, 11]]]


def test_a_question_that_was_not_asked_is_found_out() -> None:
    answers = table(
        ("x", 0, "s", "a", "zero_shot", 1),
        ("x", 0, "s", "b", "zero_shot", 1),
        ("x", 1, "s", "a", "zero_shot", 1),
    )
    with pytest.raises(ConfigError, match="arm 'x' of version 0 has not answered every question"):
        answered(answers, "zero_shot")
