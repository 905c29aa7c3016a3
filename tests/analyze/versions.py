"""Published rows in memory, and the inputs of a stage that reads them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
from PIL import Image

from realsyn_tasks.analyze.sources import ABOUT
from realsyn_tasks.core import tables
from realsyn_tasks.sample.schemas import PUBLISHED_PAIRS
from tests.support import FakeInputs

Row = dict[str, Any]
SCHEMA = pa.schema([PUBLISHED_PAIRS.field(name) for name in ABOUT])


def pair(number: int, **changes: Any) -> Row:
    """A published row with all that an analysis reads."""
    row: Row = {
        "key": f"{number:010d}",
        "image_id": f"{number:032x}",
        "text1": f"The first text of pair {number}.",
        "text2": "",
        "text3": "",
        "syn_text": "",
        "recaption": "",
        "caption": "",
        "caption_verdict": "no_text",
        "alt": "",
        "alt_verdict": "no_text",
        "context": [],
        "raw_image_url": f"https://pictures.example/{number}.jpg",
        "document_url": f"https://www.pages.example/{number}",
        "licence": "CC0-1.0",
        "realistic_scores": [0.5],
        "syn_score": None,
        "cluster_id": 0,
    }
    return row | changes


def sentence(text: str, verdict: str = "") -> Row:
    """A sentence of a page near a picture."""
    return {"text": text, "offset": 1, "verdict": verdict, "sentence_id": None}


def published(rows: Sequence[Row]) -> pa.Table:
    return tables.from_rows(SCHEMA, rows)


def tar_of(pictures: dict[str, bytes]) -> bytes:
    """A tar as it is published: of each sample a picture and a text."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for key, data in pictures.items():
            for name, content in ((f"{key}.png", data), (f"{key}.txt", b"text")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 110), colour).save(out, "PNG")
    return out.getvalue()


def inputs_of(rows: Sequence[Row], pictures: dict[str, bytes] | None = None) -> FakeInputs:
    """A version of one shard with these rows."""
    reference = SimpleNamespace(pairs=len(rows))
    return FakeInputs(
        tables={("dataset", "pairs"): [published(rows)]},
        blobs={("dataset", "samples"): tar_of(pictures or {})},
        sources={"dataset": SimpleNamespace(reference=reference)},
    )
