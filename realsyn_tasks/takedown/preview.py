"""What a request takes out of the corpus, item by item: addresses, texts, and small pictures.

All is counted, and so much of it listed as a page can hold: a domain may stand on every other page.

Pictures are encoded anew, and stand in the page of a dry run alone: once a request holds, they and
the texts go out of every preview there is.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, chunks
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


@dataclass(frozen=True)
class Pages:
    """How many items of each kind stood on which page; "" for those of no page."""

    by_kind: Mapping[str, Counter[str]]

    def names(self) -> set[str]:
        """Name the pages."""
        return set().union(*self.by_kind.values())

    def listed(self, most: int) -> list[Row]:
        """List the first pages by name, each with what goes of it."""
        images, sentences = (self.by_kind[kind] for kind in COLUMNS)
        return [
            {"page": page, "images": images[page], "sentences": sentences[page]}
            for page in sorted(self.names())[:most]
        ]


def items(storage: Storage, generation: Generation, hits: pa.Table, most: int) -> list[Row]:
    """Give the first items of a scan, in its order: what each is, where it stood, why it is meant.

    An item that is meant several times is given once.
    """
    listed: list[Row] = []
    for part in _parts(hits):
        if len(listed) == most:
            break
        listed += _items(storage, generation, part, most - len(listed))
    return listed


def _items(storage: Storage, generation: Generation, part: pa.Table, most: int) -> Iterator[Row]:
    first = part.filter(pa.array(chunks.codes_of(part["id"]) < most))
    rows = first.select(["shard", "kind", "id", "detail"]).to_pylist()
    mine = {row["id"]: row for row in rows}
    ref, key, columns = _held(generation, part)
    known = _rows_of(storage, ref, key, list(mine), columns)
    return ({**row, **known.get(item, {})} for item, row in mine.items())


def pages(storage: Storage, generation: Generation, hits: pa.Table) -> Pages:
    """Count on which pages all items of a scan stood; of each shard, only the pages are read."""
    by_kind = {kind: Counter[str]() for kind in COLUMNS}
    for part in _parts(hits):
        ref, key, _ = _held(generation, part)
        ids = part["id"].unique()
        stood = _table_of(storage, ref, key, ids, ["document_url"])["document_url"]
        counts = pc.value_counts(pc.fill_null(stood, "")).to_pylist()
        mine = by_kind[part["kind"][0].as_py()]
        mine.update({each["values"]: each["counts"] for each in counts})
        if unknown := len(ids) - len(stood):
            mine[""] += unknown
    return Pages(by_kind)


def _parts(hits: pa.Table) -> Iterator[pa.Table]:
    """Cut a scan where another shard or another kind begins."""
    shards, kinds = hits["shard"].to_numpy(), chunks.codes_of(hits["kind"])
    begins = (shards[1:] != shards[:-1]) | (kinds[1:] != kinds[:-1])
    starts = np.flatnonzero(np.append(True, begins)[: hits.num_rows]).tolist()
    for start, end in pairwise([*starts, hits.num_rows]):
        yield hits.slice(start, end - start)


def _held(generation: Generation, part: pa.Table) -> tuple[ObjectRef, str, list[str]]:
    """Say which table has the items of a part, by which key, and what of them is shown."""
    name, key, columns = COLUMNS[part["kind"][0].as_py()]
    return generation.shards[part["shard"][0].as_py()].objects[name], key, columns


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
    rows = _table_of(storage, ref, key, pa.array(ids, pa.string()), columns).to_pylist()
    by_id = {row.pop(key): row for row in rows}
    return {name: by_id[name] for name in ids if name in by_id}


def _table_of(
    storage: Storage, ref: ObjectRef, key: str, ids: pa.Array, columns: list[str]
) -> pa.Table:
    """Read some columns of some items of a table, with their ids."""
    with arrow_files.opened(storage, ref.path) as source:
        table = pq.read_table(source, columns=[key, *columns])
    return table.filter(pc.is_in(table[key], value_set=ids))
