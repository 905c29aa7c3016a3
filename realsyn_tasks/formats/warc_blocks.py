"""One record as it is stored: its head, and its block, though length or digest may be wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import Limits
from realsyn_tasks.formats.frames import GZIP, ZSTD, Frames, Torn, Unit
from realsyn_tasks.formats.warc_headers import END_OF_HEAD, VERSION, digest, fields, is_of
from realsyn_tasks.formats.warc_starts import FIRST_LINES, OVERLAP, PADDING, Starts

_INNER = re.compile(FIRST_LINES)
_SEPARATOR = re.compile(rb"\r\n\r\n\Z|\n\n\Z")
_HEAD_BYTES = 64 << 10
_MOST_PASSED = 16  # times as many bytes as a record may have


@dataclass(frozen=True)
class Raw:
    """A record as it is stored; `told` is what is wrong with it although it can be read."""

    offset: int
    fields: dict[str, str]
    block: bytes
    digest: str = ""  # of the block, as it is stated
    told: Verdict | None = None

    def field(self, name: str) -> str:
        """Give a field of the head by its lower-case name; empty where there is none."""
        return self.fields.get(name, "")


class Blocks:
    """Reads records out of units, one after the other."""

    def __init__(self, frames: Frames, limits: Limits) -> None:
        self.frames, self.limits = frames, limits
        self._starts = Starts(frames)

    def record(self, unit: Unit, offset: int) -> Raw | Verdict:
        """Give the next record of a unit, or why it cannot be read; raises Torn."""
        head = self._head(unit)
        if isinstance(head, Verdict):
            return head
        named = fields(head)
        stated = digest(named.get("warc-block-digest", ""))
        size = named.get("content-length", "")
        length = int(size) if size.isascii() and size.isdigit() and len(size) < 19 else -1
        if length > self.limits.record_bytes:
            self._pass_by(unit, length)
            return Verdict(reasons.OVERSIZED_RECORD, f"{length} bytes")
        block = unit.advance(max(length, 0))
        if len(block) == length and self._is_over(unit):
            if not stated or is_of(stated, block):
                return Raw(offset, named, block, stated)
            if not _INNER.search(block):
                return Raw(
                    offset, named, block, stated, Verdict(reasons.WRONG_DIGEST, "of the record")
                )
        elif stated and len(block) == length and is_of(stated, block):
            return Raw(offset, named, block, stated)
        return self._by_end(unit, offset, named, block, length)

    def _head(self, unit: Unit) -> bytes | Verdict:
        """The lines before the block, which end with a blank one."""
        for size in (1 << 10, _HEAD_BYTES):
            ahead = unit.peek(size)
            lines = ahead.lstrip(PADDING)
            end = END_OF_HEAD.search(lines)
            if not VERSION.match(lines):
                return Verdict(reasons.MALFORMED_RECORD, "no WARC record")
            if end:
                return unit.advance(len(ahead) - len(lines) + end.end())
            if len(ahead) < size:
                return Verdict(reasons.TRUNCATED_RECORD, "the head has no end")
        return Verdict(reasons.MALFORMED_RECORD, "the head is too long")

    def _pass_by(self, unit: Unit, length: int) -> None:
        """Leave out a block that is too large, if it is there as it says."""
        most = _MOST_PASSED * self.limits.record_bytes
        if not unit.is_packed:
            behind = unit.place + length
            ahead = self.frames.exactly(self._starts.after_padding(behind), OVERLAP)
            if behind <= self.frames.end() and (not ahead or VERSION.match(ahead)):
                unit.jump(behind)
            return
        left = min(length, most)
        while left > 0 and (piece := unit.advance(min(left, 1 << 20))):
            left -= len(piece)

    def _is_over(self, unit: Unit) -> bool:
        """Whether a block is followed by a record, or the end."""
        ahead = unit.peek(OVERLAP).lstrip(PADDING + b"\0")
        return not ahead or bool(VERSION.match(ahead)) or ahead.startswith((GZIP, ZSTD))

    def _by_end(
        self, unit: Unit, offset: int, named: dict[str, str], block: bytes, length: int
    ) -> Raw | Verdict:
        """A record whose length is wrong, as it seems: what there is before the next one starts.

        The digest says whether that is the block. Without one it is, unless it ends with the file.
        """
        stated = digest(named.get("warc-block-digest", ""))
        whole, is_followed = self.until_next(unit, block)
        bare = _SEPARATOR.sub(b"", whole)
        wrong_length = Verdict(reasons.MALFORMED_RECORD, f"{len(bare)} bytes, said to be {length}")
        for candidate in (bare, whole) if stated else ():
            if is_of(stated, candidate):
                return Raw(offset, named, candidate, stated, wrong_length)
        if len(block) < length and not is_followed and (stated or not unit.is_packed):
            return Verdict(reasons.TRUNCATED_RECORD, f"{len(block)} of {length} bytes")
        if stated or length < 0:
            return Verdict(reasons.WRONG_DIGEST, "") if stated else wrong_length
        return Raw(offset, named, bare, stated, wrong_length)

    def until_next(self, unit: Unit, block: bytes) -> tuple[bytes, bool]:
        """Give a block up to where the next record starts in the unit, and whether one does."""
        whole, searched = bytearray(block), 0
        for _ in range(_MOST_PASSED * max(1, self.limits.record_bytes >> 20)):
            inner = _INNER.search(whole, searched)
            if inner:
                unit.put_back(bytes(whole[inner.start() :]))
                return bytes(whole[: inner.start()]), True
            searched = max(0, len(whole) - OVERLAP)
            more = unit.advance(1 << 20)
            if not more:
                return bytes(whole), False
            if len(whole) > self.limits.record_bytes:  # no record, but the next may yet come
                del whole[:searched]
                searched = 0
            whole += more
        raise Torn("no record for too long")
