"""A file read by ranges, with as much read-ahead as its reader makes use of."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

WHOLE = 4 << 20  # an object up to this size is read at once
LEAST, MOST = 64 << 10, 8 << 20  # bytes fetched after a jump, and in a long run


class RangedFile(io.RawIOBase):
    """A read-only, seekable file over `fetch(start, length)`.

    What is fetched doubles while the reader goes straight on, from 64 KiB to 8 MiB, and falls
    back when it jumps. Memory is bounded by the largest read plus 8 MiB.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes], name: str = "") -> None:
        self.name = name
        self._size = size
        self._fetch = fetch
        self._position = 0
        self._start = 0  # of the window
        self._window = b""
        self._ahead = LEAST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def size(self) -> int:
        """Give the size of the file in bytes."""
        return self._size

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"seek before the start of {self.name or 'the file'}")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._from_window(wanted)
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        return self.read(-1)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def peek(self, size: int = 1) -> bytes:
        """Give bytes ahead without moving; makes `readline` fast."""
        left = max(0, self._size - self._position)
        wanted = min(max(size, 1), left)
        self._from_window(wanted)
        begin = self._position - self._start
        return self._window[begin : begin + LEAST]

    def prefetch(self, start: int, length: int) -> None:
        """Fetch just these bytes at once, unless they are there; for whoever reads them next."""
        if start < self._start or start + length > self._start + len(self._window):
            self._window = b""  # which need not wait beside what comes
            self._start, self._window = start, self._fetch(start, length)

    def _from_window(self, wanted: int) -> bytes:
        if self.closed:
            raise ValueError(f"{self.name or 'the file'} is closed")
        if not wanted:
            return b""
        end = self._position + wanted
        if self._position < self._start or end > self._start + len(self._window):
            self._move_window(wanted)
        begin = self._position - self._start
        return self._window[begin : begin + wanted]

    def _move_window(self, wanted: int) -> None:
        """Fetch what is missing of a read, and keep what of it is there already."""
        end = self._start + len(self._window)
        kept = self._window[self._position - self._start :] if self._holds_position else b""
        if self._size <= WHOLE:
            start, length, kept = 0, self._size, b""
        else:
            straight_on = kept or self._position == end
            self._ahead = min(MOST, 2 * self._ahead) if straight_on else LEAST
            start = self._position + len(kept)
            length = min(max(wanted - len(kept), self._ahead), self._size - start)
        fetched = self._fetch(start, length)
        self._window = kept + fetched
        self._start = start - len(kept)

    @property
    def _holds_position(self) -> bool:
        return self._start <= self._position < self._start + len(self._window)
