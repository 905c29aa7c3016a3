"""Files that are small as they come and huge unpacked: bounded, and the rest is read.

A process of its own reads one after another, and says what it found and how much memory it took:
its own peak, since ru_maxrss begins with that of the process that started it.
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

from realsyn_tasks.formats import CrawlFile, Document, Limits, obelics, parquet_pages, read

MB = 1 << 20
MOST_MEMORY = 700  # MB, of which Python and Arrow take 100
MOST_SECONDS = 30  # of the processor, for one file
GOOD = b'{"text_list": ["A dog runs over the field."]}\n'
READ = """
import json, resource, sys
from pathlib import Path
from realsyn_tasks.formats import CorruptCrawlFile, CrawlFile, Document, read
for line in sys.stdin:
    name, format = json.loads(line)
    path = Path(name)
    file = CrawlFile(path.name, path.stat().st_size, lambda: path.open("rb"))
    found, before = [], resource.getrusage(resource.RUSAGE_SELF).ru_utime
    try:
        for item in read(format, [file], lambda *_: None):
            found.append("document" if isinstance(item, Document) else item.reason.code)
    except CorruptCrawlFile as error:
        found.append(str(error))
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    [peak] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
    answer = {"found": found, "mb": int(peak.split()[1]) >> 10, "s": spent}
    print(json.dumps(answer), flush=True)
"""


def record(body: bytes, length: int | None = None) -> bytes:
    """Make a WARC record of a page; it may state another length than it has."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\n"
        b"WARC-Date: 2020-01-01T00:00:00Z\r\n"
        b"Content-Type: application/http; msgtype=response\r\nContent-Length: "
    )
    stated = len(block) if length is None else length
    return head + str(stated).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def member(parts: Iterable[bytes]) -> bytes:
    """Make one gzip member of parts that are never together in memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([packer.compress(part) for part in parts]) + packer.flush()


def frame_of_runs(blocks: int) -> bytes:
    """Make a frame of zstd: four bytes for each 128 kB of the same letter."""
    run = (128 << 10) << 3 | 1 << 1
    each, last = (struct.pack("<I", head)[:3] + b"a" for head in (run, run | 1))
    return b"\x28\xb5\x2f\xfd\x00\x38" + each * (blocks - 1) + last


PAGE = record(b"<p>A dog runs over the field.</p>")
ZEROS = bytes(MB)


def record_without_end() -> bytes:
    return gzip.compress(PAGE) + member([record(b"", length=400 * MB), *[ZEROS] * 400])


def records_of_blanks() -> bytes:
    return gzip.compress(PAGE) + member([record(b" " * (60 * MB))]) * 20


def frames_of_runs() -> bytes:
    return zstandard.compress(PAGE) + frame_of_runs(30_000) + zstandard.compress(PAGE)


def dictionary() -> bytes:
    bomb = frame_of_runs(30_000)
    return struct.pack("<II", 0x184D2A5D, len(bomb)) + bomb + zstandard.compress(PAGE)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def archives_in_an_archive() -> bytes:
    """Each unpacks to no more than it may; all of them together would fill the disk."""
    filled = zipped({"a.warc": PAGE + bytes(40 * MB)})
    return zipped({f"{n}.wacz": filled for n in range(6)})


def archive_of_very_many() -> bytes:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    many = 2_000_000
    size = len(entry) * many
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, many, many, size, 0)
    where = struct.pack("<4sLQL", b"PK\6\7", 0, size, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return entry * many + end64 + where + end


def lines(bad: bytes) -> bytes:
    return GOOD + bad + b"\n" + GOOD


def lists(lengths: list[int], values: pa.Array) -> pa.Array:
    ends = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values)


def parquet(bad: pa.Array) -> bytes:
    """Make a file of a good row, bad ones, and a good one, each in a row group."""
    texts, nothing = pa.array([["A dog runs."]]), pa.array([[None]], pa.list_(pa.string()))
    schema = pa.schema([(name, pa.list_(pa.string())) for name in ("images", "texts")])
    out = io.BytesIO()
    with pq.ParquetWriter(out, schema, compression="zstd", store_schema=False) as writer:
        for columns in ([nothing, texts], [bad, bad], [nothing, texts]):
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return out.getvalue()


def nulls_in_a_row() -> bytes:
    return parquet(lists([36_000_000], pa.nulls(36_000_000, pa.string())))


def rows_of_nothing() -> bytes:
    return parquet(pa.nulls(5_000_000, pa.list_(pa.string())))


def text_for_many(rows: int, times: int, size: int) -> bytes:
    """Make a file whose pages hold one text, which each of its values is."""
    every = pa.array([0] * (rows * times), pa.int32())
    texts = lists([times] * rows, pa.DictionaryArray.from_arrays(every, pa.array(["a" * size])))
    images = lists([times] * rows, pa.nulls(times * rows, pa.string()))
    out = io.BytesIO()
    table = pa.table({"images": images, "texts": texts})
    pq.write_table(table, out, compression="zstd", store_schema=False)
    return out.getvalue()


WHOLE, BOMB = "document", "decompression_bomb"
BOMBS: dict[str, tuple[str, Callable[[], bytes], list[str]]] = {
    "end.warc.gz": ("warc", record_without_end, [WHOLE, BOMB]),
    "blanks.warc.gz": ("warc", records_of_blanks, [WHOLE, *["oversized_body"] * 4, BOMB]),
    "runs.warc.zst": ("warc", frames_of_runs, [WHOLE, "malformed_record", WHOLE]),
    "dictionary.warc.zst": ("warc", dictionary, [WHOLE]),
    "files.wacz": ("wacz", archive_of_very_many, ["files.wacz: holds more than 1000000 files"]),
    "deep.jsonl": (
        "mmc4",
        lambda: lines(b'{"text_list": ' + b"[" * MB + b"]" * MB + b"}"),
        [WHOLE, "malformed_json", WHOLE],
    ),
    "number.jsonl": (
        "mmc4",
        lambda: lines(b'{"x": ' + b"9" * MB + b"}"),
        [WHOLE, "malformed_json", WHOLE],
    ),
    "long.jsonl": (
        "mmc4",
        lambda: lines(b'{"text_list": ["' + b"a" * (20 * MB) + b'"]}'),
        [WHOLE, "oversized_line", WHOLE],
    ),
    "zeros.jsonl.gz": (
        "mmc4",
        lambda: gzip.compress(GOOD) + member([ZEROS] * 200),
        [WHOLE, "oversized_line", BOMB],
    ),
    "runs.jsonl.zst": (
        "mmc4",
        lambda: zstandard.compress(GOOD) + frame_of_runs(2_000),
        [WHOLE, "oversized_line", BOMB],
    ),
    "nulls.parquet": ("obelics", nulls_in_a_row, [WHOLE, BOMB, WHOLE]),
    "rows.parquet": ("obelics", rows_of_nothing, [WHOLE, *[BOMB] * 5, WHOLE]),
    "shared.parquet": ("obelics", lambda: text_for_many(1, 20_000, MB), ["oversized_row"]),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each file gave, in this order, memory being the most that was taken so far."""
    folder = tmp_path_factory.mktemp("bombs")
    asked = []
    for name, (format, make, _) in BOMBS.items():
        (folder / name).write_bytes(make())
        asked.append(json.dumps([str(folder / name), format]))
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    told = map(json.loads, done.stdout.splitlines())
    return dict(zip(BOMBS, told, strict=False))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_itself(name: str, answers: dict[str, dict[str, Any]]) -> None:
    answer = answers[name]
    assert answer["found"] == BOMBS[name][2]
    assert answer["mb"] < MOST_MEMORY and answer["s"] < MOST_SECONDS


def read_here(path: Path, format: str, limits: Limits | None = None) -> list[str]:
    file = CrawlFile(path.name, path.stat().st_size, lambda: path.open("rb"))
    items = read(format, [file], lambda *_: None, limits)
    return ["document" if isinstance(item, Document) else item.reason.code for item in items]


def test_archives_in_archives_are_counted_together(tmp_path: Path) -> None:
    (tmp_path / "a.wacz").write_bytes(archives_in_an_archive())
    found = read_here(tmp_path / "a.wacz", "wacz")
    assert "document" in found and "damaged_member" in found


def test_what_is_shared_honestly_is_read_as_ever(tmp_path: Path) -> None:
    """A text of 100 kB that 6,000 rows have would be more than half a gigabyte of copies."""
    (tmp_path / "a.parquet").write_bytes(text_for_many(6_000, 1, 100_000))
    file = tmp_path / "a.parquet"
    opened = pq.ParquetFile(file).metadata.row_group(0)
    with file.open("rb") as stream:
        pages = parquet_pages.pages_of(stream, opened.column(1))
    assert pages.values == 6_000 and pages.most_bytes > obelics.MOST_COPIED
    found = read_here(file, "obelics", Limits(record_bytes=4 * MB))
    assert found == [*["document"] * (len(found) - 1), "decompression_bomb"] and len(found) > 40


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 64, b"\x15\x00\x15\x02\x15\x04\x00"])
def test_pages_that_are_none_are_told(data: bytes, tmp_path: Path) -> None:
    values = lists([3], pa.array(["a", "b", "c"]))
    pq.write_table(pa.table({"images": values, "texts": values}), tmp_path / "a.parquet")
    column = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0)
    with pytest.raises(parquet_pages.NoPages):
        parquet_pages.pages_of(io.BytesIO(bytes(4) + data), column)
