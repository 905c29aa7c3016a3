"""Queries are images with words of their documents; captions are texts of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.extract.schemas import CORPUS_IMAGES
from realsyn_tasks.retrieve import embed_queries
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build
from tests.retrieve.grown import promote_generation
from tests.retrieve.worlds import Corpus, filled, unit
from tests.support import DIM, FakeInputs, TinyEncoder, context

ENCODER = TinyEncoder()
IMAGE = unit(np.random.default_rng(3).normal(size=(1, DIM)))[0]


def sentence(text: str, offset: int, verdict: str = "") -> dict[str, Any]:
    return {"text": text, "offset": offset, "verdict": verdict, "sentence_id": None}


def inputs_of(*images: dict[str, Any]) -> FakeInputs:
    count = len(images)
    columns = {name: [image.get(name) for image in images] for name in CORPUS_IMAGES.names}
    columns |= {"image_id": [f"{n:032x}" for n in range(count)]}
    vectors = np.repeat(IMAGE[None, :], count, axis=0)
    table = filled(CORPUS_IMAGES, count, **{**columns, "embedding": vectors})
    return FakeInputs({("corpus", "images"): [table]})


def run(scratch: Path, *images: dict[str, Any], **settings: Any) -> dict[str, pa.Table]:
    config = embed_queries.Config(**settings)
    return embed_queries.run(inputs_of(*images), config, context(scratch)).tables


def mixed(*parts: tuple[float, list[str]]) -> np.ndarray:
    """The image, and the mean of each part's texts with its weight, as a unit row."""
    stored = IMAGE.astype(np.float16).astype(np.float32)
    rows = [stored, *(weight * ENCODER.encode_texts(texts).mean(axis=0) for weight, texts in parts)]
    return unit(np.sum(rows, axis=0)[None, :])[0]


NO_WORDS = {"caption": 0.0, "title": 0.0, "context": 0.0}
WEIGHTS = {"caption": 2.0, "title": 1.0, "context": 0.5}


@pytest.mark.parametrize(
    ("image", "words", "parts"),
    [
        ({"caption": "A red fox", "alt": "fox"}, "caption", [(2, ["A red fox"])]),
        (
            {"caption": "Figure 1", "caption_verdict": "label", "alt": "A fox"},
            "alt",
            [(2, ["A fox"])],
        ),
        ({"alt": "  ", "title": "Foxes"}, "title", [(1, ["Foxes"])]),
        (
            {
                "title": "Foxes",
                "context": [
                    sentence("Far before", -2),
                    sentence("Just before", -1),
                    sentence("Broken", 1, "no_action"),
                    sentence("Behind", 2),
                ],
            },
            "title",
            [(1, ["Foxes"]), (0.5, ["Just before", "Far before"])],
        ),
        ({}, "", []),
    ],
    ids=["caption", "alt", "title", "nearest kept sentences", "nothing"],
)
def test_a_query_is_the_image_and_the_first_words_there_are(
    image: dict[str, Any], words: str, parts: list[Any], tmp_path: Path
) -> None:
    made = run(tmp_path, image, **WEIGHTS)["queries"]
    assert made["words"].to_pylist() == [words]
    np.testing.assert_allclose(tables.vectors_of(made)[0], mixed(*parts), atol=2e-3)


def test_weights_of_nothing_leave_the_image(tmp_path: Path) -> None:
    described = {"caption": "A red fox", "title": "Foxes"}
    made = run(tmp_path, described, {}, image=0.0, title=0.0, captions_as_answers=True)["queries"]
    np.testing.assert_allclose(tables.vectors_of(made), [IMAGE, IMAGE], atol=2e-3)
    assert made["words"].to_pylist() == ["", ""]


def test_captions_are_texts_with_where_they_are_from(tmp_path: Path) -> None:
    described = {"caption": "A  red fox", "document_id": "d", "licence": "CC0-1.0"}
    refused = {"caption": "img 1", "caption_verdict": "filename"}
    [row] = run(tmp_path, described, refused, caption=1.0)["captions"].to_pylist()
    assert (row["image_id"], row["text"]) == ("0" * 32, "A red fox")
    assert row["sentence_id"] == sentence_id("A red fox")
    assert (row["document_id"], row["licence"]) == ("d", "CC0-1.0")
    assert not row["answer"]
    np.testing.assert_allclose(row["embedding"], ENCODER.encode_texts(["A red fox"])[0], atol=2e-3)


def test_captions_of_a_series_are_no_answers(tmp_path: Path) -> None:
    captions = ["Mask 1", "Mask 2", "A red fox"]
    images = [{"caption": text, "document_id": "d"} for text in captions]
    made = run(tmp_path, *images, captions_as_answers=True)["captions"].to_pylist()
    answers = {row["text"]: (row["series"], row["answer"]) for row in made}
    assert answers == {
        "Mask 1": (True, False),
        "Mask 2": (True, False),
        "A red fox": (False, True),
    }


def test_equal_inputs_give_equal_bytes_in_any_order(tmp_path: Path) -> None:
    images = [{"caption": f"Fox {n} in the snow", "title": "Foxes"} for n in range(7)]
    first = inputs_of(*images)
    again = inputs_of(*images)
    [table] = again.tables["corpus", "images"]
    again.tables["corpus", "images"] = [table.take(pa.array(range(6, -1, -1)))]
    made = [
        embed_queries.run(each, embed_queries.Config(**WEIGHTS), context(tmp_path)).tables
        for each in (first, again)
    ]
    assert made[0]["queries"].equals(made[1]["queries"])
    assert made[0]["captions"].equals(made[1]["captions"])


@pytest.mark.parametrize(
    ("preset", "settings", "off"),
    [
        ("default", {"caption": 0.0, "title": 0.0, "context": 0.0}, True),
        (
            "default",
            {"caption": 0.0, "title": 0.0, "context": 0.0, "captions_as_answers": True},
            False,
        ),
        ("default", {}, False),  # as the embedded encoder's card has it
        ("paper", {}, True),
    ],
)
def test_without_words_the_stage_is_off(
    preset: str, settings: dict[str, Any], off: bool, tmp_path: Path
) -> None:
    promote_generation(tmp_path, 1, Corpus())
    choices = Choices(stages={"embed_queries": settings}, preset=preset)
    build = open_build(str(tmp_path), "10", "one", [], choices)
    assert ("embed_queries" in build.config.off) == off
    assert ("rerank_candidates" in build.config.off) == (preset == "paper")
