"""Give the questions their frozen features, and let the untrained encoder answer them.

The encoder is the teacher of all that learn from texts which it retrieved: the ceiling of a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.evaluate import reasons, schemas
from realsyn_tasks.evaluate.embed_lessons import readable, seen_texts
from realsyn_tasks.evaluate.exam import TEST, Exam
from realsyn_tasks.evaluate.trials import TEACHER
from realsyn_tasks.models import features
from realsyn_tasks.models.protocols import Encoder

TEACHERS = {"trial": TEACHER, "version": -1, "arm": "teacher", "seed": -1, "training": 0}
Row = dict[str, Any]
Pair = tuple[NDArray[np.float32], NDArray[np.float32]]  # vector and features


class Config(StageConfig):
    """How many pictures the encoder sees at once, and how large."""

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each picture of the test half, one for each different text, and answers."""
    encoder = context.model("encoder")
    rows: list[Row] = []
    seen: dict[str, Pair] = {}
    for _, table in inputs.stream("draw_questions", "questions"):
        for batch in table.filter(_is_asked(table)).to_batches(max_chunksize=config.batch_size):
            seen |= _seen(batch, config, encoder)
            rows += batch.drop_columns(["picture"]).to_pylist()
            context.progress(len(rows), table.num_rows)
    known = [row for row in rows if row["item"] in seen]
    classes = inputs.table("draw_questions", "classes").to_pylist()
    exams = [Exam.of(name, known, classes) for name in sorted({row["set"] for row in known})]
    texts, answers = _asked(exams, seen, encoder)
    return Output(
        tables={
            "pictures": _picture_table(known, seen),
            "texts": texts,
            "answers": tables.from_rows(schemas.ANSWERS, answers),
        },
        dropped=[
            Dropped("question", row["item"], reasons.BROKEN_PICTURE)
            for row in rows
            if row["item"] not in seen
        ],
        counts={"questions": len(known)},
    )


def _is_asked(table: pa.Table) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.equal(table["split"], TEST)


def _seen(batch: pa.RecordBatch, config: Config, encoder: Encoder) -> Iterator[tuple[str, Pair]]:
    """Give vector and features of what can be decoded, by item."""
    given = zip(batch["item"].to_pylist(), batch["picture"].to_pylist(), strict=True)
    decoded = list(readable(list(given), config.max_side))
    if decoded:
        seen = features.of_pictures(encoder, [image for _, image in decoded])
        pairs = zip(seen.vectors, seen.features, strict=True)
        yield from zip((item for item, _ in decoded), pairs, strict=True)


def _picture_table(rows: list[Row], seen: dict[str, Pair]) -> pa.Table:
    told = [
        {
            **{name: row[name] for name in ("set", "item", "split")},
            "teacher": seen[row["item"]][0],
            "features": seen[row["item"]][1],
        }
        for row in rows
    ]
    return tables.from_rows(schemas.QUESTION_FEATURES, told, sort_by=("set", "item"))


def _asked(
    exams: list[Exam], seen: dict[str, Pair], encoder: Encoder
) -> tuple[pa.Table, list[Row]]:
    """Give the features of all texts, and the teacher's answers."""
    words = sorted({word for exam in exams for word in exam.words})
    read = seen_texts(encoder, words)
    table = tables.build(schemas.TEXT_FEATURES, {"text": words, "features": read.features})
    place = {word: row for row, word in enumerate(words)}
    answers = []
    for exam in exams:
        pictures = np.stack([seen[item][0] for item in exam.items])
        texts = read.vectors[[place[word] for word in exam.words]]
        answers += [{**TEACHERS, **vars(answer)} for answer in exam.answers(pictures, texts)]
    return table, answers
