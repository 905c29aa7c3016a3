"""Make the query of each image: its vector, with a weight those of words of its document.

Unstated in the paper, which asks with the image alone. An encoder that knows little of pictures
finds more of what is true of them by their captions; what the weights are worth is measured for
each encoder, and its card has them. Where a query holds words, own-document agreement says little
of the image: measure_relevance tells it for the image alone besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.licensed import licensed
from realsyn_tasks.retrieve.own_words import COLUMNS, NONE, TITLE, Words, caption_of
from realsyn_tasks.retrieve.series import Placed, in_series
from realsyn_tasks.text.clean import composed

ORIGIN = ["document_id", "document_url", "licence"]
BATCH = 256  # texts embedded at once
Row = Mapping[str, Any]


class Config(StageConfig):
    """The weights of what a query is made of.

    Title and nearest sentences count where there is no caption or alt text that the filters left.
    While all three weights of words are 0, and captions are no answers, this stage is off.
    """

    image: float = Field(default=1.0, ge=0)
    caption: float = Field(default=0.0, ge=0)  # of the image's own caption, or else its alt text
    title: float = Field(default=0.0, ge=0)  # of the document
    context: float = Field(default=0.0, ge=0)  # of the mean of the nearest sentences
    context_sentences: int = Field(default=2, ge=1)
    # Captions that are not one of a series, as texts of other images. They help where they name
    # things, and hurt where they are of a program's examples.
    captions_as_answers: bool = False


class Part(NamedTuple):
    """Texts of a query, whose mean vector counts with a weight."""

    weight: float
    texts: tuple[str, ...]


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the shard's queries, unit rows, and the captions of its images as texts."""
    images = licensed(inputs, "images", [*COLUMNS, *ORIGIN, "context", "embedding"])
    rows = images.drop_columns(["embedding"]).to_pylist()
    captions = [caption_of(row) for row in rows]
    parts = [parts_of(row, caption, config) for row, caption in zip(rows, captions, strict=True)]
    texts = {text for some in parts for _, part in some for text in part.texts}
    texts |= {caption.text for caption in captions if caption.text}
    vector_of = _embedded(sorted(texts), context)
    alone = tables.vectors_of(images)
    fused = [
        _fused(row, some, config.image, vector_of) for row, some in zip(alone, parts, strict=True)
    ]
    columns = {
        "image_id": images["image_id"],
        "words": [next((kind for kind, _ in some), "") for some in parts],
        "embedding": np.array(fused, dtype=np.float32).reshape(alone.shape),
    }
    return Output(
        tables={
            "queries": tables.build(schemas.QUERIES, columns, ["image_id"]),
            "captions": _caption_table(rows, captions, vector_of, config),
        }
    )


def parts_of(row: Row, caption: Words, config: Config) -> list[tuple[str, Part]]:
    """Give what of its document's words is in an image's query: what they are, and the texts."""
    if caption.text and config.caption:
        return [(caption.kind, Part(config.caption, (caption.text,)))]
    title = composed(row["title"] or "")
    nearest = nearest_sentences(row["context"] or (), config.context_sentences)
    parts = (Part(config.title, (title,) if title else ()), Part(config.context, nearest))
    return [(TITLE, part) for part in parts if part.weight and part.texts]


def nearest_sentences(context: Iterable[Row], count: int) -> tuple[str, ...]:
    """Give the nearest of the sentences around an image that the filters left."""
    kept = [sentence for sentence in context if not sentence["verdict"]]
    kept.sort(key=lambda sentence: (abs(sentence["offset"]), sentence["offset"]))
    return tuple(sentence["text"] for sentence in kept[:count])


def _embedded(texts: Sequence[str], context: Context) -> Callable[[str], NDArray[np.float32]]:
    """Embed texts as all are, and give what finds a text's vector."""
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        made = np.asarray(context.model("encoder").encode_texts(some), dtype=np.float16)
        vectors |= dict(zip(some, made.astype(np.float32), strict=True))
        context.progress(len(vectors), len(texts))
    return vectors.__getitem__


def _fused(
    image: NDArray[np.float32],
    parts: Iterable[tuple[str, Part]],
    weight: float,
    vector_of: Callable[[str], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Add up an image's vector and those of its words; the image alone where nothing is left."""
    mixed = np.float32(weight) * image
    for _, part in parts:
        vectors = np.array([vector_of(text) for text in part.texts])
        mixed = mixed + np.float32(part.weight) * vectors.mean(axis=0)
    length = np.linalg.norm(mixed)
    return mixed / length if length > 0 else image


def _caption_table(
    rows: Sequence[Row],
    captions: Sequence[Words],
    vector_of: Callable[[str], NDArray[np.float32]],
    config: Config,
) -> pa.Table:
    own = [
        (row, caption.text) for row, caption in zip(rows, captions, strict=True) if caption != NONE
    ]
    placed = [
        Placed(row["document_id"] or "", row["document_url"] or "", text) for row, text in own
    ]
    series = in_series(placed)
    columns = {
        "sentence_id": [sentence_id(text) for _, text in own],
        "image_id": [row["image_id"] for row, _ in own],
        "text": [text for _, text in own],
        **{name: [row[name] for row, _ in own] for name in ORIGIN},
        "series": series,
        "answer": [config.captions_as_answers and not member for member in series],
        "embedding": np.array([vector_of(text) for _, text in own]),
    }
    if not own:
        return schemas.CAPTION_TEXTS.empty_table()
    return tables.build(schemas.CAPTION_TEXTS, columns, ["image_id"])
