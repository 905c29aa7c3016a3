"""What a request takes out of the corpus, item by item: addresses, texts, and small pictures.

Pictures are encoded anew, and stand in the page of a dry run alone: once a request holds, they and
the texts go out of every preview there is.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus.generations import Generation
from realsyn_tasks.pictures import thumbnails
from realsyn_tasks.pictures.pixels import BROKEN, read_at, stated_size

MOST_PICTURES = 300  # of a page, some 3 kB each
MOST_PIXELS = 100_000_000
SIDE = 120  # px, of the long side
COLUMNS = {
    "image": ("images", "image_id", ["url", "document_url"]),
    "sentence": ("sentences", "sentence_id", ["text", "document_url"]),
}
Row = dict[str, Any]


def items(storage: Storage, generation: Generation, hits: pa.Table) -> list[Row]:
    """Give each item of a scan once, in its order: what it is, where it stood, why it is meant."""
    rows = hits.select(["shard", "kind", "id", "detail"]).to_pylist()
    listed: list[Row] = []
    for (shard, kind), some in groupby(rows, key=lambda row: (row["shard"], row["kind"])):
        name, key, columns = COLUMNS[kind]
        mine = {row["id"]: row for row in some}
        ref = generation.shards[shard].objects[name]
        known = _rows_of(storage, ref, key, list(mine), columns)
        listed += [{**row, **known.get(item, {})} for item, row in mine.items()]
    return listed


def pages(rows: Iterable[Row]) -> list[Row]:
    """List the pages that items stood on, each with what goes of it."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.get("document_url") or "", Counter())[row["kind"]] += 1
    return [
        {"page": page, "images": some["image"], "sentences": some["sentence"]}
        for page, some in sorted(counts.items())
    ]


def without_contents(rows: Iterable[Row]) -> list[Row]:
    """Leave out the texts."""
    return [{name: value for name, value in row.items() if name != "text"} for row in rows]


def pictures(
    storage: Storage, listed: Iterable[tuple[Generation, Sequence[Row]]]
) -> dict[str, str]:
    """Give the first pictures as data: URIs, by id; none of what cannot be shown."""
    small = (each for generation, rows in listed for each in _small(storage, generation, rows))
    return dict(islice(small, MOST_PICTURES))


def _small(
    storage: Storage, generation: Generation, rows: Sequence[Row]
) -> Iterator[tuple[str, str]]:
    images = (row for row in rows if row["kind"] == "image")
    for shard, some in groupby(images, key=lambda row: int(row["shard"])):
        objects, ids = generation.shards[shard].objects, [row["id"] for row in some]
        if "pixels" not in objects:
            continue
        places = _rows_of(storage, objects["images"], "image_id", ids, ["offset", "length"])
        with storage.open(objects["pixels"].path) as pixels:
            for image, place in places.items():
                data = read_at(pixels, place["offset"], place["length"])
                if uri := _uri(data):
                    yield image, uri


def _uri(data: bytes) -> str:
    """Encode a picture anew; empty for what is none, or states too many pixels."""
    try:
        width, height = stated_size(data)
        if width * height > MOST_PIXELS:
            return ""
        made = base64.b64encode(thumbnails.thumbnail(data, SIDE)).decode()
    except BROKEN:
        return ""
    return f"data:{thumbnails.MEDIA_TYPE};base64,{made}"


def _rows_of(
    storage: Storage, ref: ObjectRef, key: str, ids: Sequence[str], columns: list[str]
) -> Mapping[str, Row]:
    """Read some columns of some items of a table, by id, in the order of the ids."""
    with arrow_files.opened(storage, ref.path) as source:
        table = pq.read_table(source, columns=[key, *columns])
    rows = table.filter(pc.is_in(table[key], value_set=pa.array(ids, pa.string()))).to_pylist()
    by_id = {row.pop(key): row for row in rows}
    return {name: by_id[name] for name in ids if name in by_id}
