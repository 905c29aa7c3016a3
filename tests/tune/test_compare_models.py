"""Whether anything was gained, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from realsyn_tasks.core import tables
from realsyn_tasks.tune import compare_models, schemas
from realsyn_tasks.tune.compare_models import Config
from tests.support import FakeInputs, context

LOSS = {"before": 1.2, "after": 1.0, "answers": 30}


def texts(untuned: list[str], tuned: list[str]) -> list[dict[str, Any]]:
    """What both models wrote, by the reasons of the guards."""
    row = {"text": "A text.", "detail": "", "words": 2, "support": 5.0, "cosine": 0.5}
    return [
        {**row, "model": model, "task_id": str(number), "reason": reason, "teacher_cosine": None}
        for model, reasons in (("untuned", untuned), ("tuned", tuned))
        for number, reason in enumerate(reasons)
    ]


def compared(
    tmp_path: Path, untuned: list[str], tuned: list[str], loss: dict[str, Any] | None = None
) -> Any:
    rows = texts(untuned, tuned)
    losses = [LOSS | (loss or {})]
    inputs = FakeInputs(
        tables={
            ("measure_models", "texts"): [tables.from_rows(schemas.MEASURED_TEXTS, rows)],
            ("train_student", "losses"): [tables.from_rows(schemas.LOSSES, losses)],
        }
    )
    return compare_models.run(inputs, Config(), context(tmp_path))


def test_more_accepted_texts_and_less_loss_are_a_gain(tmp_path: Path) -> None:
    made = compared(tmp_path, ["copied"] * 20 + [""] * 10, ["copied"] * 5 + [""] * 25)
    assert made.measures["gain"] == 1.0
    rows = {row["measure"]: row for row in made.tables["measures"].to_pylist()}
    assert (rows["accepted"]["untuned"], rows["accepted"]["tuned"]) == (0.333333, 0.833333)
    assert 0.3 < rows["accepted"]["low"] < 0.5 < rows["accepted"]["high"] < 0.7
    assert rows["copied"]["high"] < 0
    assert (rows["loss"]["tuned"], rows["teacher_cosine"]["tasks"]) == (1.0, 0)
    assert made.tables["reasons"].to_pylist() == [{"reason": "copied", "untuned": 20, "tuned": 5}]


def test_what_may_be_chance_is_no_gain(tmp_path: Path) -> None:
    made = compared(tmp_path, ["copied"] * 20 + [""] * 10, ["copied"] * 19 + [""] * 11)
    assert made.measures["gain"] == 0.0
    assert made.measures["accepted_tuned"] > made.measures["accepted_untuned"]


def test_a_model_that_unlearns_its_teachers_answers_has_gained_nothing(tmp_path: Path) -> None:
    made = compared(tmp_path, ["drift"] * 30, [""] * 30, {"after": 1.3})
    assert made.measures["gain"] == 0.0


def test_of_no_task_nothing_is_known(tmp_path: Path) -> None:
    made = compared(tmp_path, [], [])
    assert made.measures == {"gain": 0.0, "accepted_untuned": 0.0, "accepted_tuned": 0.0}
