"""A corpus of very many very small shards, put into a root as if crawls had been promoted."""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.counts import note_path
from tests.crawls import picture
from tests.prose import TOPICS
from tests.support import TinyEncoder

IMAGES, SENTENCES = 2, 6  # of a shard
SIDE = 104  # px
KINDS = 300  # different pictures; ids differ by a comment at the end of the file
Row = dict[str, Any]


def write_corpus(root: Path, shards: int) -> None:
    """Make generation 1 of the corpus in a root, of so many shards."""
    storage = Storage.at(str(root))
    pictures = [picture(seed, (SIDE, SIDE)) for seed in range(min(KINDS, shards * IMAGES))]
    made = tuple(_shard(storage, number, pictures) for number in range(shards))
    generation = Generation(
        generation=1,
        crawl="many-shards",
        crawl_uri="",
        extract="many-shards",
        config_digest="",
        digest=digest([shard.rows for shard in made]),
        shards=made,
        models={"encoder": TinyEncoder.identity},
    )
    counts = {
        "documents": shards,
        "documents_dropped": 0,
        "records_dropped": {},
        "images": {"in": shards * IMAGES, "kept": shards * IMAGES, "dropped": {}},
        "sentences": {"in": shards * SENTENCES, "kept": shards * SENTENCES, "dropped": {}},
    }
    storage.replace(note_path(generation), json.dumps(counts).encode())
    storage.replace(generation_path(1), generation.model_dump_json().encode())


def _shard(storage: Storage, number: int, pictures: list[bytes]) -> GenerationShard:
    with tempfile.TemporaryDirectory() as scratch:
        tar = Path(scratch) / "pixels.tar"
        images = _images(number, pictures, tar)
        objects = {
            "images": _upload(storage, number, "images", images, Path(scratch)),
            "sentences": _upload(storage, number, "sentences", _sentences(number), Path(scratch)),
            "pixels": storage.upload(tar, f"corpus/gen=0001/shard={number:05d}/pixels.tar"),
        }
    return GenerationShard(objects=objects, rows={"images": IMAGES, "sentences": SENTENCES})


SCHEMAS = {
    "images": (schemas.CORPUS_IMAGES, "image_id"),
    "sentences": (schemas.CORPUS_SENTENCES, "sentence_id"),
}


def _upload(storage: Storage, number: int, name: str, rows: list[Row], scratch: Path) -> ObjectRef:
    schema, key = SCHEMAS[name]
    local = scratch / f"{name}.parquet"
    tables.write_table(tables.from_rows(schema, rows, [key]), local)
    reference = storage.upload(local, f"corpus/gen=0001/shard={number:05d}/{name}.parquet")
    return reference.model_copy(update={"rows": len(rows)})


def _origin(shard: int, position: int) -> Row:
    url = f"https://tiny.example/{shard:05d}.html"
    source = f"{shard:05d}.warc.gz"
    return {
        "document_id": ids.document_id(source, 0, url),
        "document_url": url,
        "source": source,
        "source_offset": 0,
        "position": position,
    }


def _images(shard: int, pictures: list[bytes], path: Path) -> list[Row]:
    rows = []
    with closing(TarWriter(path)) as tar:
        for position in range(IMAGES):
            number = shard * IMAGES + position
            data = pictures[number % len(pictures)] + f"#{number}".encode()
            identity = ids.image_id(data)
            rows.append(
                {
                    "image_id": identity,
                    "url": f"https://tiny.example/{number:06d}.jpg",
                    **_origin(shard, position),
                    "alt": "",
                    "caption": "",
                    "offset": tar.add(identity, data),
                    "length": len(data),
                    "width": SIDE,
                    "height": SIDE,
                    "format": "JPEG",
                    "phash": number,
                    "embedding": _vector_of_picture(number, data),
                }
            )
    return rows


_known: dict[int, Any] = {}


def _vector_of_picture(number: int, data: bytes) -> Any:
    kind = number % KINDS
    if kind not in _known:
        _known[kind] = _stored(TinyEncoder().encode_images([Image.open(io.BytesIO(data))]))
    return _known[kind]


def _stored(vectors: np.ndarray) -> np.ndarray:
    row: np.ndarray = vectors[0].astype(np.float16)
    return row


def _sentences(shard: int) -> list[Row]:
    first, later = _halves()
    pairs = list(product(range(len(first)), range(len(later))))
    rows = []
    for position in range(SENTENCES):
        number = shard * SENTENCES + position
        half, other = pairs[number * 7919 % len(pairs)]
        text = f"{first[half]} {later[other]}"
        rows.append(
            {
                "sentence_id": ids.sentence_id(text),
                "text": text,
                **_origin(shard, IMAGES + position),
                "ordinal": 0,
                "words": len(text.split()),
                "anaphoric": False,
                "perplexity": 60.0,
                "embedding": _stored(TinyEncoder().encode_texts([text])),
            }
        )
    return rows


def _halves() -> tuple[list[str], list[str]]:
    """Cut the prose's sentences in two: every beginning goes with every end."""
    prose = [paragraph for _, _, paragraphs in TOPICS for paragraph in paragraphs]
    sentences = [part.strip(" .") for text in prose for part in text.split(". ")]
    words = [sentence.split() for sentence in sentences]
    first = [" ".join(parts[: len(parts) // 2]) for parts in words]
    return first, [" ".join(parts[len(parts) // 2 :]) + "." for parts in words]
