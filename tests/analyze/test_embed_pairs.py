"""Vectors of the pictures in the tars, and how near their texts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.analyze import embed_pairs, measure_pairs
from realsyn_tasks.analyze.histogram import SIMILARITY, Histograms
from realsyn_tasks.core import tables
from tests.analyze.versions import Row, inputs_of, pair, picture, sentence
from tests.support import context

COLOURS = ("red", "lime", "blue")


class ByColour:
    """Pictures by their colour, texts by the colours that they name."""

    dim = 3

    def encode_images(self, images: Any) -> Any:
        means = [np.asarray(image).reshape(-1, 3).mean(axis=0) for image in images]
        return np.array([mean / np.linalg.norm(mean) for mean in means], dtype=np.float32)

    def encode_texts(self, texts: Any) -> Any:
        named = [[float(colour in text) for colour in COLOURS] for text in texts]
        return np.array([row / np.linalg.norm(row) for row in np.array(named)], dtype=np.float32)


def embedded(rows: list[Row], pictures: dict[str, bytes], tmp_path: Path) -> Any:
    surroundings = context(tmp_path, model=lambda kind: ByColour())
    inputs = inputs_of(rows, pictures)
    made = measure_pairs.run(inputs, measure_pairs.Config(), surroundings)
    inputs.tables["measure_pairs", "drawn"] = [made.tables["drawn"]]
    return embed_pairs.run(inputs, embed_pairs.Config(batch_size=2), surroundings).tables


def planted(number: int) -> Row:
    colour, other = COLOURS[number % 3], COLOURS[(number + 1) % 3]
    return pair(
        number,
        text1=f"{colour} {number}",
        caption=f"{colour} thing",
        caption_verdict="",
        context=[sentence(f"{colour} or {other}")],
        realistic_scores=[0.9],
        syn_score=0.8,
    )


def test_texts_are_as_near_as_they_were_planted(tmp_path: Path) -> None:
    rows = [planted(number) for number in range(12)]
    pictures = {row["key"]: picture(COLOURS[n % 3]) for n, row in enumerate(rows)}
    made = embedded(rows, pictures, tmp_path)
    histograms, scores = Histograms(), made["similarities"].to_pylist()
    for row in scores:
        histograms.add(SIMILARITY, row["source"], [row["score"]])
    means = {row["source"]: row["mean"] for row in histograms.measures().to_pylist()}
    assert means["caption"] == pytest.approx(1.0, abs=1e-3)
    assert means["text1"] == pytest.approx(0.9)
    assert means["synthetic"] == pytest.approx(0.8)
    assert means["in_document"] == pytest.approx(0.7071, abs=1e-3)
    assert means["random"] < 0.6
    assert "alt" not in means


def test_a_vector_is_that_of_the_pairs_own_picture(tmp_path: Path) -> None:
    rows = [planted(number) for number in range(5)]
    pictures = {row["key"]: picture(COLOURS[n % 3]) for n, row in enumerate(rows)}
    table = embedded(rows, pictures, tmp_path)["vectors"]
    nearest = tables.vectors_of(table).argmax(axis=1).tolist()
    assert [int(key) % 3 for key in table["key"].to_pylist()] == nearest


def test_what_is_no_picture_has_no_vector_and_only_published_scores(tmp_path: Path) -> None:
    rows = [planted(0), planted(1)]
    made = embedded(rows, {rows[0]["key"]: b"none", rows[1]["key"]: picture("lime")}, tmp_path)
    assert made["vectors"]["key"].to_pylist() == [rows[1]["key"]]
    of_broken = [r["source"] for r in made["similarities"].to_pylist() if r["key"] == "0000000000"]
    assert of_broken == ["synthetic", "text1"]


def test_of_no_pairs_there_is_nothing(tmp_path: Path) -> None:
    made = embedded([], {}, tmp_path)
    assert made["vectors"].num_rows == made["similarities"].num_rows == 0
