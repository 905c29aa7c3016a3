"""The index of a stage's ledger: the outlines of its markers by one listing and one read.

    {stage}/_commits.index      outlines in columns (core.outlines), each with its marker's tag

Whoever reads markers leaves it for the next. It is derived and never believed by itself: an outline
counts only while the listing names its marker with the very tag that it was read under (S3: the
ETag; files: size, time and inode); all others are read. So an index may be old, missing, damaged or
of another version at any time, and two writers do no harm. A marker that may change without its
tag doing so (a file of this moment) is not put into it.

Beside the columns stands what is told of all of them together, so that it is worked out once for
each state of a stage: sums, and by which settings every fingerprint follows from the inputs.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, overload

from realsyn_tasks.core.columns import Alike, Hex, Texts, column_of
from realsyn_tasks.core.errors import RealSynError
from realsyn_tasks.core.marked_paths import digits_of
from realsyn_tasks.core.outlines import Outline, Outlines
from realsyn_tasks.core.storage import Storage

VERSION = f"outlines 5 {sys.byteorder}"
WORTHWHILE = 32  # markers; fewer are read singly
CHECK = 8  # hexadecimal digits of the checksum that a file begins with
TAGS = "tags"
INPUT = "input "
Section = tuple[str, str, int]  # name, kind, bytes


@dataclass(frozen=True)
class Packed(Sequence[str]):
    """Texts as they are stored, unpacked when they are first looked at."""

    data: bytes
    length: int

    @cached_property
    def texts(self) -> list[str]:
        """The texts themselves."""
        unpacked: list[str] = json.loads(zlib.decompress(self.data))
        return unpacked

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Texts: ...
    def __getitem__(self, place: int | slice) -> str | Texts:
        return self.texts[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)


@dataclass(frozen=True)
class Index:
    """Outlines, each with the tag that its marker had."""

    outlines: Outlines
    tags: Texts
    whole: bool  # there was no other marker
    stamp: str = ""  # of the folder of markers, while it held just these; empty: not known

    @cached_property
    def tag_by_name(self) -> dict[str, str]:
        """The tags by the names of the markers."""
        return dict(zip(map(name_of, self.outlines.shards), self.tags, strict=True))

    def packed(self) -> bytes:
        """Give the bytes that `unpacked` reads."""
        columns = {f.name: getattr(self.outlines, f.name) for f in fields(Outlines)}
        inputs = columns.pop("inputs")
        columns |= {f"{INPUT}{name}": column for name, column in inputs.items()}
        columns[TAGS] = self.tags
        stored = {name: _stored(column) for name, column in columns.items()}
        header = {
            "version": VERSION,
            "count": len(self.outlines),
            "sums": self.outlines.sums,
            "whole": self.whole,
            "stamp": self.stamp,
            "sections": [(name, kind, len(data)) for name, (kind, data) in stored.items()],
        }
        body = b"".join([json.dumps(header).encode(), b"\n", *(d for _, d in stored.values())])
        return b"%0*x" % (CHECK, zlib.crc32(body)) + body


@lru_cache(maxsize=1 << 18)
def name_of(shard: int) -> str:
    """Name the marker of a shard."""
    return f"{digits_of(shard)}.json"


def unpacked(data: bytes) -> Index | None:
    """Read an index; None for one that is damaged or of another version."""
    try:
        sound = int(data[:CHECK], 16) == zlib.crc32(memoryview(data)[CHECK:])
        line = data.index(b"\n")
        header = json.loads(data[CHECK:line]) if sound else {}
    except ValueError:
        return None
    if header.get("version") != VERSION:
        return None
    columns = dict(_columns(data, line + 1, header["sections"], header["count"]))
    tags = columns.pop(TAGS)
    inputs = {n.removeprefix(INPUT): c for n, c in columns.items() if n.startswith(INPUT)}
    rest = {name: column for name, column in columns.items() if not name.startswith(INPUT)}
    outlines = Outlines(**rest, inputs=inputs).knowing(header["sums"])
    return Index(outlines, tags, header["whole"], header["stamp"])


def _columns(
    data: bytes, start: int, sections: Iterable[Section], count: int
) -> Iterator[tuple[str, Any]]:
    for name, kind, size in sections:
        yield name, _column(kind, data[start : start + size], count)
        start += size


def _stored(column: Any) -> tuple[str, bytes]:
    if isinstance(column, array):
        return column.typecode, zlib.compress(column.tobytes(), 1)
    if isinstance(column, Hex):
        return f"hex {column.width}", column.data
    if isinstance(column, Alike):
        return "alike", column.text.encode()
    if isinstance(column, Packed):
        return "texts", column.data
    return "texts", zlib.compress(json.dumps(column).encode(), 1)


def _column(kind: str, data: bytes, count: int) -> Any:
    if kind == "alike":
        return Alike(data.decode(), count)
    if kind == "texts":
        return Packed(data, count)
    if kind.startswith("hex"):
        return Hex(data, int(kind.split()[1]))
    return array(kind, zlib.decompress(data))


class IndexedMarkers:
    """The markers of one stage, read through their index."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage = storage
        self._markers = f"{folder}/_commits"
        self._path = f"{folder}/_commits.index"
        self._last: Index | None = None  # that was read or written here

    def outlines(self) -> Outlines:
        """Give the outlines of all markers that are not torn."""
        stamp = self._storage.stamp(self._markers)
        listed = self._storage.tags(self._markers)
        known = self._known() if len(listed) >= WORTHWHILE else None
        if known and known.tag_by_name == listed:
            if stamp and stamp != known.stamp:
                self._write(Index(known.outlines, known.tags, True, stamp))
            return known.outlines
        return self._with_fresh(listed, known, stamp)

    def unlisted(self) -> Outlines:
        """Give what `outlines` gives, without even listing the markers where nothing has changed.

        Asked again of the same object, it then reads nothing either.
        """
        stamp = self._storage.stamp(self._markers)
        known = self._known() if stamp else None
        if known and known.whole and known.stamp == stamp:
            return known.outlines
        return self.outlines()

    def contents(self) -> str:
        """Digest what all markers hold, as cheaply as `unlisted` gives them."""
        return self.unlisted().contents

    def know(self, outlines: Outlines, settings: str) -> None:
        """Write into the index by which settings the fingerprints of its markers follow."""
        known = self._known() if len(outlines) >= WORTHWHILE else None
        same = known and known.outlines.fingerprints == outlines.fingerprints
        if known and same and known.outlines.read(outlines.inputs):
            for each in (known.outlines, outlines):
                each.knowing({**each.sums, "settings": settings})
            self._write(known)

    def _with_fresh(self, listed: Mapping[str, str], known: Index | None, stamp: str) -> Outlines:
        """Read the markers that the index does not hold as they are, and renew it."""
        tags = known.tag_by_name if known else {}
        unread = [name for name, tag in listed.items() if not tag or tags.get(name) != tag]
        fresh = dict(self._fresh(listed, unread))
        added = Outlines.of(line for _, line in fresh.values())
        if not known:
            outlines = added
        else:
            gone = {*unread, *(tags.keys() - listed.keys())}
            kept = {shard for shard in known.outlines.shards if name_of(shard) not in gone}
            outlines = known.outlines.only(kept).and_those(added)
        tags |= {name: tag for name, (tag, _) in fresh.items()}
        if len(listed) >= WORTHWHILE and any(tag for tag, _ in fresh.values()):
            self._renew(outlines, tags, len(listed), stamp)
        return outlines

    def _fresh(
        self, listed: Mapping[str, str], unread: Sequence[str]
    ) -> Iterator[tuple[str, tuple[str, Outline]]]:
        """Give the outlines of unread markers by name, each with its tag as it was read."""
        read = (
            self._storage.tagged_contents(self._markers)
            if 2 * len(unread) > len(listed)
            else self._storage.read_tagged(self._markers, unread)
        )
        wanted = set(unread)
        for name, tag, data in read:
            line = Outline.parsed(data) if name in wanted else None
            if line and name_of(line.shard) == name:
                yield name, (tag, line)

    def _renew(self, outlines: Outlines, tags: Mapping[str, str], listed: int, stamp: str) -> None:
        lasting = outlines.only({n for n in outlines.shards if tags[name_of(n)]})
        whole = len(lasting) == listed
        kept = column_of(tags[name_of(shard)] for shard in lasting.shards)
        self._write(Index(lasting, kept, whole, stamp if whole else ""))

    def _known(self) -> Index | None:
        with suppress(OSError):
            self._last = self._last or unpacked(self._storage.read(self._path))
        return self._last

    def _write(self, index: Index) -> None:
        self._last = index
        with suppress(RealSynError, OSError):  # a reader that may not write, say
            self._storage.replace(self._path, index.packed())
