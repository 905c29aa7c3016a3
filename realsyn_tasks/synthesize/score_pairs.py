"""Put pairs together, and score each image against its synthetic text (paper §3.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.guards import Limits, Material, objections

TEXTS = 3  # columns that the paper publishes
NUMBERS = range(1, TEXTS + 1)
FAULT = "fault_"  # before a reason, of counts
SAID = (
    *("caption", "alt", "title", "heading", "context", "tags"),
    *(f"text{number}" for number in NUMBERS),
)
FROM_IMAGE = (
    *("url", "document_url", "source", "source_offset"),
    *schemas.OF_PAGE,
    *("width", "height", "format"),
)
OF_TEXTS = {  # column of a pair, with a value for each realistic text -> column of a match
    "sentence_ids": "sentence_id",
    "text_urls": "document_url",
    "text_licences": "licence",
    "realistic_scores": "score",
    "relevance": "relevance",
}


class Config(StageConfig):
    """Nothing to choose: a score is a cosine in the encoder's space."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one row for each matched image that was not dropped; some have no synthetic text."""
    asked = tables.ordered(inputs.table("generate_texts", "asked"), ["image_id"])
    ids = asked["image_id"]
    wanted = ["image_id", *FROM_IMAGE, "embedding"]
    images = _aligned(inputs.table("corpus", "images", wanted), ids)
    columns: dict[str, Any] = {name: images[name] for name in ("image_id", *FROM_IMAGE)}
    columns |= _synthetic(inputs, ids, tables.vectors_of(images))
    columns["attempts"] = asked["attempts"]
    columns["recaption"] = _recaptions(inputs, ids)
    columns["tags"] = _aligned(inputs.table("tag_images", "tags"), ids)["tags"]
    columns |= _realistic(inputs.table("merge_matches", "matches"), ids.to_pylist())
    pairs = tables.build(schemas.PAIRS, columns)
    return Output(tables={"pairs": pairs}, counts=faults(pairs))


def faults(pairs: pa.Table) -> dict[str, int]:
    """Count by reason what the guards, as they are by default, object to in the texts of pairs.

    What a pair has is what a text may say, whichever of it the text was written from.
    """
    tally: Counter[str] = Counter()
    for row in pairs.select(["syn_text", *SAID]).to_pylist():
        if row["syn_text"]:
            tally.update(o.reason.code for o in objections(row["syn_text"], _said(row), Limits()))
    return {f"{FAULT}{code}": count for code, count in sorted(tally.items())}


def _said(row: Mapping[str, Any]) -> Material:
    context = (near["text"] for near in row["context"] or ())
    texts = (
        row["title"],
        row["heading"],
        row["alt"],
        *context,
        *(row[f"text{n}"] for n in NUMBERS),
    )
    said = " ".join(text for text in texts if text)
    return Material(said, tuple(row["tags"] or ()), row["caption"] or "")


def _synthetic(
    inputs: Inputs, ids: pa.ChunkedArray, pictures: np.ndarray[Any, Any]
) -> dict[str, list[Any]]:
    """Give the columns about the synthetic text; "" and null where an image has none."""
    rows = {row["image_id"]: row for row in inputs.table("generate_texts", "texts").to_pylist()}
    scores = _scores(inputs, ids, pictures)
    written = [rows.get(image, {}) for image in ids.to_pylist()]
    return {
        "syn_text": [row.get("text", "") for row in written],
        "syn_source": [row.get("syn_source") for row in written],
        "syn_score": [scores.get(image) for image in ids.to_pylist()],
        "prompt_id": [row.get("prompt_id", "") for row in written],
    }


def _recaptions(inputs: Inputs, ids: pa.ChunkedArray) -> list[str]:
    """Give what the captioner says of each image; "" where nothing, or nothing that is used."""
    if not inputs.has("caption_images"):
        return [""] * len(ids)
    captions = _aligned(inputs.table("caption_images", "captions"), ids)
    both = zip(captions["caption"].to_pylist(), captions["verdict"].to_pylist(), strict=True)
    return ["" if verdict else caption for caption, verdict in both]


def _scores(
    inputs: Inputs, ids: pa.ChunkedArray, pictures: np.ndarray[Any, Any]
) -> dict[str, np.float32]:
    vectors = inputs.table("embed_texts", "vectors")
    if not vectors.num_rows:
        return {}
    places = pc.index_in(vectors["image_id"], value_set=ids)
    if places.null_count:
        raise ValueError(f"{places.null_count} synthetic texts belong to no pair")
    scores = cosines(pictures[places.to_numpy()], tables.vectors_of(vectors)).astype(np.float32)
    return dict(zip(vectors["image_id"].to_pylist(), scores, strict=True))


def cosines(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give the cosine of each row of one with the same row of the other; (n,) float64.

    Vectors were rounded to float16, so they are not quite of norm 1 any more.
    """
    left, right = a.astype(np.float64), b.astype(np.float64)
    norms = np.sqrt((left * left).sum(axis=1) * (right * right).sum(axis=1))
    ratios: np.ndarray[Any, Any] = (left * right).sum(axis=1) / np.where(norms > 0, norms, 1)
    return ratios


def _aligned(table: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """Take the rows of these images, in this order; ValueError if one is missing."""
    rows = pc.index_in(ids, value_set=table["image_id"])
    if rows.null_count:
        raise ValueError(f"{rows.null_count} matched images are missing an input")
    return tables.taken(table, rows.to_numpy())


def _realistic(matches: pa.Table, ids: list[str]) -> dict[str, list[Any]]:
    ordered = tables.ordered(matches, ["image_id", "rank"]).to_pylist()
    by_image = {key: list(rows) for key, rows in groupby(ordered, lambda row: row["image_id"])}
    texts = [by_image[image][:TEXTS] for image in ids]
    columns: dict[str, list[Any]] = {
        f"text{place + 1}": [rows[place]["text"] if place < len(rows) else "" for rows in texts]
        for place in range(TEXTS)
    }
    return columns | {
        name: [[row[of_match] for row in rows] for rows in texts]
        for name, of_match in OF_TEXTS.items()
    }
