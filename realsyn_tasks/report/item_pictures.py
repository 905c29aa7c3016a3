"""The bytes of a picture, wherever a crawl's extract has them, also of one that went no further."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.extract.holders import HOLDERS, holder
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.report.item_rows import matching
from realsyn_tasks.report.item_search import IMAGE, MOST_SHARDS, Search

PLACE = ("offset", "length")


def bytes_of(search: Search, image: str) -> bytes | None:
    """Read a picture; None where no extract has it, or it was taken down."""
    if taken_down(search, image):
        return None
    for run in search.runs:
        if run.config.kind == EXTRACT.name:
            for commit in _commits(search, run, image):
                if data := _read(run, commit, image):
                    return data
    return None


def taken_down(search: Search, image: str) -> bool:
    """Say whether a request takes a picture out of any generation."""
    state = tombstones.state(search.storage)
    lists = (
        removals.list_of(search.storage, generation, state)
        for generation in (search.generations if state.log else ())
    )
    return any(pc.any(pc.equal(table["id"], image)).as_py() for table in lists)


def _commits(search: Search, run: Workspace, image: str) -> Iterator[Commit]:
    """Give the shards that bear it, of the last stage that holds all pictures so far."""
    shards = {n for stage in HOLDERS for n in search.shards(run, [image], stage, "images")}
    shards |= set(search.shards(run, [image], HOLDERS[-1], "fetches"))
    ledger = run.ledger(holder(run.runs))
    yield from ledger.find_each(sorted(shards)[:MOST_SHARDS]).values()


def _read(run: Workspace, commit: Commit, image: str) -> bytes | None:
    images, pixels = (commit.objects.get(name) for name in ("images", "pixels"))
    if images is None or pixels is None or not images.rows:
        return None
    with arrow_files.committed(run.storage, images) as source:
        rows = matching(pq.ParquetFile(source), IMAGE, [image], PLACE).to_pylist()
    if not rows:
        return None
    with run.storage.open(pixels.path) as tar:
        return read_at(tar, rows[0]["offset"], rows[0]["length"])
