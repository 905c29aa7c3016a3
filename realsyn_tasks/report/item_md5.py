"""Which pictures of a crawl have an MD5: noted beside, shard by shard, once somebody has asked.

    {root}/views/md5/{sha256 of the pixels}.parquet

Nothing tells a picture by its MD5 but its bytes, so they have to be read. Each question reads some
of them and keeps what it learned; the next one goes on from there.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import tables
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.errors import DamagedObject, RealSynError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.removals import as_bytes
from realsyn_tasks.corpus.schemas import IMAGE_HASHES
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.report import item_index

FOLDER = "views/md5"
AT_ONCE = 256  # shards whose notes are read together
PLACE = ["image_id", "offset", "length"]


def shards_of(run: Workspace) -> Iterator[tuple[Commit, pa.Table | None]]:
    """Give the commits of an extract that hold all pictures of its crawl, with what is noted."""
    ledger = run.ledger(holder(run.runs))
    shards = list(ledger.outlines())
    for start in range(0, len(shards), AT_ONCE):
        commits = list(ledger.find_each(shards[start : start + AT_ONCE]).values())
        notes = run.storage.read_each([_path(commit) for commit in commits])
        yield from zip(commits, map(_parsed, notes), strict=True)


def _path(commit: Commit) -> str:
    return f"{FOLDER}/{commit.objects['pixels'].sha256}.parquet"


def _parsed(note: bytes | None) -> pa.Table | None:
    try:
        return pq.read_table(io.BytesIO(note)) if note else None
    except pa.ArrowException:
        return None


def images_with(hashes: pa.Table, md5: str) -> list[str]:
    """Give the images that have an MD5."""
    images: list[str] = hashes.filter(pc.equal(hashes["md5"], md5))["image_id"].to_pylist()
    return images


def noted(storage: Storage, commit: Commit) -> pa.Table:
    """Digest the pictures of a shard, and note it."""
    hashes = hashes_of(storage, commit)
    with suppress(RealSynError, OSError):  # a reader that may not write, say
        storage.replace(_path(commit), as_bytes(hashes))
    return hashes


def hashes_of(storage: Storage, commit: Commit) -> pa.Table:
    """Read the pictures of a shard; of one that is damaged nothing is known."""
    hashes: dict[str, str] = {}
    with suppress(DamagedObject):
        storage.verify(commit.objects["pixels"])
        places = item_index.read_columns(storage, commit.objects["images"], PLACE)
        with storage.open(commit.objects["pixels"].path) as tar:
            for row in sorted(places.to_pylist() if places else [], key=lambda r: r["offset"]):
                data = read_at(tar, row["offset"], row["length"])
                hashes[row["image_id"]] = hashlib.md5(data, usedforsecurity=False).hexdigest()
    rows = [{"image_id": image, "md5": md5} for image, md5 in hashes.items()]
    return tables.from_rows(IMAGE_HASHES, rows, ["image_id"])
