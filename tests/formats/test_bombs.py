"""Files that are small as they come and huge unpacked: bounded, and the rest is read.

Each is read in a process of its own, which says what it found, and how much memory it took.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

MB = 1 << 20
MOST_MEMORY = 700  # MB, of which Python and Arrow take 100
MOST_SECONDS = 40  # of the processor
GOOD = b'{"text_list": ["A dog runs over the field."]}\n'
READ = """
import json, resource, sys
from pathlib import Path
from realsyn_tasks.formats import CorruptCrawlFile, CrawlFile, Document, read
path = Path(sys.argv[1])
file = CrawlFile(path.name, path.stat().st_size, lambda: path.open("rb"))
found = []
try:
    for item in read(sys.argv[2], [file], lambda *_: None):
        found.append("document" if isinstance(item, Document) else item.reason.code)
except CorruptCrawlFile as error:
    found.append(str(error))
spent = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"found": found, "mb": spent.ru_maxrss >> 10, "s": spent.ru_utime}))
"""


def reading(path: Path, format: str) -> list[str]:
    """What a file gives, read by a process that keeps within the bounds."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path), format], capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["mb"] < MOST_MEMORY and answer["s"] < MOST_SECONDS, answer
    found: list[str] = answer["found"]
    return found


def record(body: bytes, length: int | None = None) -> bytes:
    """A WARC record of a page; it may state another length than it has."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\n"
        b"WARC-Date: 2020-01-01T00:00:00Z\r\n"
        b"Content-Type: application/http; msgtype=response\r\nContent-Length: "
    )
    stated = len(block) if length is None else length
    return head + str(stated).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def member(parts: Iterable[bytes]) -> bytes:
    """One gzip member of parts that are never together in memory."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([packer.compress(part) for part in parts]) + packer.flush()


def frame_of_runs(blocks: int) -> bytes:
    """A frame of zstd: four bytes for each 128 kB of the same letter."""
    head = b"\x28\xb5\x2f\xfd\x00\x38"
    each = struct.pack("<I", (128 << 10) << 3 | 1 << 1)[:3] + b"a"
    last = struct.pack("<I", (128 << 10) << 3 | 1 << 1 | 1)[:3] + b"a"
    return head + each * (blocks - 1) + last


PAGE = record(b"<p>A dog runs over the field.</p>")
ZEROS = bytes(MB)


def endless_record() -> bytes:
    return member([record(b"", length=1000 * MB), *[ZEROS] * 1000])


WARCS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a record without end": (lambda: gzip.compress(PAGE) + endless_record(), "decompression_bomb"),
    "many records of blanks": (
        lambda: gzip.compress(PAGE) + member([record(b" " * (60 * MB))]) * 20,
        "decompression_bomb",
    ),
    "frames of runs": (
        lambda: zstandard.compress(PAGE) + frame_of_runs(30_000),
        "malformed_record",
    ),
}


@pytest.mark.parametrize("name", WARCS)
def test_a_warc_file_that_unpacks_to_too_much_ends_there(name: str, tmp_path: Path) -> None:
    made, reason = WARCS[name]
    path = tmp_path / f"a.warc{'.zst' if 'frames' in name else '.gz'}"
    path.write_bytes(made())
    assert path.stat().st_size < 8 * MB
    found = reading(path, "warc")
    assert found[0] == "document" and found[-1] == reason


def test_a_dictionary_that_is_a_bomb_is_none(tmp_path: Path) -> None:
    bomb = frame_of_runs(30_000)
    path = tmp_path / "a.warc.zst"
    skippable = struct.pack("<II", 0x184D2A5D, len(bomb)) + bomb
    path.write_bytes(skippable + zstandard.compress(PAGE))
    assert reading(path, "warc") == ["document"]


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_archives_in_archives_are_counted_together(tmp_path: Path) -> None:
    """Each unpacks to no more than it may; all of them together would fill the disk."""
    filled = zipped({"a.warc": PAGE + bytes(12 * MB), "b.bin": bytes(range(256)) * 256})
    path = tmp_path / "a.wacz"
    path.write_bytes(zipped({f"{n:02}.wacz": filled for n in range(60)}))
    found = reading(path, "wacz")
    assert "document" in found and "damaged_member" in found


def test_an_archive_that_lists_too_many_files_is_none(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    many = 2_000_000
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, many, many, len(entry) * many, 0)
    where = struct.pack("<4sLQL", b"PK\6\7", 0, len(entry) * many, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path = tmp_path / "a.wacz"
    path.write_bytes(entry * many + end64 + where + end)
    [why] = reading(path, "wacz")
    assert "holds more than 1000000 files" in why


LINES = {
    "a deep list": b'{"text_list": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}\n",
    "a long number": b'{"x": ' + b"9" * 1_000_000 + b"}\n",
    "a line without end": b'{"text_list": ["' + b"a" * (20 * MB) + b'"]}\n',
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_nobody_can_read_costs_itself(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + LINES[name] + GOOD)
    first, bad, last = reading(path, "mmc4")
    assert (first, last) == ("document", "document")
    assert bad in ("malformed_json", "oversized_line")


def test_lines_that_unpack_to_too_much_end_there(tmp_path: Path) -> None:
    for name, data in {
        "a.jsonl.gz": gzip.compress(GOOD) + member([ZEROS] * 600),
        "a.jsonl.zst": zstandard.compress(GOOD) + frame_of_runs(5_000),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert reading(tmp_path / name, "mmc4")[0] == "document"
        assert reading(tmp_path / name, "mmc4")[-1] == "decompression_bomb"


def lists(lengths: list[int], values: pa.Array) -> pa.Array:
    ends = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values)


def same_text(size: int, times: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array(["a" * size]))


def parquet(path: Path, bad: dict[str, pa.Array]) -> None:
    """A file of a good row, bad ones, and a good one, each in a row group."""
    good = {"images": pa.array([[None]]), "texts": pa.array([["A dog runs."]])}
    schema = pa.schema([(name, pa.list_(pa.string())) for name in good])
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for columns in (good, bad, good):
            writer.write_table(
                pa.table({n: v.cast(schema.field(n).type) for n, v in columns.items()})
            )


def nulls_in_one_row() -> dict[str, pa.Array]:
    many = 40_000_000
    values = lists([many], pa.nulls(many, pa.string()))
    return {"images": values, "texts": values}


def rows_of_nothing() -> dict[str, pa.Array]:
    values = pa.nulls(8_000_000, pa.list_(pa.string()))
    return {"images": values, "texts": values}


@pytest.mark.parametrize("make", [nulls_in_one_row, rows_of_nothing])
def test_rows_that_stand_for_very_many_values_cost_themselves(
    make: Callable[[], dict[str, pa.Array]], tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"
    parquet(path, make())
    assert path.stat().st_size < MB
    assert reading(path, "obelics") == ["document", "decompression_bomb", "document"]


def one_text_for_many(path: Path, rows: int, times: int, size: int) -> None:
    """A file whose pages hold one text, which each of its values is."""
    values = lists([times] * rows, same_text(size, times * rows))
    images = lists([times] * rows, pa.nulls(times * rows, pa.string()))
    table = pa.table({"images": images, "texts": values})
    pq.write_table(table, path, compression="zstd", store_schema=False)


def test_one_long_text_for_each_of_many_values_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    one_text_for_many(path, rows=1, times=20_000, size=MB)
    assert path.stat().st_size < 10_000
    assert reading(path, "obelics") == ["decompression_bomb"]


def test_what_is_shared_honestly_is_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    one_text_for_many(path, rows=300, times=1, size=2 * MB)
    found = reading(path, "obelics")
    assert found[:20] == ["document"] * 20 and found[-1] == "decompression_bomb"


def test_a_file_that_states_too_little_is_read_by_its_pages(tmp_path: Path) -> None:
    """Its end states one row of one value; the page that lies there holds a million."""
    path = tmp_path / "a.parquet"
    values = lists([1_000_000], pa.array(["a"] * 1_000_000))
    pq.write_table(pa.table({"images": values, "texts": values}), path, store_schema=False)
    data = path.read_bytes()
    length = struct.unpack("<I", data[-8:-4])[0]
    end = bytearray(data[-8 - length : -8])
    million = bytes([0x80, 0x89, 0x7A])  # zigzag of 1,000,000
    assert million in end
    path.write_bytes(data[: -8 - length] + end.replace(million, b"\x82\x80\x00") + data[-8:])
    assert len(reading(path, "obelics")) == 1
