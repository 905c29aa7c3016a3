"""Publish a shard of the dataset: Parquet with the paper's columns, and a WebDataset tar.

Both hold the same pairs under the same keys, in a random order that the seed fixes. The table has
a picture, too, which the viewer of Hugging Face shows: small, or as the tar has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.datasets import index
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.orders import Purpose, order_of
from realsyn_tasks.sample.shown_pictures import ShownPictures
from realsyn_tasks.sample.spool import Spool
from realsyn_tasks.sample.webdataset_tar import members, picture

AT_ONCE = 1_024  # pairs that are turned from columns to rows together


class Config(StageConfig):
    """What the tables show of the pictures; columns and layout are the dataset's contract."""

    image: Literal["none", "thumbnail", "full"] = "thumbnail"
    thumbnail_side: int = Field(default=256, ge=16, le=1024)  # px, of the long side at most


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Write the pairs that balance sent to this shard."""
    with closing(Spool(context.scratch / "images")) as images:
        pairs = _gather(inputs, images)
        order = _shuffled(pairs, context.seed)
        path = context.scratch / "shown.arrow"
        with closing(ShownPictures(path, config.image, config.thumbnail_side)) as shown:
            pairs = chunks.taken(pairs, order)
            rows, hashes, places, counts = _write(pairs, order, images, shown, context)
    table = tables.from_rows(schemas.PUBLISHED_IN_BOTH, rows)
    entries = index.entries_of(table, hashes)
    columns = {name: entries[name] for name in schemas.INDEX_ENTRIES.names}
    return Output(
        tables={
            "pairs": shown.beside(table),
            "entries": tables.build(schemas.INDEX_ENTRIES, columns),
            "places": tables.from_rows(schemas.PLACES, places),
        },
        blobs={"samples": context.scratch / "samples.tar"},
        counts=counts,
    )


def _gather(inputs: Inputs, images: Spool) -> pa.Table:
    """Collect the shard's pairs; their images go to the spool."""
    pieces = [schemas.CHOSEN_PAIRS.empty_table().drop_columns(["image"])]
    for _, piece in inputs.stream("balance", "pairs"):
        for data in piece["image"]:
            images.add(data.as_py())
        pieces.append(piece.drop_columns(["image"]))
    return pa.concat_tables(pieces)


def _shuffled(pairs: pa.Table, seed: int) -> np.ndarray[Any, Any]:
    ids = pairs["image_id"].to_pylist()
    order: np.ndarray[Any, Any] = np.lexsort(
        (np.array(ids, dtype=str), order_of(ids, seed, Purpose.SHUFFLE))
    )
    return order


def _write(
    pairs: pa.Table,
    order: np.ndarray[Any, Any],
    images: Spool,
    shown: ShownPictures,
    context: Context,
) -> tuple[list[dict[str, Any]], list[str], list[dict[str, int]], dict[str, int]]:
    """Write the tar; give the rows of the table, the MD5 and places of their images, and counts.

    `order` says which number each pair's image has in the spool.
    """
    rows: list[dict[str, Any]] = []
    hashes: list[str] = []
    places: list[dict[str, int]] = []
    counts = {"pairs": len(order), "converted_images": 0, "missing_texts": 0, "bytes": 0}
    path: Path = context.scratch / "samples.tar"
    with closing(TarWriter(path)) as tar:
        for number, (place, pair) in enumerate(zip(order.tolist(), _each(pairs), strict=True)):
            original = images.get(place)
            image = picture(original)
            row = _row(pair, f"{context.shard:05d}{number:05d}")
            row |= {"width": image.width, "height": image.height, "sha256": image.sha256}
            row["original_md5"] = hashlib.md5(original, usedforsecurity=False).hexdigest()
            hashes.append(image.md5 if image.converted else row["original_md5"])
            places.append(
                place_of(*[(tar.add(*each), len(each[1])) for each in members(row, image)])
            )
            shown.add(row["key"], image)
            rows.append(row)
            counts["converted_images"] += image.converted
            counts["missing_texts"] += (not row["text2"]) + (not row["text3"])
            counts["bytes"] += len(image.data)
            context.progress(number + 1, len(order))
    return rows, hashes, places, counts


def _each(pairs: pa.Table) -> Iterator[dict[str, Any]]:
    """Give the rows of a table; memory holds some of them."""
    for some in pairs.to_batches(max_chunksize=AT_ONCE):
        yield from some.to_pylist()


def place_of(image: tuple[int, int], about: tuple[int, int], *rest: object) -> dict[str, int]:
    """Say where a pair's image and its columns are, by offset and length of the first members."""
    return dict(zip(schemas.PLACES.names, (*image, *about), strict=True))


def _row(pair: dict[str, Any], key: str) -> dict[str, Any]:
    known = {**pair, "raw_image_url": pair["url"], "key": key, "sha256": "", "original_md5": ""}
    return {name: known[name] for name in schemas.PUBLISHED_IN_BOTH.names}
