"""The schemas of all tables, and how they are written.

Every table has its schema here and nowhere else. Tables are sorted, compressed with zstd, carry
page checksums, and have the same bytes for the same rows. Vectors are stored packed (core.packing).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import vector_columns
from realsyn_tasks.core.stage import Dropped

ROW_GROUP_ROWS = 20_000
PARTITION = "partition"

VECTOR = vector_columns.VECTOR

_ORIGIN = [
    ("document_id", pa.string()),
    ("document_url", pa.string()),
    ("source", pa.string()),  # crawl object, relative to the crawl
    ("source_offset", pa.int64()),
    ("position", pa.int32()),  # node in the document
]

DOCUMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("source_offset", pa.int64()),
        ("images", pa.int32()),
        ("sentences", pa.int32()),
    ]
)
RAW_IMAGES = pa.schema(
    [
        ("image_id", pa.string()),
        ("url", pa.string()),
        *_ORIGIN,
        ("alt", pa.string()),
        ("caption", pa.string()),
        ("offset", pa.int64()),  # of the bytes in the shard's tar
        ("length", pa.int64()),
    ]
)
LINKED_IMAGES = pa.schema(
    [
        ("link_id", pa.string()),  # digest of the address
        ("url", pa.string()),
        *_ORIGIN,
        ("alt", pa.string()),
        ("caption", pa.string()),
    ]
)
FETCHES = pa.schema(
    [
        ("link_id", pa.string()),
        ("url", pa.string()),
        ("image_id", pa.string()),  # null: nothing was kept
        ("failure_class", pa.string()),  # transient, permanent, or null
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("offset", pa.int64()),  # of the bytes in the shard's tar
        ("length", pa.int64()),
        ("terms", pa.string()),  # digest of the settings that decide what is kept
    ]
)
IMAGES = pa.schema(
    [
        *RAW_IMAGES,
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("phash", pa.uint64()),
    ]
)
SENTENCES = pa.schema(
    [
        ("sentence_id", pa.string()),
        ("text", pa.string()),
        *_ORIGIN,
        ("ordinal", pa.int32()),  # sentence in the node
        ("words", pa.int32()),
    ]
)
WORDS = pa.schema([("word", pa.string()), ("count", pa.int64())])
RECURRING = pa.schema(
    [
        ("site", pa.string()),
        ("sentence_key", pa.string()),  # the first 16 digits of the sentence's id
        ("documents", pa.int64()),  # of the site that have it
        ("site_documents", pa.int64()),
    ]
)
MASKED = pa.schema(
    [
        ("sentence_id", pa.string()),
        ("original_id", pa.string()),  # before its personal data was masked
        ("kinds", pa.list_(pa.string())),  # of personal data
    ]
)
SCORED_SENTENCES = pa.schema([*SENTENCES, ("perplexity", pa.float32())])
IMAGE_VECTORS = pa.schema([("image_id", pa.string()), ("embedding", VECTOR)])
SENTENCE_VECTORS = pa.schema([("sentence_id", pa.string()), ("embedding", VECTOR)])
CORPUS_IMAGES = pa.schema([*IMAGES, ("embedding", VECTOR)])
CORPUS_SENTENCES = pa.schema([*SCORED_SENTENCES, ("embedding", VECTOR)])
PIVOTS = pa.schema([("kind", pa.string()), ("pivot", pa.int32()), ("embedding", VECTOR)])
NEIGHBOURS = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("pivot", pa.int32()),  # the neighbourhood within which it is compared
        ("id", pa.string()),
        ("embedding", VECTOR),
    ]
)
HASHED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("id", pa.string()),
        ("shard", pa.int32()),  # of the crawl or of the corpus
        ("phash", pa.uint64()),
    ]
)
WORDED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("id", pa.string()),
        ("shard", pa.int32()),
        ("key", pa.string()),  # digest of the text's letters and digits
    ]
)
LINKS = pa.schema(
    [
        ("kind", pa.string()),
        ("a", pa.string()),
        ("b", pa.string()),
        ("reason", pa.string()),
        ("older", pa.bool_()),  # b belongs to an older generation
        ("cosine", pa.float32()),  # null where it was not what linked them
    ]
)
COPIES = pa.schema([("kind", pa.string()), ("id", pa.string()), ("shard", pa.int32())])
MEMBERS = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.string()),
        ("shard", pa.int32()),  # where a second copy is; null: wherever the item is
        ("kept_id", pa.string()),
        ("reason", pa.string()),
        ("cosine", pa.float32()),
    ]
)
# retrieve

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
MATCHES = pa.schema(
    [
        ("image_id", pa.string()),
        ("rank", pa.int32()),  # 1 is best
        ("sentence_id", pa.string()),
        ("text", pa.string()),
        ("document_url", pa.string()),
        ("score", pa.float32()),
    ]
)
CANDIDATES = pa.schema(
    [
        (PARTITION, pa.int32()),
        *MATCHES,
        ("adjusted", pa.float32()),  # the score after the penalty for hubs
    ]
)
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
        ("choice", pa.int32()),  # among those that differ, 1 is first; 0: a near-copy
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

# synthesize

TAGS = pa.schema(
    [
        ("image_id", pa.string()),
        ("tags", pa.list_(pa.string())),  # best first
        ("scores", pa.list_(pa.float32())),
    ]
)
CAPTIONS = pa.schema([("image_id", pa.string()), ("caption", pa.string())])
TEXTS = pa.schema(
    [
        ("image_id", pa.string()),
        ("text", pa.string()),
        ("attempts", pa.int32()),
        ("prompt_id", pa.string()),
        ("match_rank", pa.int32()),  # of the realistic text that it was made from
    ]
)
REJECTED = pa.schema(
    [
        ("image_id", pa.string()),
        ("attempt", pa.int32()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("text", pa.string()),
    ]
)
TEXT_VECTORS = pa.schema([("image_id", pa.string()), ("embedding", VECTOR)])
PAIRS = pa.schema(
    [
        ("image_id", pa.string()),
        ("url", pa.string()),
        ("document_url", pa.string()),
        ("source", pa.string()),
        ("source_offset", pa.int64()),
        ("alt", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("text1", pa.string()),
        ("text2", pa.string()),  # empty where there were fewer matches
        ("text3", pa.string()),
        ("syn_text", pa.string()),
        ("sentence_ids", pa.list_(pa.string())),
        ("text_urls", pa.list_(pa.string())),  # of the documents that the realistic texts are from
        ("realistic_scores", pa.list_(pa.float32())),
        ("syn_score", pa.float32()),
        ("tags", pa.list_(pa.string())),
        ("attempts", pa.int32()),
        ("prompt_id", pa.string()),
        ("match_rank", pa.int32()),
    ]
)

# sample

BAND = pa.schema(
    [
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("quantile_low", pa.float64()),
        ("quantile_high", pa.float64()),
    ]
)
CLUSTERS = pa.schema([("cluster_id", pa.int32()), ("embedding", VECTOR)])
CLUSTERED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("cluster_id", pa.int32()),
        ("image_id", pa.string()),
        ("shard", pa.int32()),  # of the corpus
    ]
)
RANKS = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("image_id", pa.string()),
        ("cluster_id", pa.int32()),
        ("rank", pa.int32()),  # in the cluster, from 0
        ("order", pa.uint64()),
    ]
)
CLUSTER_SIZES = pa.schema([("cluster_id", pa.int32()), ("size", pa.int64())])
CAP = pa.schema(
    [
        ("cap", pa.int64()),
        ("remainder", pa.int64()),
        ("order_limit", pa.uint64()),
        ("target", pa.int64()),
        ("available", pa.int64()),
    ]
)
CHOSEN_PAIRS = pa.schema(
    [(PARTITION, pa.int32()), *PAIRS, ("cluster_id", pa.int32()), ("image", pa.large_binary())]
)
PUBLISHED_PAIRS = pa.schema(
    [
        ("raw_image_url", pa.string()),  # the paper's five columns
        ("text1", pa.string()),
        ("text2", pa.string()),
        ("text3", pa.string()),
        ("syn_text", pa.string()),
        ("key", pa.string()),  # of the sample in the tar
        ("image_id", pa.string()),
        ("sha256", pa.string()),  # of the image in the tar
        ("original_md5", pa.string()),  # of the image's bytes as the crawl had them
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("alt", pa.string()),
        ("document_url", pa.string()),
        ("source", pa.string()),
        ("source_offset", pa.int64()),
        ("sentence_ids", pa.list_(pa.string())),
        ("text_urls", pa.list_(pa.string())),
        ("realistic_scores", pa.list_(pa.float32())),
        ("syn_score", pa.float32()),
        ("cluster_id", pa.int32()),
        ("tags", pa.list_(pa.string())),
        ("attempts", pa.int32()),
        ("prompt_id", pa.string()),
        ("match_rank", pa.int32()),
    ]
)

# takedown

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

DROPPED = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)


def build(schema: pa.Schema, columns: Mapping[str, Any], sort_by: Sequence[str] = ()) -> pa.Table:
    """Make a table of a schema from columns, sorted.

    Two-dimensional float arrays become list columns. Raises KeyError for a missing column.
    """
    arrays = [_array(columns[field.name], field.type) for field in schema]
    table = pa.Table.from_arrays(arrays, schema=schema)
    return ordered(table, sort_by) if sort_by else table


def ordered(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Sort by columns, moving each vector as a whole."""
    order = pc.sort_indices(table, [(name, "ascending") for name in keys])
    return vector_columns.unpacked(vector_columns.packed(table).take(order))


def from_rows(
    schema: pa.Schema, rows: Iterable[Mapping[str, Any]], sort_by: Sequence[str] = ()
) -> pa.Table:
    """Make a table of a schema from rows, sorted."""
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    return table.sort_by([(name, "ascending") for name in sort_by]) if sort_by else table


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        return vector_columns.vector_array(values)
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values.cast(kind)
    return pa.array(values, type=kind)


def vectors_of(table: pa.Table, column: str = "embedding") -> np.ndarray[Any, Any]:
    """Read a list column as (n, d) float32; (0, 0) for an empty table."""
    if table.num_rows == 0:
        return np.zeros((0, 0), dtype=np.float32)
    values = vector_columns.whole(table[column])
    flat = values.flatten().to_numpy(zero_copy_only=False)
    found: np.ndarray[Any, Any] = flat.reshape(table.num_rows, -1).astype(np.float32)
    return found


def dropped_table(dropped: Iterable[Dropped]) -> pa.Table:
    """Make the table of dropped items, sorted."""
    rows = [item.__dict__ for item in dropped]
    return from_rows(DROPPED, rows, sort_by=("kind", "reason", "id", "detail"))


def write_table(
    table: pa.Table, path: Path, partitions: int | None = None
) -> tuple[int, ...] | None:
    """Write a table as Parquet; the same rows give the same bytes.

    A keyed table (with a `partition` column) is sorted by partition, and row groups end where
    partitions do, so that a reader fetches its own by range. Returns the number of row groups per
    partition then, else None.
    """
    table = vector_columns.packed(table)
    described = _described(table.schema)
    options = {
        "compression": "zstd",
        "write_page_checksum": True,
        "use_dictionary": described,
        "write_statistics": described,
    }
    with pq.ParquetWriter(path, table.schema, **options) as writer:
        if partitions is None:
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            return None
        return tuple(
            _write_partition(writer, part) for part in _split_by_partition(table, partitions)
        )


def _described(schema: pa.Schema) -> list[str]:
    """Name the columns that get a dictionary and statistics, by their paths in Parquet.

    Vectors get none: they hardly repeat and nobody filters by them.
    """
    vector = (VECTOR, *(f.type for f in schema if pa.types.is_fixed_size_binary(f.type)))
    return [_path(field.name, field.type) for field in schema if field.type not in vector]


def _path(name: str, kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return _path(f"{name}.list.element", kind.value_type)
    return name


def _write_partition(writer: pq.ParquetWriter, part: pa.Table) -> int:
    if part.num_rows:
        writer.write_table(part, row_group_size=ROW_GROUP_ROWS)
    return -(-int(part.num_rows) // ROW_GROUP_ROWS)


def _split_by_partition(table: pa.Table, partitions: int) -> list[pa.Table]:
    numbers = table[PARTITION].to_numpy()
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(partitions + 1))
    ordered = table.take(pa.array(order))
    return [ordered.slice(start, stop - start) for start, stop in pairwise(bounds)]
