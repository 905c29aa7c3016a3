"""Where the records of a WARC file start, whatever lies between them."""

from __future__ import annotations

import re

from realsyn_tasks.formats.frames import GZIP, ZSTD, Frames
from realsyn_tasks.formats.warc_headers import VERSION

FIRST_LINES = rb"WARC/\d\.\d{1,2}[ \t]*\r?\n(?=[A-Za-z-]{2,40}[ \t]*:)"
_START = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|\x5d\x2a\x4d\x18|" + FIRST_LINES)
PADDING = b"\r\n"
OVERLAP = 64  # bytes that a mark may be cut within
_FILLED = 64 << 10  # zeros by which a file may be longer; more of them are lost records


class Starts:
    """The places in a file at which records may be read."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames

    def after_padding(self, place: int) -> int:
        """Give the first place of something else than ends of lines."""
        while piece := self.frames.exactly(place, OVERLAP):
            bare = piece.lstrip(PADDING)
            place += len(piece) - len(bare)
            if bare:
                break
        return place

    def following(self, start: int) -> int | None:
        """Give the first place at or after `start` where a record begins; None if none does."""
        offset, size = start, OVERLAP
        while len(piece := self.frames.exactly(offset, size)) > 0:
            for match in _START.finditer(piece):
                begins = self._begins(offset + match.start(), match[0])
                if begins is not None:
                    return begins
            if len(piece) < size:
                return None
            # Half of what is read may be the beginning of a mark.
            offset, size = offset + size - OVERLAP // 2, 1 << 20
        return None

    def _begins(self, place: int, mark: bytes) -> int | None:
        """Say where the record begins that a mark announces; None if it is none."""
        if mark.startswith(b"WARC"):
            return place
        if skipped := self.frames.skippable(place):
            return self.following(place + skipped)
        return place if VERSION.match(self.frames.beginning(place, OVERLAP)) else None

    def is_begun(self, place: int) -> bool:
        """Say whether what is here could be a record but for what it lacks."""
        head = self.frames.exactly(place, 5)
        return any(head.startswith(mark[: len(head)]) for mark in (GZIP, ZSTD, b"WARC/"))

    def is_filling(self, start: int, end: int) -> bool:
        """Say whether there are but zeros up to the end of the file, as blocks are filled with."""
        size = end - start
        filling = size <= _FILLED and not self.frames.exactly(start, size).strip(b"\0" + PADDING)
        return filling and end == self.frames.end()
