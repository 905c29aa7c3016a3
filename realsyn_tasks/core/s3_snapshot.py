"""All markers of a stage by one listing and one read, however many there are.

    {stage}/_commits.snapshot.json.gz      what `_commits` held, each marker with its ETag

Whoever has to read many markers singly leaves a snapshot for the next. It is never believed by
itself: a marker counts only if the listing names it with the very ETag it has in the snapshot;
all others are read. So a snapshot may be old, missing or removed at any time.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from realsyn_tasks.core.errors import RealSynError

WORTHWHILE = 32  # markers; fewer are read singly
SHARE = 10  # a snapshot is renewed when one in so many markers is not in it

Marker = tuple[str, bytes]  # ETag, content


class MarkerStore(Protocol):
    """What a root in S3 offers for this."""

    def listed_etags(self, prefix: str) -> dict[str, str]: ...
    def read_each_tagged(self, paths: list[str]) -> list[Marker | None]: ...
    def read(self, path: str) -> bytes: ...
    def replace(self, path: str, data: bytes) -> None: ...


def read_folder(store: MarkerStore, prefix: str) -> dict[str, Marker]:
    """Read all objects directly below a prefix, by path."""
    listed = store.listed_etags(prefix)
    path = f"{prefix}.snapshot.json.gz"
    known = _known(store.read, path, listed) if len(listed) >= WORTHWHILE else {}
    unread = [name for name in listed if name not in known]
    fresh = dict(zip(unread, store.read_each_tagged(unread), strict=True))
    known |= {name: marker for name, marker in fresh.items() if marker is not None}
    if len(unread) >= max(WORTHWHILE, len(listed) // SHARE):
        with suppress(RealSynError):  # a reader that may not write, say
            store.replace(path, _packed(known))
    return {name: known[name] for name in listed if name in known}


def _known(read: Callable[[str], bytes], path: str, listed: dict[str, str]) -> dict[str, Marker]:
    try:
        snapshot = json.loads(gzip.decompress(read(path)))
        markers = {str(name): (str(etag), str(text)) for name, (etag, text) in snapshot.items()}
    except (OSError, EOFError, zlib.error, ValueError, AttributeError, TypeError):
        return {}  # none yet, or torn
    return {
        name: (etag, text.encode())
        for name, (etag, text) in markers.items()
        if listed.get(name) == etag
    }


def _packed(markers: dict[str, Marker]) -> bytes:
    texts = {name: [etag, data.decode()] for name, (etag, data) in sorted(markers.items())}
    return gzip.compress(json.dumps(texts).encode(), mtime=0)
