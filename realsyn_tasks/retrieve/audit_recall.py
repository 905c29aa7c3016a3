"""Measure what the search missed: exact search for a random sample of images.

Nobody publishes the recall of such a match; here every build measures its own, on images that the
number of probes was not chosen by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.own_words import COLUMNS, letters
from realsyn_tasks.retrieve.pool_candidates import own_captions
from realsyn_tasks.retrieve.rerank_candidates import Pair, scored, words_by_image
from realsyn_tasks.retrieve.truth import RERANKED, K, by_query, nearest, sampled, scores_of
from realsyn_tasks.vectors import audit


class Config(StageConfig):
    """How many of the nearest are reranked for each of the images that pool_samples names."""

    reranked: int = Field(default=RERANKED, ge=K, le=RERANKED)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give recall@3 with its 95 % interval, and the mean score lost; memory: the sample.

    Where candidates are reranked, also what share of the three that an exact search and the
    cross-encoder would choose the search has left to be chosen.
    """
    reranks, scores = inputs.has("rerank_candidates"), dict[Pair, float]()
    sample = sampled(inputs, "audit", COLUMNS)
    images: list[str] = sample["image_id"].to_pylist()
    near = nearest(inputs, "audit", RERANKED)
    exact, texts = (by_query(near, len(images), name) for name in ("sentence_id", "text"))
    pooled = _pooled(inputs, images)
    found = [[text.id for text in some[:K]] for some in pooled]
    recall = _recall(found, [ids[:K] for ids in exact])
    lost = audit.regret(_scores(pooled), scores_of(near, len(images), RERANKED)[:, :K])
    columns: dict[str, Any] = {
        "image_id": images,
        "found": found,
        "exact": [ids[:K] for ids in exact],
        "reranked": [[] for _ in images],
        "exact_reranked": [[] for _ in images],
    }
    measures = {
        "recall_at_3": recall.mean,
        "recall_low": recall.low,
        "recall_high": recall.high,
        "regret": float(lost.mean()) if len(lost) else 0.0,
        "sampled": float(recall.count),
    }
    if reranks:
        asked = _Asked.of(inputs, sample, context)
        best = [list(map(_Text, *both)) for both in zip(exact, texts, strict=True)]
        columns["reranked"] = asked.best(some[: config.reranked] for some in pooled)
        columns["exact_reranked"] = asked.best(some[: config.reranked] for some in best)
        measures |= _of_reranking(columns)
        scores = asked.needed
    rows = [{"words": w, "text": t, "rerank": score} for (w, t), score in scores.items()]
    return Output(
        tables={
            "audit": tables.build(schemas.AUDIT, columns, ["image_id"]),
            "scores": tables.from_rows(schemas.PAIR_SCORES, rows, ["words", "text"]),
        },
        measures=measures,
    )


def _recall(found: list[list[str]], exact: list[list[str]]) -> audit.Interval:
    numbers: dict[str, int] = {}
    truth, seen = _numbered(exact, numbers), _numbered(found, numbers)
    return audit.confidence(audit.recall_at(seen, truth, K))


def _of_reranking(columns: dict[str, Any]) -> dict[str, float]:
    """Measure over the images that have words to ask with."""
    both = zip(columns["reranked"], columns["exact_reranked"], strict=True)
    pairs = [(mine, exact) for mine, exact in both if exact]
    recall = _recall([mine for mine, _ in pairs], [exact for _, exact in pairs])
    return {"rerank_recall": recall.mean, "reranked": float(recall.count)}


class _Text(NamedTuple):
    id: str
    text: str
    score: float = 0.0


def _pooled(inputs: Inputs, images: list[str]) -> list[list[_Text]]:
    """Give the candidates that the search has for each of the images, nearest first."""
    wanted = pa.array(images)
    columns = ["image_id", "sentence_id", "text", "score"]
    pieces = [
        table.filter(pc.is_in(table["image_id"], value_set=wanted))
        for _, table in inputs.stream("pool_candidates", "sampled", columns)
    ]
    rows = pa.concat_tables(pieces).to_pylist()
    rows.sort(key=lambda row: (-row["score"], row["sentence_id"]))
    by_image: dict[str, list[_Text]] = {image: [] for image in images}
    for row in rows:
        by_image[row["image_id"]].append(_Text(row["sentence_id"], row["text"], row["score"]))
    return [by_image[image] for image in images]


def _scores(pooled: list[list[_Text]]) -> np.ndarray:
    """Give the scores of the three nearest, -inf where there is none; (n, 3) float32."""
    scores = np.full((len(pooled), K), -np.inf, dtype=np.float32)
    for position, texts in enumerate(pooled):
        for slot, text in enumerate(texts[:K]):
            scores[position, slot] = text.score
    return scores


@dataclass(frozen=True)
class _Asked:
    """Asks the cross-encoder which texts answer the words that some images have of their own."""

    words: Sequence[str]  # "" for none
    own: Sequence[set[str]]  # letters of their captions, which are no answers
    known: dict[Pair, float]  # scores that the build has
    before: dict[Pair, float]  # that this stage gave when it ran last
    context: Context
    needed: dict[Pair, float] = field(default_factory=dict)  # beyond those that the build has

    @staticmethod
    def of(inputs: Inputs, images: pa.Table, context: Context) -> _Asked:
        """Take the words of sampled images, and the scores that their candidates have."""
        words, own = words_by_image(images), own_captions(images)
        known: dict[Pair, float] = {}
        columns = ["image_id", "text", "rerank"]
        for _, piece in inputs.stream("rerank_candidates", "sampled", columns):
            for row in piece.filter(pc.is_valid(piece["rerank"])).to_pylist():
                if row["image_id"] in words:
                    known[words[row["image_id"]], row["text"]] = row["rerank"]
        names = images["image_id"].to_pylist()
        before = _scored_before(inputs, context)
        asked = [words.get(name, "") for name in names]
        return _Asked(asked, [own[name] for name in names], known, before, context)

    def best(self, texts: Iterable[Sequence[_Text]]) -> list[list[str]]:
        """Give the best three of each image's texts; none of an image that has no words."""
        some = [
            [text for text in each if asked and letters(text.text) not in own]
            for each, asked, own in zip(texts, self.words, self.own, strict=True)
        ]
        pairs = {
            (asked, t.text) for asked, each in zip(self.words, some, strict=True) for t in each
        }
        lacking = pairs - self.known.keys()
        made = {**self.before, **scored(lacking - self.before.keys(), self.context)}
        self.needed.update({pair: made[pair] for pair in lacking})
        scores = self.known | self.needed
        return [
            [text.id for text in sorted(each, key=lambda t: (-scores[asked, t.text], t.id))[:K]]
            for asked, each in zip(self.words, some, strict=True)
        ]


def _scored_before(inputs: Inputs, context: Context) -> dict[Pair, float]:
    """Give the scores of pairs that this stage has asked for in another state."""
    table = inputs.made_alike("scores")
    if table is None or not getattr(context.model("reranker"), "alone", False):
        return {}
    return {(row["words"], row["text"]): row["rerank"] for row in table.to_pylist()}


def _numbered(rows: list[list[str]], numbers: dict[str, int]) -> np.ndarray:
    """Turn names into (n, 3) numbers, -1 where there is none."""
    array = np.full((len(rows), K), -1, dtype=np.int64)
    for position, names in enumerate(rows):
        for slot, name in enumerate(names[:K]):
            array[position, slot] = numbers.setdefault(name, len(numbers))
    return array
