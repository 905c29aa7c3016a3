"""The schemas of the tables that the stages of retrieve write."""

from __future__ import annotations

import pyarrow as pa

from realsyn_tasks.core.tables import PARTITION, VECTOR

CENTROIDS = pa.schema([("list_id", pa.int32()), ("embedding", VECTOR)])

PLAN = pa.schema(
    [
        ("nprobe", pa.int32()),  # lists that each image probes
        ("lists", pa.int32()),
        ("target_recall", pa.float64()),
        ("planned_recall", pa.float64()),  # of the labelled sample, with its 95 % interval
        ("planned_low", pa.float64()),
        ("planned_high", pa.float64()),
        ("planned_images", pa.int64()),
        ("sentences", pa.int64()),  # of the corpus that the lists were fitted to
        ("imbalance", pa.float64()),
    ]
)

KEYED_SENTENCES = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("list_id", pa.int32()),
        ("sentence_id", pa.string()),
        ("text", pa.string()),
        ("document_id", pa.string()),
        ("document_url", pa.string()),
        ("embedding", VECTOR),
    ]
)

PROBES = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("image_id", pa.string()),
        ("shard", pa.int32()),  # of the corpus
        ("lists", pa.list_(pa.int32())),
        ("embedding", VECTOR),
    ]
)

_MATCH = [
    ("image_id", pa.string()),
    ("rank", pa.int32()),  # 1 is best
    ("sentence_id", pa.string()),
    ("text", pa.string()),
    ("document_id", pa.string()),  # that the text is from
    ("document_url", pa.string()),
    ("score", pa.float32()),
]

_JUDGEMENT = [
    ("rerank", pa.float32()),  # of the cross-encoder; null where it was not asked
    ("relevance", pa.float32()),  # estimated probability; null where there is no estimate
]

MATCHES = pa.schema([*_MATCH, *_JUDGEMENT])

CANDIDATES = pa.schema(
    [
        (PARTITION, pa.int32()),
        *_MATCH,
        ("adjusted", pa.float32()),  # the score after the penalty for hubs
    ]
)

REFUSED_LICENCES = pa.schema([("licence", pa.string())])

NEAREST_IMAGES = pa.schema(
    [
        ("sentence_id", pa.string()),
        ("scores", pa.list_(pa.float32())),  # with its nearest images, best first
    ]
)

POOL = pa.schema(
    [
        *MATCHES,
        ("adjusted", pa.float32()),
        ("choice", pa.int32()),  # among those that may be texts, 1 is first; 0: may not
        ("key", pa.uint64()),  # hash of the sentence's id
    ]
)

HUBS = pa.schema(
    [
        ("key", pa.uint64()),
        ("sentence_id", pa.string()),
        ("images", pa.int64()),  # that asked for it in the round that fixed its limit
        ("last_score", pa.float32()),  # of the least similar image that may have it
        ("last_image", pa.string()),
    ]
)

AUDIT = pa.schema(
    [
        ("image_id", pa.string()),
        ("found", pa.list_(pa.string())),
        ("exact", pa.list_(pa.string())),
    ]
)
