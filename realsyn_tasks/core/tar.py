"""Tar shards whose bytes depend on nothing but names and contents."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path


class TarWriter:
    """Appends members to a new tar file, and says where their bytes are."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def add(self, name: str, data: bytes) -> int:
        """Append a member and give the offset of its bytes in the file."""
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._tar.addfile(member, io.BytesIO(data))
        padded = -(-len(data) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        return self._tar.offset - padded

    def close(self) -> None:
        """Write the end of the tar file."""
        self._tar.close()
