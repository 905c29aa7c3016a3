"""Features of lessons: of what the tars hold, by the encoder's own or better ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.evaluate import embed_lessons, schemas
from realsyn_tasks.evaluate.embed_lessons import Config
from tests.analyze.versions import picture
from tests.evaluate.worlds import lesson, pair, version_of
from tests.support import context


def test_pictures_come_out_of_the_tars(tmp_path: Path) -> None:
    rows = [pair(number) for number in range(3)]
    shown = {
        "0000000000": picture("red"),
        "0000000001": b"no picture",
        "0000000009": picture("blue"),
    }
    inputs = version_of(rows, shown)
    lessons = tables.from_rows(schemas.LESSONS, [lesson(number) for number in range(3)])
    inputs.tables["draw_lessons", "lessons"] = [lessons]
    output = embed_lessons.run(inputs, Config(batch_size=1), context(tmp_path))
    assert output.tables["pictures"]["key"].to_pylist() == ["0000000000"]
    assert {each.id: each.reason.code for each in output.dropped} == {
        "0000000001": "broken_lesson",
        "0000000002": "broken_lesson",
    }
    texts = output.tables["texts"]
    assert texts["text"].to_pylist() == sorted(
        f"{name} {number}." for name in ("First", "Second") for number in range(3)
    )
    assert np.linalg.norm(tables.vectors_of(texts, "features"), axis=1) == pytest.approx(
        1, abs=0.01
    )
