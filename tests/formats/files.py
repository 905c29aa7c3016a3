"""Single rows, lines and archives of the formats, as tests spoil them."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

PHOTO = "https://photos.example/a%20b.jpg"


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    """An archive of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def obelics_row(number: int, **changes: Any) -> dict[str, Any]:
    """A row with one image between texts."""
    row = {
        "images": [None, "https://photos.example/a b.jpg", None],
        "texts": [f"Paragraph {number}.\n\nAnother one.", None, "The end."],
        "metadata": json.dumps([None, {"alt_text": " A  tram "}, None]),
        "general_metadata": json.dumps({"url": f"https://pages.example/{number}"}),
    }
    return {**row, **changes}


def write_obelics(folder: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    """A Parquet file of rows."""
    path = folder / "part-0.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def mmc4_line(**changes: Any) -> bytes:
    """A line with three images and three texts."""
    row = {
        "url": "https://pages.example/1",
        "text_list": ["First.", "Second.", "Third."],
        "image_info": [
            {"raw_url": "https://photos.example/2.jpg", "matched_text_index": 2},
            {"raw_url": PHOTO, "matched_text_index": 0, "matched_sim": 0.3},
            {"raw_url": "https://photos.example/9.jpg"},
        ],
    }
    return json.dumps({**row, **changes}).encode() + b"\n"


def packed(data: bytes, suffix: str) -> bytes:
    """Lines as a file of that suffix holds them."""
    if suffix == ".gz":
        return gzip.compress(data)
    if suffix == ".zst":
        half = len(data) // 2
        return zstandard.compress(data[:half]) + zstandard.compress(data[half:])
    if suffix == ".zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("docs.jsonl", data)
        return out.getvalue()
    return data
