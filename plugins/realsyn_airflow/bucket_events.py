"""What a bucket tells of crawls: events of S3, out of which the marker of a crawl is read.

They come as S3 itself, SNS or EventBridge write them. Whoever may write to the queue may send
anything: what is no event of a marker in its place is passed over, and nothing of a message is
used but the name of the crawl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from realsyn_tasks.core.errors import ConfigError

CREATED = "ObjectCreated:"  # of S3's own events: Put, Post, Copy, CompleteMultipartUpload
LONGEST = 1024  # bytes of a key in S3


@dataclass(frozen=True)
class Markers:
    """Where the markers of crawls appear: BUCKET, PREFIX/crawls/NAME/MARKER."""

    bucket: str
    prefix: str
    marker: str

    @staticmethod
    def below(root: str, marker: str) -> Markers:
        """Give the place below a root; ConfigError where a bucket can tell of none."""
        scheme, _, place = root.rstrip("/").partition("://")
        if scheme != "s3":
            raise ConfigError(f"ingest.queue tells of a bucket, and the root is {root}")
        if not marker:
            raise ConfigError("ingest.queue needs ingest.marker: it tells when a crawl is whole")
        bucket, _, path = place.partition("/")
        return Markers(bucket, f"{path}/crawls/" if path else "crawls/", marker)

    def crawls(self, body: str) -> list[str]:
        """Name the crawls that a message says are whole now; [] for any other message."""
        return sorted({name for event in _created(body) if (name := self._crawl(*event))})

    def _crawl(self, bucket: str, key: str) -> str:
        name, _, file = key.removeprefix(self.prefix).partition("/")
        here = bucket == self.bucket and key.startswith(self.prefix) and file == self.marker
        return name if here and len(key) <= LONGEST and name.isprintable() else ""


def _created(body: str) -> Iterator[tuple[str, str]]:
    """Give bucket and key of each object that a message says was created."""
    message = _object(body)
    if isinstance(wrapped := message.get("Message"), str):  # by SNS
        message = _object(wrapped)
    if (message.get("source"), message.get("detail-type")) == ("aws.s3", "Object Created"):
        yield _named(message.get("detail"), "bucket", "name"), _key(message.get("detail"))
    records = message.get("Records")
    for record in records if isinstance(records, list) else []:
        event = _named(record, "eventName")
        if _named(record, "eventSource") == "aws:s3" and event.startswith(CREATED):
            detail = record.get("s3")
            yield _named(detail, "bucket", "name"), unquote_plus(_key(detail))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _key(detail: Any) -> str:
    return _named(detail, "object", "key")


def _named(value: Any, *path: str) -> str:
    """Give the text at a path, "" where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
