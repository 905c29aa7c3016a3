"""The pictures of some pairs out of a shard's tar, which is read once and skips all others."""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Iterator
from typing import BinaryIO

NO_PICTURES = ("txt", "json")  # what else a sample has


def pictures(source: BinaryIO, keys: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Give the picture of each named sample, in the order of the tar."""
    with tarfile.open(fileobj=source, mode="r:") as members:
        for member in members:
            key, _, suffix = member.name.partition(".")
            if key in keys and suffix not in NO_PICTURES:
                content = members.extractfile(member)
                yield key, content.read() if content else b""
