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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, tables
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus import schemas, tombstones
from realsyn_tasks.corpus.generations import Generation, GenerationShard
from realsyn_tasks.corpus.matches import NONE, Matcher, Named, hits_of
from realsyn_tasks.corpus.pinned import Removed, RemovedRows, Takedown
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.corpus.tombstones import FOLDER, Request, State

IDS = {"image": "image_id", "sentence": "sentence_id"}


def scan(storage: Storage, generation: Generation, requests: Sequence[Request]) -> pa.Table:
    """Find what requests mean in a generation, in shard order; one pass over its columns for all.

    Bytes of images are read only for MD5 hashes, and once for all requests that ever name one.
    """
    look = partial(_in_shard, storage, Matcher.of(*requests))
    parts = storage.each(look, list(enumerate(generation.shards)))
    found = [part for part in parts if part.num_rows]
    return pa.concat_tables([schemas.REMOVED.empty_table(), *found])


def _in_shard(storage: Storage, matcher: Matcher, place: tuple[int, GenerationShard]) -> pa.Table:
    """Find what is meant in one shard, in order of kind and id."""
    number, shard = place
    fixed = {"shard": number, "reason": TAKEDOWN.code}
    rows = (
        {**fixed, "kind": kind, "id": item, "detail": entry, "request": request}
        for kind, item, entry, request in sorted(_hits(storage, shard, matcher))
    )
    return tables.from_rows(schemas.REMOVED, rows)


def _hits(
    storage: Storage, shard: GenerationShard, matcher: Matcher
) -> Iterator[tuple[str, str, str, str]]:
    """Give kind, id, entry and request of what is meant in a shard."""
    columns = ["image_id", "url", "document_url", "offset", "length"]
    images = _read(storage, shard.objects["images"], columns)
    yield from _named("image", images["image_id"], _images(storage, shard, images, matcher))
    if matcher.by_address:
        sentences = _read(storage, shard.objects["sentences"], ["sentence_id", "document_url"])
        named = hits_of(sentences["document_url"], matcher.of_address)
        yield from _named("sentence", sentences["sentence_id"], named)


def _named(
    kind: str, ids: pa.ChunkedArray, entries_by_row: Mapping[int, Named]
) -> Iterator[tuple[str, str, str, str]]:
    for row, entries in entries_by_row.items():
        item = ids[row].as_py()
        for request, entry in entries.items():
            yield kind, item, entry, request


def _images(
    storage: Storage, shard: GenerationShard, images: pa.Table, matcher: Matcher
) -> dict[int, Named]:
    """Give the entries for each row; of one request, its own address, bytes or id say more."""
    parts: list[Mapping[int, Named]] = []
    if matcher.by_address:
        parts += [hits_of(images[name], matcher.of_address) for name in ("document_url", "url")]
    if matcher.md5:
        md5 = _md5(storage, shard.objects["pixels"], images)
        parts.append({r: matcher.md5[value] for r, value in enumerate(md5) if value in matcher.md5})
    if matcher.images:
        parts.append(hits_of(images["image_id"], lambda i: matcher.images.get(i or "", NONE)))
    entries_by_row: dict[int, Named] = {}
    for row, entries in chain.from_iterable(part.items() for part in parts):
        entries_by_row[row] = {**entries_by_row.get(row, NONE), **entries}
    return entries_by_row


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
    """Make the list of a state, from that of the latest one before it; in one pass, at most."""
    since, parts = _before(storage, _folder(generation), state.number)
    asked = [line.request for line in state.log if line.number > since]
    parts += [scans[request] for request in asked if request in scans]
    if unknown := [request for request in asked if request not in scans]:
        requests = storage.each(partial(tombstones.read, storage), unknown)
        parts.append(scan(storage, generation, requests))
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
