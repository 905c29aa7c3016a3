"""By which tables of an extract its items are looked up: each id and address where it comes in.

Later stages of a shard have the ids of earlier ones, so that whoever knows the shard knows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.commits import DROPPED
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import Crawl
from realsyn_tasks.corpus.keys import Bearing, Keys, key_of_text, keys_of_texts
from realsyn_tasks.extract.picture_index import What, hashes_of
from realsyn_tasks.formats.warc_index import name_of
from realsyn_tasks.kinds import CRAWL


@dataclass(frozen=True)
class IdlePictures(Bearing):
    """The pictures of a shard's files that no page of their own file shows, by address."""

    @property
    def columns(self) -> Sequence[str]:
        """Name the columns that tell them."""
        return ("what", "key", "file", "offset")

    def keys(self, table: pa.Table) -> Iterator[Keys]:
        """Give the keys of the names that they stand under."""
        held = _idle(table)["key"].to_numpy()
        yield keys_of_texts(_name(key).encode() for key in np.unique(held).tolist())

    def key_of(self, address: str) -> int:
        """Give the key of an address."""
        return key_of_text(_name(int(hashes_of([name_of(address)])[0, 0])))

    def ids_at(self, run: Workspace, shard: int, table: pa.Table, address: str) -> list[str]:
        """Name their records, as those that are dropped are named."""
        held = _idle(table)
        mine = held.filter(pc.equal(held["key"], pa.scalar(hashes_of([name_of(address)])[0, 0])))
        paths = [item.path for item in cast(Crawl, run.sources[CRAWL.name]).objects(shard)]
        rows = zip(mine["file"].to_pylist(), mine["offset"].to_pylist(), strict=True)
        return sorted({f"{paths[file]}:{offset}" for file, offset in rows})


def _name(key: int) -> str:
    return f"idle {key:016x}"


def _idle(table: pa.Table) -> pa.Table:
    """Give the rows of what is held of records that no page of their file shows."""
    held, idle = (table.filter(pc.equal(table["what"], what)) for what in (What.HELD, What.IDLE))
    return held.filter(pa.array(np.isin(_places(held), _places(idle))))


def _places(records: pa.Table) -> Keys:
    """Give file and offset of records as one number; no file has 2^44 bytes."""
    file, offset = (records[name].to_numpy().astype(np.uint64) for name in ("file", "offset"))
    places: Keys = file << np.uint64(44) | offset
    return places


KEYS = (
    Bearing("parse", "documents", ids=("document_id",), addresses=("url",)),
    Bearing("parse", "images", ids=("image_id",), addresses=("url",)),
    Bearing("parse", "linked_images", ids=("link_id",), addresses=("url", "others")),
    Bearing("parse", "sentences", ids=("sentence_id",)),
    Bearing("parse", DROPPED, ids=("id",), addresses=("detail",), kind="image"),
    IdlePictures("parse", "index"),
    Bearing("gather_images", "images", ids=("image_id",), addresses=("url",)),
    Bearing("gather_images", DROPPED, ids=("id",)),
    Bearing("fetch", "fetches", ids=("link_id",), addresses=("url",)),
    Bearing("fetch", "fetches", ids=("image_id",), addresses=("url",)),
    Bearing("filter_sentences", "masked", ids=("sentence_id", "original_id")),
    Bearing("choose_representatives", "members", ids=("id", "kept_id")),
    Bearing("link_neighbours", "links", ids=("a", "b")),
)
