"""The cross-encoder puts the best candidates in order by the words that an image has of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.extract.schemas import CORPUS_IMAGES
from realsyn_tasks.retrieve import rerank_candidates, schemas
from tests.retrieve.worlds import filled
from tests.support import FakeInputs, context

WORDS = {"a": {"caption": "red fox"}, "b": {"title": "Snow"}, "c": {}}
TEXTS = ["a dog sleeps", "a red house", "the red fox hunts", "snow fell on a fox"]


def candidates(
    image: str, choices: Sequence[int] = (1, 2, 3, 4), anaphoric: Sequence[int] = ()
) -> list[dict[str, Any]]:
    return [
        {
            "image_id": image,
            "rank": number,
            "sentence_id": f"{number}",
            "text": text,
            "choice": choice,
            "anaphoric": number in anaphoric,
        }
        for number, (text, choice) in enumerate(zip(TEXTS, choices, strict=True), start=1)
    ]


def order(scratch: Path, *rows: dict[str, Any], model: Any = None, **settings: Any) -> Any:
    images = filled(
        CORPUS_IMAGES,
        len(WORDS),
        image_id=list(WORDS),
        **{name: [w.get(name) for w in WORDS.values()] for name in ("caption", "title")},
    )
    columns = {name: [row.get(name) for row in rows] for name in schemas.POOL.names}
    pool = tables.build(schemas.POOL, columns, ["image_id", "rank"])
    inputs = FakeInputs({("corpus", "images"): [images], ("pool_candidates", "candidates"): [pool]})
    inputs.tables["draw_samples", "images"] = [images.slice(0, 1)]
    made = context(scratch, **({"model": lambda kind: model} if model else {}))
    config = rerank_candidates.Config(**settings)
    ordered, sampled = rerank_candidates.run(inputs, config, made).tables.values()
    assert sampled.equals(ordered.filter(pc.equal(ordered["image_id"], "a")))
    return ordered


def chosen(table: pa.Table, image: str) -> list[str]:
    rows = [row for row in table.to_pylist() if row["image_id"] == image and row["choice"]]
    return [row["sentence_id"] for row in sorted(rows, key=lambda row: row["choice"])]


def test_what_answers_the_words_comes_first(tmp_path: Path) -> None:
    made = order(tmp_path, *candidates("a"), *candidates("b"), *candidates("c"))
    assert chosen(made, "a") == ["3", "2", "4", "1"]  # shares two words, one, one, none
    assert chosen(made, "b") == ["4", "1", "2", "3"]
    assert chosen(made, "c") == ["1", "2", "3", "4"]  # nothing is said of it
    scores = {(r["image_id"], r["sentence_id"]): r["rerank"] for r in made.to_pylist()}
    assert scores["a", "3"] == 5.0
    assert scores["c", "3"] is None


def test_only_the_best_are_read_and_the_others_stay_behind(tmp_path: Path) -> None:
    made = order(tmp_path, *candidates("a"), candidates=2)
    assert chosen(made, "a") == ["2", "1", "3", "4"]
    assert made["rerank"].null_count == 2


def test_what_may_be_no_text_stays_out(tmp_path: Path) -> None:
    made = order(tmp_path, *candidates("a", choices=(1, 2, 0, 3)))
    assert chosen(made, "a") == ["2", "4", "1"]
    assert made["rerank"].null_count == 1


@pytest.mark.parametrize(
    ("last", "wanted"), [(True, ["2", "4", "1", "3"]), (False, ["3", "2", "4", "1"])]
)
def test_a_pronoun_without_its_noun_stands_behind(
    last: bool, wanted: list[str], tmp_path: Path
) -> None:
    made = order(tmp_path, *candidates("a", anaphoric=(3,)), anaphoric_last=last)
    assert chosen(made, "a") == list(wanted)


class Counting:
    """A reranker that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        self.asked += pairs
        return np.zeros(len(pairs), dtype=np.float32)


def test_a_pair_is_scored_once_and_a_tie_changes_nothing(tmp_path: Path) -> None:
    model, once = Counting(), candidates("a")
    again = [{**row, "rank": row["rank"] + 4, "choice": row["choice"] + 4} for row in once]
    made = order(tmp_path, *once, *again, model=model, candidates=8)
    assert len(model.asked) == len(set(model.asked)) == 4
    assert made["choice"].to_pylist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_an_empty_shard_is_no_trouble(tmp_path: Path) -> None:
    assert order(tmp_path).num_rows == 0
