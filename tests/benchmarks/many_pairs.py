"""A published version of very many pairs, made of rows: tables, tars, manifest and index."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from realsyn_tasks.core import tables
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.datasets import gallery_index
from realsyn_tasks.datasets.manifest import DatasetFile, Manifest, Origin, encoded
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.sample import schemas

SHARD = 10_000  # pairs
NAME = "datasets/realsyn-many/v-000000000000"
HOSTS, CLUSTERS = 997, 5_000
LICENCES = ("", "https://creativecommons.org/licenses/by/4.0/", "https://unlicense.org/")
Row = dict[str, Any]


def fabricate(root: Path, pairs: int) -> Version:
    """Write so many pairs, and the index that pages look at."""
    picture = _picture()
    shards = range(max(1, pairs // SHARD))
    written = [_shard(root, number, min(pairs, SHARD), picture) for number in shards]
    files = [file for _, shard_files in written for file in shard_files]
    storage = Storage.at(str(root))
    manifest = Manifest.of(_origin(pairs), files).model_copy(update={"version": NAME[-14:]})
    version = Version(storage, NAME)
    storage.replace(version.at("manifest.json"), encoded(manifest))
    gallery_index.of_version(version, [places for places, _ in written])
    return version


def _origin(pairs: int) -> Origin:
    return Origin(
        name="realsyn-many",
        scale="many",
        target=pairs,
        config_digest="many",
        generations=(),
        models={"encoder": "none"},
    )


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 30)).save(out, "JPEG")
    return out.getvalue()


def _shard(
    root: Path, shard: int, count: int, picture: bytes
) -> tuple[ObjectRef, list[DatasetFile]]:
    rows = list(_rows(shard, count))
    table, tar = f"data/train-{shard:05d}.parquet", f"webdataset/{shard:05d}.tar"
    for path in (table, tar, "places/0"):
        (root / NAME / path).parent.mkdir(parents=True, exist_ok=True)
    columns = [schemas.PUBLISHED_PAIRS.field(name) for name in rows[0]]
    tables.write_table(pa.Table.from_pylist(rows, schema=pa.schema(columns)), root / NAME / table)
    places = f"{NAME}/places/{shard:05d}.parquet"
    pq.write_table(_tar(root / NAME / tar, rows, picture), root / places)
    files = [DatasetFile(path=table, size=1, sha256="0" * 64, rows=count)]
    files += [DatasetFile(path=tar, size=1, sha256="0" * 64, rows=None)]
    return ObjectRef(path=places, size=1, sha256=""), files


def _tar(path: Path, rows: list[Row], picture: bytes) -> pa.Table:
    """Write pictures and columns one after another; give where each lies."""
    places = []
    with path.open("wb") as out:
        for row in rows:
            about = json.dumps(row).encode()
            start = out.tell()
            out.write(picture + about)
            places.append((start, len(picture), start + len(picture), len(about)))
    names = schemas.PLACES.names
    return tables.from_rows(schemas.PLACES, [dict(zip(names, p, strict=True)) for p in places])


def _rows(shard: int, count: int) -> Iterator[Row]:
    scores = np.random.default_rng(shard).uniform(0.2, 0.9, count).tolist()
    for number, score in enumerate(scores):
        place = shard * SHARD + number
        name = hashlib.md5(str(place).encode(), usedforsecurity=False).hexdigest()
        site = f"https://site-{place % HOSTS}.example"
        yield {
            "raw_image_url": f"{site}/{place}.jpg",
            "document_url": f"{site}/{place}.html",
            "text1": f"A sentence about thing {place}.",
            "text2": "Another one.",
            "text3": "",
            "syn_text": "A synthetic text." if place % 3 else "",
            "caption": "",
            "alt": "",
            "caption_verdict": "",
            "alt_verdict": "",
            "title": "",
            "heading": "",
            "context": [],
            "key": f"{shard:05d}{number:05d}",
            "image_id": name,
            "sha256": name * 2,
            "width": 320,
            "height": 240,
            "licence": LICENCES[place % 3],
            "tags": [],
            "sentence_ids": [name],
            "text_urls": [],
            "text_licences": [],
            "realistic_scores": [score],
            "relevance": [score],
            "syn_score": score if place % 3 else None,
            "cluster_id": place * 7919 % CLUSTERS,
        }
