"""Keep images that decode, are large enough and not too long, and show something (paper §3.1)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract.images import (
    Header,
    Refused,
    deviation,
    holder,
    pixel_limit,
    preview,
    read_header,
)
from realsyn_tasks.extract.phash import perceptual_hash
from realsyn_tasks.formats.pixels import read_at


class Config(StageConfig):
    """What an image must be.

    Sides and aspect are the paper's (§3.1). The other rules are ours: the paper's crawl had been
    through OBELICS' own filters for them.
    """

    min_side: int = Field(default=100, ge=1)  # px
    max_aspect: float = Field(default=3.0, ge=1.0)  # long side / short side
    max_pixels: int = Field(default=50_000_000, ge=1)  # above it nothing is decoded
    min_deviation: float = Field(default=4.0, ge=0.0)  # of 0..255; below it an image is blank
    formats: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF")


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Look at each image's bytes once; measure and hash those that stay.

    Dropped with reason empty, unsupported_format, undecodable, too_many_pixels, animated,
    too_small, aspect_ratio or blank.
    """
    rows = inputs.table(holder(inputs), "images")
    places = rows.select(["image_id", "offset", "length"]).to_pylist()
    found: list[tuple[int, Header, int]] = []
    dropped: list[Dropped] = []
    with inputs.blob(holder(inputs), "pixels") as pixels, pixel_limit(config.max_pixels):
        for row, place in enumerate(places):
            try:
                data = read_at(pixels, place["offset"], place["length"])
                found.append((row, *examine(data, config)))
            except Refused as refused:
                dropped.append(Dropped("image", place["image_id"], refused.reason, refused.detail))
            context.progress(row + 1, rows.num_rows)
    return Output(tables={"images": _kept(rows, found)}, dropped=dropped)


def examine(data: bytes, config: Config) -> tuple[Header, int]:
    """Give header and perceptual hash of an image that stays; raises Refused for another.

    Checks go from cheap to dear. A safety check belongs at either end: of the bytes (blocklisted
    digests) before the header is read, of the picture (a score) after the last one here.
    """
    header = read_header(data, config.formats, config.max_pixels)
    _check_shape(header, config)
    picture = preview(data)
    if (spread := deviation(picture)) < config.min_deviation:
        raise Refused("blank", f"deviation {spread:.2f}")
    return header, perceptual_hash(picture)


def _check_shape(header: Header, config: Config) -> None:
    short, long = sorted((header.width, header.height))
    size = f"{header.width}x{header.height} px"
    if header.animated:
        raise Refused("animated", size)
    if short < config.min_side:
        raise Refused("too_small", size)
    if long > config.max_aspect * short:
        raise Refused("aspect_ratio", size)


def _kept(rows: pa.Table, found: list[tuple[int, Header, int]]) -> pa.Table:
    kept = rows.take(pa.array([row for row, _, _ in found], type=pa.int64()))
    columns = {name: kept[name] for name in kept.column_names}
    columns["width"] = pa.array([header.width for _, header, _ in found])
    columns["height"] = pa.array([header.height for _, header, _ in found])
    columns["format"] = pa.array([header.format for _, header, _ in found])
    columns["phash"] = pa.array(np.array([value for _, _, value in found], dtype=np.uint64))
    return tables.build(tables.IMAGES, columns, sort_by=("image_id",))
