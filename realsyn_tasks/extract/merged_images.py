"""A shard's images in one table and one tar: those that a stage has, and more beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.stage import Dropped, Inputs
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.reasons import EXACT_DUPLICATE
from realsyn_tasks.pictures.pixels import read_at

Row = dict[str, Any]


@dataclass
class MergedImages:
    """Takes images one after another; the first of equal ones is kept."""

    tar: TarWriter
    rows: dict[str, Row] = field(default_factory=dict)  # by image_id
    dropped: list[Dropped] = field(default_factory=list)

    def add_all(self, inputs: Inputs, stage: str) -> None:
        """Add all images of a stage, in the order of its tar."""
        for row, data in _images_of(inputs, stage):
            self.rows[row["image_id"]] = {**row, "offset": self.tar.add(row["image_id"], data)}

    def add(self, link: Row, data: bytes) -> Row:
        """Add the bytes of an image known by its address; give the row that has them."""
        identity = ids.image_id(data)
        if identity in self.rows:
            self.dropped.append(Dropped("image", link["link_id"], EXACT_DUPLICATE, link["url"]))
        else:
            place = {"offset": self.tar.add(identity, data), "length": len(data)}
            self.rows[identity] = {**link, "image_id": identity, **place}
        return self.rows[identity]

    def table(self) -> pa.Table:
        """Give the rows of RAW_IMAGES, by id."""
        return tables.from_rows(schemas.RAW_IMAGES, self.rows.values(), ["image_id"])


def in_document_order(links: pa.Table) -> list[Row]:
    """Give rows of LINKED_IMAGES as they stand in the crawl."""
    rows: list[Row] = links.to_pylist()
    return sorted(rows, key=lambda row: (row["source"], row["source_offset"], row["position"]))


def _images_of(inputs: Inputs, stage: str) -> Iterator[tuple[Row, bytes]]:
    rows = inputs.table(stage, "images").to_pylist()
    with inputs.blob(stage, "pixels") as pixels:
        for row in sorted(rows, key=lambda item: item["offset"]):
            yield row, read_at(pixels, row["offset"], row["length"])
