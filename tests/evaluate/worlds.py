"""Small worlds to learn from: lessons, features and questions made of numbers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.sample.schemas import PUBLISHED_PAIRS
from tests.support import FakeInputs

Row = dict[str, Any]
WIDTH, DIM = 12, 8  # of pictures' features, of texts'


def pair(number: int, **changes: Any) -> Row:
    """A published row with all that is learnt from."""
    row: Row = {
        "key": f"{number:010d}",
        "image_id": f"{number:032x}",
        "document_url": f"https://www.pages.example/{number}",
        "cluster_id": number % 3,
        "text1": f"First {number}.",
        "text2": f"Second {number}.",
        "text3": f"Third {number}.",
        "syn_text": f"Written {number}.",
        "caption": f"Caption {number}.",
        "caption_verdict": "",
        "alt": f"Alternative {number}.",
        "alt_verdict": "",
        "context": [near(f"Far {number}.", 2), near(f"Near {number}.", -1)],
        "recaption": "",
    }
    return row | changes


def near(text: str, offset: int, verdict: str = "") -> Row:
    """A sentence of a page near a picture."""
    return {"text": text, "offset": offset, "verdict": verdict, "sentence_id": None}


def version_of(rows: Sequence[Row], pictures: dict[str, bytes] | None = None) -> FakeInputs:
    """A version of one shard with these rows."""
    schema = pa.schema([PUBLISHED_PAIRS.field(name) for name in rows[0]])
    reference = SimpleNamespace(versions=[SimpleNamespace(pairs=len(rows))])
    source = SimpleNamespace(reference=reference, version_of=lambda shard: 0)
    return FakeInputs(
        tables={("datasets", "pairs"): [tables.from_rows(schema, rows)]},
        blobs={("datasets", "samples"): tar_of(pictures or {})},
        sources={"datasets": source},
    )


def tar_of(pictures: dict[str, bytes]) -> bytes:
    """A tar as it is published."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for key, data in pictures.items():
            member = tarfile.TarInfo(f"{key}.png")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def lesson(number: int, texts: dict[str, list[str]] | None = None, **changes: Any) -> Row:
    """A row of LESSONS."""
    given = texts or {"realistic": [f"First {number}.", f"Second {number}."]}
    row: Row = {
        "version": 0,
        "key": f"{number:010d}",
        "image_id": f"{number:032x}",
        "document": f"https://www.pages.example/{number}",
        "source": "www.pages.example",
        "cluster_id": number % 3,
        "place": (number * 7919) % 1009,
        "has_caption": number % 2 == 0,
        "texts": [{"source": s, "text": t} for s, some in given.items() for t in some],
    }
    return row | changes


def learnable(lessons: int, questions: int, seed: int = 0, noise: float = 0.3) -> FakeInputs:
    """Lessons and questions whose pictures are their texts, turned and blurred."""
    random = np.random.default_rng(seed)
    turn = random.standard_normal((DIM, WIDTH))

    def pictures(texts: NDArray[Any]) -> NDArray[Any]:
        return texts @ turn + noise * random.standard_normal((len(texts), WIDTH))

    taught = [lesson(n, {"realistic": [f"Lesson {n}."]}) for n in range(lessons)]
    asked = [
        {"set": "things", "item": f"{n:04d}", "split": "test", "texts": [f"Question {n}."]}
        for n in range(questions)
    ]
    said = random.standard_normal((lessons + questions, DIM)).astype(np.float32)
    shown = pictures(said).astype(np.float32)
    keys = {"version": [0] * lessons, "key": [row["key"] for row in taught]}
    items = {name: [row[name] for row in asked] for name in ("set", "item", "split")}
    of_questions = schemas.QUESTION_FEATURES.names
    more = {"teacher": shown[lessons:]} if "teacher" in of_questions else {}
    texts = {"text": [row["texts"][0]["text"] for row in taught], "features": said[:lessons]}
    words = {"text": [row["texts"][0] for row in asked], "features": said[lessons:]}
    return FakeInputs(
        tables={
            ("draw_lessons", "lessons"): [tables.from_rows(schemas.LESSONS, taught)],
            ("embed_lessons", "pictures"): [
                tables.build(schemas.PICTURE_FEATURES, {**keys, "features": shown[:lessons]})
            ],
            ("embed_lessons", "texts"): [tables.build(schemas.TEXT_FEATURES, texts)],
            ("draw_questions", "questions"): [tables.from_rows(schemas.QUESTIONS, asked)],
            ("draw_questions", "classes"): [schemas.CLASSES.empty_table()],
            ("embed_questions", "pictures"): [
                tables.build(
                    schemas.QUESTION_FEATURES, {**items, "features": shown[lessons:], **more}
                )
            ],
            ("embed_questions", "texts"): [tables.build(schemas.TEXT_FEATURES, words)],
        }
    )
