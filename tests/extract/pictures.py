"""Pictures for tests: honest ones, and files that attack whoever opens them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from realsyn_tasks.core import ids, tables
from realsyn_tasks.extract import schemas
from tests.support import FakeInputs


def scene(seed: int = 0, width: int = 160, height: int = 120) -> Image.Image:
    """Soft blobs of colour: as unlike another seed's as two photos are."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def animated(kind: str) -> bytes:
    """Two frames that differ."""
    return encoded(scene(1), kind, save_all=True, append_images=[scene(2)])


def png_bomb(width: int, height: int) -> bytes:
    """A small, well-formed PNG that unpacks to width x height zeros."""
    rows = zlib.compress(b"\0" * (height * (1 + (width + 7) // 8)), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def parsed(files: list[bytes]) -> FakeInputs:
    """What parse makes of image files: rows, and their bytes one after another."""
    offsets = np.cumsum([0, *map(len, files)]).tolist()
    rows = [
        {
            "image_id": ids.image_id(data + bytes([number])),
            "url": f"https://pictures.test/{number}",
            "document_id": "d",
            "document_url": "https://pictures.test/",
            "source": "crawl.warc.gz",
            "source_offset": 0,
            "position": number,
            "alt": "",
            "caption": "",
            "offset": offsets[number],
            "length": len(data),
        }
        for number, data in enumerate(files)
    ]
    table: pa.Table = tables.from_rows(schemas.RAW_IMAGES, rows, ["image_id"])
    return FakeInputs({("parse", "images"): [table]}, {("parse", "pixels"): b"".join(files)})
