"""Show the pairs that other stages chose: their texts, and small pictures encoded anew."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.analyze.sources import ABOUT, about, texts_of
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.datasets import samples
from realsyn_tasks.pictures.pixels import BROKEN, decode


class Config(StageConfig):
    """How large the pictures are."""

    side: int = Field(default=224, ge=16)  # px, at most
    quality: int = Field(default=72, ge=1, le=95)  # of JPEG


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the chosen pairs of this shard."""
    wanted = pa.array(sorted(_chosen(inputs)), pa.string())
    pairs = inputs.table("dataset", "pairs", ABOUT)
    rows = pairs.filter(pc.is_in(pairs["key"], wanted)).to_pylist()
    shown = {row["key"]: _pair(row) for row in rows}
    if shown:
        with inputs.blob("dataset", "samples") as source:
            for key, data in samples.pictures(source, shown):
                shown[key] |= small(data, config)
    listed = [shown[key] for key in sorted(shown)]
    return Output(tables={"pictures": tables.from_rows(schemas.PICTURES, listed)})


def _chosen(inputs: Inputs) -> set[str]:
    examples = inputs.table("sum_measures", "examples", ["key"])["key"].to_pylist()
    central = inputs.table("fit_topics", "topics", ["central"])["central"].to_pylist()
    return {*examples, *(key for keys in central for key in keys)}


def _pair(row: dict[str, Any]) -> dict[str, Any]:
    links = {name: row[name] for name in ("raw_image_url", "document_url")}
    nothing = {"width": None, "height": None, "picture": None}
    return {**about(row), **texts_of(row), **links, **nothing}


def small(data: bytes, config: Config) -> dict[str, Any]:
    """Give a picture as a small JPEG with its size; nothing for one that cannot be decoded."""
    try:
        image = decode(data, config.side)
    except BROKEN:
        return {}
    out = io.BytesIO()
    image.save(out, "JPEG", quality=config.quality, optimize=True)
    return {"width": image.width, "height": image.height, "picture": out.getvalue()}
