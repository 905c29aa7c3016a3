"""Count the words of the whole crawl, and the sentences that recur on its sites.

Words are for the entropy of sentences (paper §3.1, Eq. 1); that recurring ones go is ours.
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.corpus.drawn_shards import drawn_shards
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.boilerplate import count_recurring
from realsyn_tasks.extract.entropy import RARE, words_of


class Config(StageConfig):
    """Bounds on time and memory; a crawl below them is counted in full."""

    max_sentences: int = Field(default=5_000_000, ge=1)  # some shards of larger crawls
    max_words: int = Field(default=1_000_000, ge=1)  # the most frequent ones are told apart
    max_site_sentences: int = Field(default=5_000_000, ge=1)  # 100 bytes each; else a sample


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Count lower-cased words and punctuation marks, shard by shard.

    Words beyond the most frequent ones are summed up in a row whose word is empty. Each of them
    would add less than 0.00003 bits to a sentence.
    """
    pieces = drawn_shards(inputs.pieces("parse", "sentences"), config.max_sentences, context.seed)
    counts: Counter[str] = Counter()
    for number, piece in enumerate(pieces, start=1):
        for text in piece.read(["text"])["text"].to_pylist():
            counts.update(words_of(text))
        _forget(counts, 4 * config.max_words)
        context.progress(number, len(pieces))
    _forget(counts, config.max_words)
    recurring = count_recurring(inputs, config.max_site_sentences)
    return Output(
        tables={"words": _table(counts), "recurring": recurring},
        counts={"sentences_counted": sum(piece.rows for piece in pieces)},
    )


def _forget(counts: Counter[str], most: int) -> None:
    """Fold all but the most frequent words into RARE."""
    if len(counts) <= most:
        return
    names = (word for word in counts if word != RARE)
    ranked = sorted(names, key=lambda word: (-counts[word], word))
    for word in ranked[most:]:
        counts[RARE] += counts.pop(word)


def _table(counts: Counter[str]) -> pa.Table:
    columns = {"word": list(counts), "count": list(counts.values())}
    return tables.build(schemas.WORDS, columns, sort_by=("word",))
