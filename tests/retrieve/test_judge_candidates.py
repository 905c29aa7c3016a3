"""A judge that looks at pictures has the last word on the candidates that are left."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from realsyn_tasks.core import tables
from realsyn_tasks.retrieve import judge_candidates, schemas
from realsyn_tasks.retrieve.judge_candidates import Config, PictureJudge
from realsyn_tasks.retrieve.settings import settle
from tests.support import BatchInputs, FakeInputs, context

COLOURS = {"a": "red", "b": "lime", "c": "blue"}
# image, choice, text
POOL = [
    *(
        ("a", 2, "blue"),
        ("a", 1, "red"),
        ("a", 3, "reddish"),
        ("a", 4, "red again"),
        ("a", 0, "red"),
    ),
    *(("b", 1, "blue"), ("b", 2, "red")),
    ("c", 1, "blue"),
]


class Judge:
    """Says by a text's first word whether it names the picture's colour."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def judge(self, pairs: Sequence[tuple[Image.Image, str]]) -> np.ndarray:
        self.batches.append(len(pairs))
        channels = ["red", "lime", "blue"]
        seen = [channels[int(np.asarray(i.convert("RGB"))[0, 0].argmax())] for i, _ in pairs]
        worth = {True: 0.75, False: 0.25}
        fits = [worth[t.split()[0] == colour] for colour, (_, t) in zip(seen, pairs, strict=True)]
        return np.array(fits, dtype=np.float32)


@pytest.fixture
def inputs() -> FakeInputs:
    pixels, spans = io.BytesIO(), []
    for name, colour in COLOURS.items():
        data = io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(data, "PNG")
        offset, length = pixels.tell(), len(data.getvalue())
        pixels.write(data.getvalue())
        spans.append({"image_id": name, "offset": offset, "length": length})
    rows = [{"image_id": n, "choice": choice, "text": text} for n, choice, text in POOL]
    empty: dict[str, Any] = {"features": [], "means": [], "scales": [], "coefficients": []}
    return FakeInputs(
        {
            ("pool_candidates", "candidates"): [pa.Table.from_pylist(rows, schemas.POOL)],
            ("fit_relevance", "relevance"): [tables.from_rows(schemas.RELEVANCE, [empty])],
            ("corpus", "images"): [pa.Table.from_pylist(spans)],
        },
        {("corpus", "pixels"): pixels.getvalue()},
    )


def judged(inputs: FakeInputs, scratch: Path, **judge: Any) -> tuple[list[Any], Judge]:
    model = Judge()
    around = context(scratch, model={"judge_candidates.judge": model}.__getitem__)
    config = Config(judge=PictureJudge(model="some-card", **judge))
    output = judge_candidates.run(inputs, config, around)
    rows = output.tables["candidates"].to_pylist()
    return [(row["image_id"], row["choice"], row["relevance"]) for row in rows], model


def test_of_the_first_choices_those_stay_that_the_judge_finds_fitting(
    inputs: FakeInputs, tmp_path: Path
) -> None:
    rows, model = judged(inputs, tmp_path, batch_size=4)
    assert rows == [
        *(("a", 0, 0.25), ("a", 1, 0.75), ("a", 0, 0.25), ("a", 0, None), ("a", 0, None)),
        *(("b", 0, 0.25), ("b", 0, 0.25)),
        ("c", 1, 0.75),
    ]
    assert model.batches == [4, 2]


def test_how_sure_it_has_to_be_is_a_setting(inputs: FakeInputs, tmp_path: Path) -> None:
    rows, _ = judged(inputs, tmp_path, min_fit=0.2, candidates=1)
    assert [choice for _, choice, _ in rows] == [0, 1, 0, 0, 0, 1, 0, 1]


def test_no_judge_is_asked_for_unless_a_build_names_one(inputs: FakeInputs, tmp_path: Path) -> None:
    assert Config().asked_models() == {}
    assert Config(judge=PictureJudge(model="some-card")).asked_models()["judge"][0] == "judge"
    plain = judge_candidates.run(inputs, Config(), context(tmp_path)).tables["candidates"]
    assert plain.equals(inputs.tables["pool_candidates", "candidates"][0])


def test_the_fit_is_read_once_for_the_shards_of_a_batch(inputs: FakeInputs, tmp_path: Path) -> None:
    shards = BatchInputs(inputs.tables)
    for _ in range(3):
        judge_candidates.run(shards, Config(), context(tmp_path))
    assert shards.reads["pool_candidates", "candidates"] == 3
    assert shards.reads["fit_relevance", "relevance"] == 1


def test_a_judge_works_where_estimates_are_off() -> None:
    from realsyn_tasks.stages import PIPELINE

    stages = [stage for stage in PIPELINE.stages if stage.group == "retrieve"]
    settings = {stage.name: stage.config_class()().model_dump() for stage in stages}
    settings["fit_relevance"]["target_precision"] = None
    settings["judge_candidates"]["judge"] = {"model": "some-card"}
    assert "judge_candidates" not in settle(settings, {})
