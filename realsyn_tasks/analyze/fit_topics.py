"""Find the topics of the drawn pairs: LDA on their text1, as in the paper (§5.1).

A topic's share is the mean of the pairs' distributions, its name its most probable words, its
central pictures those nearest to the mean of the pictures whose top topic it is. There are as many
topics as the pairs can tell apart: one for so many pairs, and no more than the paper's thirty.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig

# Beside scikit-learn's stop words: what says nothing of a picture's subject.
UNTELLING = (
    *("usually", "especially", "having", "used", "using", "use", "uses", "called", "known"),
    *("kind", "kinds", "new", "various", "different", "include", "includes", "including"),
    *("like", "make", "made", "makes", "way", "example", "typically", "generally", "just"),
    *("named", "given", "did", "does", "consists", "instead", "important", "certain"),
)
WORD = r"(?u)\b[^\W\d_]{3,}\b"
NAME_WORDS = 3
Floats = NDArray[np.float64]


class Config(StageConfig):
    """How many topics, of which words."""

    ordered = (("least_topics", "topics"),)

    topics: int = Field(default=30, ge=1)  # the paper's
    least_topics: int = Field(default=2, ge=1)
    pairs_per_topic: int = Field(default=30, ge=1)  # fewer pairs have fewer topics
    iterations: int = Field(default=30, ge=1)
    vocabulary: int = Field(default=20_000, ge=1)  # words, the most frequent
    min_pairs: int = Field(default=2, ge=1)  # that have a word
    min_share: float = Field(default=0.00002, ge=0.0, le=1.0)  # of the pairs, that have it
    max_share: float = Field(default=0.2, gt=0.0, le=1.0)
    words: int = Field(default=20, ge=1)  # named of a topic
    central: int = Field(default=9, ge=1)  # pictures of a topic


@dataclass(frozen=True)
class Fitted:
    """Topics, largest first, and how much each pair is of each: (k, words) and (n, k)."""

    vocabulary: list[str]
    components: Floats
    distributions: Floats
    keys: list[str]  # of the pairs that have a word of the vocabulary

    @property
    def tops(self) -> NDArray[np.int64]:
        """Give the top topic of each pair; (n,)."""
        tops: NDArray[np.int64] = self.distributions.argmax(axis=1)
        return tops


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Fit the topics and give each pair its top one."""
    drawn = inputs.table("measure_pairs", "drawn", ["key", "text1"])
    fitted = fit(drawn["key"].to_pylist(), drawn["text1"].to_pylist(), config, context.seed)
    if fitted is None:
        empty = {"topics": schemas.TOPICS, "pairs": schemas.TOPIC_PAIRS}
        return Output(tables={name: schema.empty_table() for name, schema in empty.items()})
    central = _central(inputs, fitted, config.central)
    return Output(
        tables={"topics": _topics(fitted, central, config.words), "pairs": _pairs(fitted)},
        measures={"topics": len(fitted.components), "pairs": len(fitted.keys)},
    )


def count_of(pairs: int, config: Config) -> int:
    """Say how many topics so many pairs have."""
    return max(config.least_topics, min(config.topics, pairs // config.pairs_per_topic))


def fit(keys: list[str], texts: list[str], config: Config, seed: int) -> Fitted | None:
    """Fit topics to texts; None where too few of their words recur."""
    from sklearn.decomposition import LatentDirichletAllocation

    counted = _counted(texts, config)
    if counted is None:
        return None
    vocabulary, counts = counted
    worded = np.flatnonzero(counts.getnnz(axis=1))
    model = LatentDirichletAllocation(
        n_components=count_of(len(worded), config),
        max_iter=config.iterations,
        learning_method="batch",
        random_state=seed % 2**32,
    )
    distributions: Floats = model.fit_transform(counts[worded])
    order = np.argsort(-distributions.mean(axis=0), kind="stable")
    return Fitted(
        vocabulary=vocabulary,
        components=model.components_[order],
        distributions=distributions[:, order],
        keys=[keys[row] for row in worded],
    )


def _counted(texts: list[str], config: Config) -> tuple[list[str], Any] | None:
    """Count the words of texts, (n, words) sparse, without those that are rare or everywhere."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    least = max(config.min_pairs, int(config.min_share * len(texts)))
    if len(texts) < 2 * least:
        return None
    vectorizer = CountVectorizer(
        stop_words=sorted({*ENGLISH_STOP_WORDS, *UNTELLING}),
        token_pattern=WORD,
        min_df=least,
        max_df=max(config.max_share, least / len(texts)),
        max_features=config.vocabulary,
    )
    try:
        counts = vectorizer.fit_transform(text or "" for text in texts)
    except ValueError:  # no word is left
        return None
    return list(vectorizer.get_feature_names_out()), counts


def _topics(fitted: Fitted, central: list[list[str]], most: int) -> pa.Table:
    shares, tops = fitted.distributions.mean(axis=0), fitted.tops
    rows = []
    for number, weights in enumerate(fitted.components):
        best = np.argsort(-weights, kind="stable")[:most]
        words = [fitted.vocabulary[place] for place in best]
        rows.append(
            {
                "topic": number,
                "name": ", ".join(words[:NAME_WORDS]),
                "share": round(float(shares[number]), 6),
                "pairs": int((tops == number).sum()),
                "words": words,
                "central": central[number],
            }
        )
    return tables.from_rows(schemas.TOPICS, rows)


def _pairs(fitted: Fitted) -> pa.Table:
    columns = {
        "key": fitted.keys,
        "topic": fitted.tops.astype(np.int32),
        "weight": fitted.distributions.max(axis=1).round(4).astype(np.float32),
    }
    return tables.build(schemas.TOPIC_PAIRS, columns, sort_by=("key",))


def _central(inputs: Inputs, fitted: Fitted, most: int) -> list[list[str]]:
    """Name the pairs whose pictures are nearest to the mean of their topic; two passes."""
    top_by_key = dict(zip(fitted.keys, fitted.tops.tolist(), strict=True))
    means = _means(inputs, top_by_key, len(fitted.components))
    best: list[list[tuple[float, str]]] = [[] for _ in fitted.components]
    for keys, tops, vectors in _vectors(inputs, top_by_key):
        nearness = np.einsum("nd,nd->n", vectors, means[tops]).round(6).tolist()
        for key, top, near in zip(keys, tops.tolist(), nearness, strict=True):
            best[top].append((near, key))
        best = [nlargest(most, scored) for scored in best]
    return [[key for _, key in scored] for scored in best]


def _means(inputs: Inputs, top_by_key: dict[str, int], topics: int) -> Floats:
    """Give the unit mean vector of each topic's pictures, (topics, d)."""
    sums: Floats | None = None
    for _, tops, vectors in _vectors(inputs, top_by_key):
        sums = np.zeros((topics, vectors.shape[1])) if sums is None else sums
        np.add.at(sums, tops, vectors)
    if sums is None:
        return np.zeros((topics, 0))
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means: Floats = sums / np.maximum(lengths, 1e-12)
    return means


def _vectors(inputs: Inputs, top_by_key: dict[str, int]) -> Any:
    """Give the vectors of pairs with a topic, shard by shard: keys, topics (n,), rows (n, d)."""
    for _, table in inputs.stream("embed_pairs", "vectors"):
        keys = table["key"].to_pylist()
        rows = [row for row, key in enumerate(keys) if key in top_by_key]
        if rows:
            named = [keys[row] for row in rows]
            tops = np.array([top_by_key[key] for key in named])
            yield named, tops, tables.vectors_of(table)[rows]
