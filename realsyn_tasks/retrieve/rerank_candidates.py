"""Put the best candidates of each image in the order of a cross-encoder.

It reads the words that the image's document has for it together with a candidate, and so tells what
answers them from what is merely near. Unstated in the paper. An image that nothing is said of keeps
its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.own_words import COLUMNS, words_of
from realsyn_tasks.retrieve.sampled import of_samples

BATCH = 256  # pairs scored between two signs of life
Pair = tuple[str, str]


class Config(StageConfig):
    """How many of an image's candidates are read; 0 switches this stage off.

    The others stand behind them, in the order they had.
    """

    candidates: int = Field(default=10, ge=0)
    anaphoric_last: bool = True  # texts that begin with a pronoun for something in another one


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the candidates of the shard with scores, and those that were read in a new order."""
    pool = inputs.table("pool_candidates", "candidates")
    words = words_by_image(inputs.table("corpus", "images", COLUMNS))
    scores = np.full(pool.num_rows, np.nan, dtype=np.float32)
    choices = pool["choice"].to_numpy()
    read = np.flatnonzero((choices > 0) & (choices <= config.candidates))
    names = chunks.taken_column(pool["image_id"], read).to_pylist()
    asked = [words.get(name, "") for name in names]
    texts = chunks.taken_column(pool["text"], read).to_pylist()
    pairs = list(zip(asked, texts, strict=True))
    wanted = {pair for pair in pairs if pair[0]}
    known = scored_before(inputs, words, context)
    made = scored(wanted - known.keys(), context)
    known = {**known, **made}
    scores[read] = [known.get(pair, np.nan) for pair in pairs]
    behind = pool["anaphoric"].to_numpy(zero_copy_only=False).astype(bool)
    columns = {name: pool[name] for name in pool.column_names}
    columns["rerank"] = pa.array(scores, from_pandas=True)
    columns["choice"] = reordered(pool, scores, behind & config.anaphoric_last)
    ordered = tables.build(schemas.POOL, columns)
    return Output(
        tables={"candidates": ordered, "sampled": of_samples(inputs, ordered)},
        cost={"scored_pairs": float(len(made))},
    )


def scored_before(
    inputs: Inputs, words: Mapping[str, str], context: Context
) -> Mapping[Pair, float]:
    """Give the scores that the same images' pairs were given in another state of this shard.

    None, where the model's scores depend on what else it is asked.
    """
    pool = inputs.made_alike("candidates", "corpus")
    if pool is None or not getattr(context.model("reranker"), "alone", False):
        return {}
    rows = pool.filter(pc.is_valid(pool["rerank"])).select(["image_id", "text", "rerank"])
    return {
        (words[row["image_id"]], row["text"]): row["rerank"]
        for row in rows.to_pylist()
        if row["image_id"] in words
    }


def words_by_image(images: pa.Table) -> dict[str, str]:
    """Give the words of its own of each image that has any."""
    pairs = ((row["image_id"], words_of(row).text) for row in images.to_pylist())
    return {name: text for name, text in pairs if text}


def scored(pairs: Iterable[Pair], context: Context) -> Mapping[Pair, float]:
    """Score each different pair once, in an order that depends on the pairs alone."""
    wanted = sorted(set(pairs))
    scores: dict[Pair, float] = {}
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        scores |= dict(zip(some, context.model("reranker").score(some).tolist(), strict=True))
        context.progress(len(scores), len(wanted))
    return scores


def reordered(
    pool: pa.Table, scores: NDArray[np.float32], behind: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Number the candidates that have a score anew, best first, those `behind` after the others."""
    choices = pool["choice"].to_numpy().astype(np.int32)
    rows = np.flatnonzero(~np.isnan(scores))
    images = chunks.codes_of(pool["image_id"])
    before = rows[np.lexsort((choices[rows], images[rows]))]
    after = rows[np.lexsort((choices[rows], -scores[rows], behind[rows], images[rows]))]
    numbered: NDArray[np.int32] = choices.copy()
    numbered[after] = choices[before]
    return numbered
