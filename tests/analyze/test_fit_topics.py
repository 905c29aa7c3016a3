"""Planted topics come out, and how many there are follows a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.analyze import fit_topics, schemas
from realsyn_tasks.analyze.fit_topics import Config, count_of
from realsyn_tasks.core import tables
from tests.support import FakeInputs, context

SUBJECTS = {
    "animals": "dog puppy kennel leash paw barking".split(),
    "food": "salmon taco hamburger beer kitchen sauce".split(),
    "planes": "airport flight pilot runway airline wing".split(),
}
PAIRS = 120


def text(number: int, rng: np.random.Generator) -> str:
    words = list(SUBJECTS.values())[number % 3]
    return " ".join(["The", *rng.choice(words, 5, replace=False), "are here."])


def inputs_of(texts: list[str], vectors: Any) -> FakeInputs:
    keys = [f"{number:010d}" for number in range(len(texts))]
    rows = [dict.fromkeys(schemas.DRAWN.names) | {"key": k} for k in keys]
    drawn = [row | {"text1": text} for row, text in zip(rows, texts, strict=True)]
    embedded = tables.build(schemas.PAIR_VECTORS, {"key": keys, "embedding": vectors})
    half = len(texts) // 2
    return FakeInputs(
        tables={
            ("measure_pairs", "drawn"): [tables.from_rows(schemas.DRAWN, drawn)],
            ("embed_pairs", "vectors"): [embedded.slice(0, half), embedded.slice(half)],
        }
    )


def fitted(texts: list[str], vectors: Any, tmp_path: Path, **settings: Any) -> dict[str, pa.Table]:
    config = Config(**{"pairs_per_topic": 40, "max_share": 0.5, **settings})
    return fit_topics.run(inputs_of(texts, vectors), config, context(tmp_path)).tables


@pytest.fixture
def planted() -> tuple[list[str], Any]:
    """Texts of three subjects in turn; pictures near their subject's axis, the first ones most."""
    rng = np.random.default_rng(1)
    texts = [text(number, rng) for number in range(PAIRS)]
    axes = np.eye(4)[[number % 3 for number in range(PAIRS)]]
    away = np.linspace(0, 0.5, PAIRS)[:, None] * np.array([[0, 0, 0, 1.0]])
    vectors = axes + away
    return texts, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_planted_topics_come_out(planted: tuple[list[str], Any], tmp_path: Path) -> None:
    made = fitted(*planted, tmp_path)
    found = {frozenset(row["words"][:6]) for row in made["topics"].to_pylist()}
    assert found == {frozenset(words) for words in SUBJECTS.values()}
    by_subject: dict[int, set[int]] = {}
    for row in made["pairs"].to_pylist():
        by_subject.setdefault(int(row["key"]) % 3, set()).add(row["topic"])
    assert all(len(topics) == 1 for topics in by_subject.values())
    assert len(set().union(*by_subject.values())) == 3


def test_shares_are_means_and_names_are_top_words(
    planted: tuple[list[str], Any], tmp_path: Path
) -> None:
    topics = fitted(*planted, tmp_path)["topics"].to_pylist()
    shares = [row["share"] for row in topics]
    assert sum(shares) == pytest.approx(1.0, abs=1e-4)
    assert shares == sorted(shares, reverse=True)
    assert [row["pairs"] for row in topics] == [40, 40, 40]
    assert topics[0]["name"] == ", ".join(topics[0]["words"][:3])


def test_central_pictures_are_nearest_to_the_mean_of_their_topic(
    planted: tuple[list[str], Any], tmp_path: Path
) -> None:
    _, vectors = planted
    for row in fitted(*planted, tmp_path, central=2)["topics"].to_pylist():
        subject = int(row["central"][0]) % 3
        mine = vectors[subject::3].astype(np.float16).astype(np.float64)
        near = np.argsort(-(mine @ mine.mean(axis=0)))[:5] * 3 + subject
        assert {int(key) for key in row["central"]} <= set(near.tolist())


def test_few_pairs_have_few_topics_and_many_the_papers_thirty() -> None:
    counts = [count_of(pairs, Config()) for pairs in (3, 90, 300, 899, 900, 1_000_000)]
    assert counts == [2, 3, 10, 29, 30, 30]


def test_words_that_do_not_recur_make_no_topic(tmp_path: Path) -> None:
    for texts in ([], ["alone"], ["first words", "other things"], ["the and of"] * 5):
        vectors = np.ones((len(texts), 2))
        made = fitted(texts, vectors, tmp_path)
        assert made["topics"].num_rows == made["pairs"].num_rows == 0


def test_twice_the_same(planted: tuple[list[str], Any], tmp_path: Path) -> None:
    one, other = (fitted(*planted, tmp_path) for _ in range(2))
    assert all(one[name].equals(other[name]) for name in one)
