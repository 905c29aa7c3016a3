"""Take in the pictures that pages show and that stand in other files of the crawl.

Where they stand has been found (`locate_images`): here their bytes are read, file by file, each
record once. What comes out stands for parse's images and pixels: those that the page's own file
held, and those of others, with what the document says of them and under the address that it names.
Where a shard seeks nothing that is held, its tar is the one of parse and is not written again.

What no file of the crawl holds is dropped, or handed on where the web is asked for it (`fetch`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks import formats
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.corpus.crawl import Crawl
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.locate_images import places_of_images, shown_elsewhere
from realsyn_tasks.extract.merged_images import MergedImages, Row, in_document_order
from realsyn_tasks.extract.picture_index import UNUSABLE, What
from realsyn_tasks.extract.places import rows_of
from realsyn_tasks.formats import CrawlFile, Limits
from realsyn_tasks.formats.reasons import NOT_SHOWN, UNUSABLE_PICTURE
from realsyn_tasks.kinds import CRAWL
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.web.reasons import EMPTY

Place = np.void  # of PLACES
Key = tuple[int, int, int]  # shard, file of it, offset
ANY = Limits(page_bytes=1 << 30, image_bytes=1 << 30)  # parse has bounded what it listed


class Config(StageConfig):
    """Nothing to choose."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give all images of the shard that the crawl holds.

    Raises CorruptCrawlFile where a record is not what it was.
    """
    links = inputs.table("parse", "linked_images")
    place_by_link = _places_by_link(inputs, links, context.shard)
    usable = {name: at for name, at in place_by_link.items() if at["quality"] < UNUSABLE}
    rows = in_document_order(links)
    output = Output()
    if usable:
        _merge(inputs, [row for row in rows if row["link_id"] in usable], usable, output, context)
    else:
        output.tables["images"] = inputs.table("parse", "images")
        output.same["pixels"] = ("parse", "pixels")
    left = [row for row in rows if row["link_id"] not in usable]
    asked = [row for row in left if inputs.has("fetch") and row["url"].startswith("http")]
    if inputs.has("fetch"):
        output.tables["linked_images"] = tables.from_rows(schemas.LINKED_IMAGES, asked, ["link_id"])
    gone = [row for row in left if row not in asked]
    output.dropped += [_gone(row, row["link_id"] in place_by_link) for row in gone]
    output.dropped += _not_shown(inputs, context.shard)
    return output


def _not_shown(inputs: Inputs, shard: int) -> Iterator[Dropped]:
    """Drop the pictures of the shard's files that no page of any file shows."""
    index = inputs.table("parse", "index", ["what", "file", "offset"])
    idle = index.filter(pc.equal(index["what"], What.IDLE))
    crawl: Crawl = inputs.source(CRAWL.name)
    paths = [item.path for item in crawl.objects(shard)]
    shown = shown_elsewhere(inputs, shard)
    for place in zip(idle["file"].to_pylist(), idle["offset"].to_pylist(), strict=True):
        if place not in shown:
            yield Dropped("record", f"{paths[place[0]]}:{place[1]}", NOT_SHOWN)


def _places_by_link(inputs: Inputs, links: pa.Table, shard: int) -> dict[str, Place]:
    places = places_of_images(inputs, shard)
    names = links["link_id"].to_pylist()
    return {names[row]: at for row, at in zip(rows_of(places["asker"]), places, strict=True)}


def _gone(row: Row, held: bool) -> Dropped:
    reason = UNUSABLE_PICTURE if held else reasons.NOT_IN_CRAWL
    return Dropped("image", row["link_id"], reason, row["url"])


def _merge(
    inputs: Inputs, rows: list[Row], places: dict[str, Place], output: Output, context: Context
) -> None:
    """Write one tar: the images that parse has, then those of other files in document order."""
    path = context.scratch / "pixels.tar"
    with closing(TarWriter(path)) as tar, (context.scratch / "gathered").open("w+b") as spool:
        merged = MergedImages(tar)
        merged.add_all(inputs, "parse")
        spooled = _read(inputs.source(CRAWL.name), places, spool, context)
        for row in rows:
            data = read_at(spool, *spooled[_key(places[row["link_id"]])])
            if data:
                merged.add(_under_its_address(row, places[row["link_id"]]), data)
            else:
                merged.dropped.append(Dropped("image", row["link_id"], EMPTY, row["url"]))
    output.tables["images"] = merged.table()
    output.blobs["pixels"] = path
    output.dropped += merged.dropped


def _under_its_address(row: Row, place: Place) -> Row:
    return {**row, "url": [row["url"], *(row["others"] or ())][int(place["rank"])]}


def _read(
    crawl: Crawl, places: dict[str, Place], spool: BinaryIO, context: Context
) -> dict[Key, tuple[int, int]]:
    """Copy the pictures at some places to the spool, each once; say where in it they are."""
    spooled: dict[Key, tuple[int, int]] = {}
    wanted = sorted({_key(at) for at in places.values()})
    for shard, keys in groupby(wanted, key=itemgetter(0)):
        mine = list(keys)
        files = [CrawlFile(item.path, item.size, item.open) for item in crawl.objects(shard)]
        at = [(file, offset) for _, file, offset in mine]
        for key, data in zip(mine, formats.pictures(crawl.format, files, at, ANY), strict=True):
            spooled[key] = (spool.seek(0, 2), spool.write(data))
            context.progress(len(spooled), len(wanted))
    return spooled


def _key(place: Place) -> Key:
    return int(place["shard"]), int(place["file"]), int(place["offset"])
