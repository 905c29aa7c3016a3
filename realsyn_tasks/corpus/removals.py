"""What the requests remove from each generation of the corpus.

Generations never change. What is under a tombstone is listed beside, with the reason `takedown`;
builds are pinned to the list and never see those rows (corpus.pinned). A list is made once for a
generation and a number of the log: when a request is filed, when a crawl is promoted, or, if either
was interrupted, when a build is opened. A list holds all that the list before it holds.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, tables
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus import schemas, tombstones
from realsyn_tasks.corpus.generations import Generation, GenerationShard
from realsyn_tasks.corpus.matches import Matcher, hits_of
from realsyn_tasks.corpus.pinned import Removed, RemovedRows, Takedown
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.corpus.tombstones import FOLDER, Request, State

IDS = {"image": "image_id", "sentence": "sentence_id"}
Row = dict[str, Any]


def scan(storage: Storage, generation: Generation, request: Request) -> pa.Table:
    """Find what a request means in a generation, in shard order; a pass over its columns.

    Bytes of images are read only for MD5 hashes, and once for all requests.
    """
    matcher = Matcher.of(request)
    rows: list[Row] = []
    for number, shard in enumerate(generation.shards):
        for kind, item, entry in sorted(_in_shard(storage, shard, matcher)):
            known = {"shard": number, "kind": kind, "id": item, "reason": TAKEDOWN.code}
            rows.append({**known, "request": request.id, "detail": entry})
    return tables.from_rows(schemas.REMOVED, rows)


def _in_shard(
    storage: Storage, shard: GenerationShard, matcher: Matcher
) -> Iterator[tuple[str, str, str]]:
    columns = ["image_id", "url", "document_url", "offset", "length"]
    images = _read(storage, shard.objects["images"], columns)
    for row, entry in _images(storage, shard, images, matcher).items():
        yield "image", images["image_id"][row].as_py(), entry
    if matcher.by_address:
        sentences = _read(storage, shard.objects["sentences"], ["sentence_id", "document_url"])
        for row, entry in hits_of(sentences["document_url"], matcher.of_address).items():
            yield "sentence", sentences["sentence_id"][row].as_py(), entry


def _images(
    storage: Storage, shard: GenerationShard, images: pa.Table, matcher: Matcher
) -> dict[int, str]:
    entry_by_row: dict[int, str] = {}
    if matcher.by_address:
        for name in ("document_url", "url"):
            entry_by_row |= hits_of(images[name], matcher.of_address)
    if matcher.md5:
        md5 = _md5(storage, shard.objects["pixels"], images)
        entry_by_row |= {r: f"md5: {value}" for r, value in enumerate(md5) if value in matcher.md5}
    if matcher.images:
        by_id = matcher.images
        entry_by_row |= hits_of(images["image_id"], lambda i: by_id.get(i or "", ""))
    return entry_by_row


def _md5(storage: Storage, pixels: ObjectRef, images: pa.Table) -> list[str]:
    """Give the MD5 of each image of a shard, from a note beside if there is one."""
    path = f"{FOLDER}/md5/{pixels.sha256}.parquet"
    try:
        known = pq.read_table(io.BytesIO(storage.read(path)))
    except FileNotFoundError:
        known = _hashed(storage, pixels, images)
        storage.put_if_absent(path, as_bytes(known))
    by_id = dict(zip(known["image_id"].to_pylist(), known["md5"].to_pylist(), strict=True))
    return [by_id.get(image, "") for image in images["image_id"].to_pylist()]


def _hashed(storage: Storage, pixels: ObjectRef, images: pa.Table) -> pa.Table:
    rows = tables.ordered(images.select(["image_id", "offset", "length"]), ["offset"]).to_pylist()
    storage.verify(pixels)
    with storage.open(pixels.path) as tar:
        for row in rows:
            tar.seek(row["offset"])
            data = tar.read(row["length"])
            row["md5"] = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return tables.from_rows(schemas.IMAGE_HASHES, rows, ["image_id"])


def _read(storage: Storage, ref: ObjectRef, columns: list[str]) -> pa.Table:
    storage.verify(ref)
    with arrow_files.opened(storage, ref.path) as source:
        return pq.read_table(source, columns=columns)


def removed(
    storage: Storage,
    generation: Generation,
    state: State,
    found: Mapping[str, pa.Table] | None = None,
) -> tuple[str, bytes]:
    """Give the path and bytes of the list of a generation and a state; make it if there is none.

    `found` are scans of this generation that are known already, by request.
    """
    path = f"{_folder(generation)}/{state.number:04d}.parquet"
    try:
        return path, storage.read(path)
    except FileNotFoundError:
        storage.put_if_absent(path, as_bytes(_made(storage, generation, state, found or {})))
    return path, storage.read(path)


def list_of(storage: Storage, generation: Generation, state: State) -> pa.Table:
    """Give the same as a table, and keep nothing of it."""
    try:
        data = storage.read(f"{_folder(generation)}/{state.number:04d}.parquet")
    except FileNotFoundError:
        return _made(storage, generation, state, {})
    return pq.read_table(io.BytesIO(data))


def _folder(generation: Generation) -> str:
    return f"{FOLDER}/removed/gen={generation.generation:04d}-{generation.digest[:12]}"


def _made(
    storage: Storage, generation: Generation, state: State, scans: Mapping[str, pa.Table]
) -> pa.Table:
    """Make the list of a state, from that of the latest one before it."""
    since, parts = _before(storage, _folder(generation), state.number)
    for line in state.log:
        if line.number > since:
            known = scans.get(line.request)
            request = tombstones.read(storage, line.request)
            parts.append(scan(storage, generation, request) if known is None else known)
    return tables.ordered(pa.concat_tables(parts), schemas.REMOVED.names)


def _before(storage: Storage, folder: str, number: int) -> tuple[int, list[pa.Table]]:
    """Give the latest list before a number."""
    names = [Path(path).name for path, _ in storage.listing(folder)]
    earlier = [int(name.removesuffix(".parquet")) for name in names if not name.startswith(".")]
    since = max((n for n in earlier if n < number), default=0)
    if not since:
        return 0, [schemas.REMOVED.empty_table()]
    data = storage.read(f"{folder}/{since:04d}.parquet")
    return since, [pq.read_table(io.BytesIO(data))]


def as_bytes(table: pa.Table) -> bytes:
    """Write a table as it is written everywhere."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        tables.write_table(table, path)
        return path.read_bytes()


def pinned(storage: Storage, generations: Iterable[Generation]) -> Takedown | None:
    """Give what a build that is opened now is pinned to; None where nothing was ever asked for."""
    state = tombstones.state(storage)
    return pinned_at(storage, generations, state) if state.log else None


def pinned_at(storage: Storage, generations: Iterable[Generation], state: State) -> Takedown:
    """Give what a build over some generations is pinned to at a state."""
    lists = []
    for generation in generations:
        path, data = removed(storage, generation, state)
        table = pq.read_table(io.BytesIO(data))
        if table.num_rows:
            lists.append(
                Removed(
                    generation=generation.generation,
                    path=path,
                    sha256=hashlib.sha256(data).hexdigest(),
                    images=count(table, "image"),
                    sentences=count(table, "sentence"),
                    shards=by_shard(table),
                )
            )
    return Takedown(number=state.number, digest=state.digest, removed=tuple(lists))


def by_shard(table: pa.Table) -> tuple[RemovedRows, ...]:
    """Outline a list by shard and table."""
    ids: dict[tuple[int, str], set[str]] = {}
    for row in table.select(["shard", "kind", "id"]).to_pylist():
        ids.setdefault((row["shard"], f"{row['kind']}s"), set()).add(row["id"])
    return tuple(
        RemovedRows(shard=shard, table=name, rows=len(items), digest=digest(sorted(items)))
        for (shard, name), items in sorted(ids.items())
    )


def count(table: pa.Table, kind: str) -> int:
    """Count the items of a kind; one that several requests mean counts once."""
    mine = table.filter(pc.equal(table["kind"], kind))
    return int(pc.count_distinct(mine["id"]).as_py())
