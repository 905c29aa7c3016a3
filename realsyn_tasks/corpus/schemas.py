"""The schemas of what is kept beside generations: what was taken down, and hashes of images."""

from __future__ import annotations

import pyarrow as pa

REMOVED = pa.schema(
    [
        ("shard", pa.int32()),  # of the generation
        ("kind", pa.string()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("request", pa.string()),
        ("detail", pa.string()),  # the entry that it falls under
    ]
)

IMAGE_HASHES = pa.schema([("image_id", pa.string()), ("md5", pa.string())])
