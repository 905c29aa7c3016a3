"""Image bytes put aside in a scratch file, so that a shard of them needs no memory."""

from __future__ import annotations

from pathlib import Path


class Spool:
    """Appends bytes to a scratch file and gives them back by number, in any order."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._spans: list[tuple[int, int]] = []

    def add(self, data: bytes) -> None:
        """Put bytes aside; their number is how many were put aside before."""
        offset = self._file.seek(0, 2)
        self._file.write(data)
        self._spans.append((offset, len(data)))

    def get(self, number: int) -> bytes:
        """Give the bytes of a number back."""
        offset, length = self._spans[number]
        self._file.seek(offset)
        return self._file.read(length)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
