"""The schemas of the tables that the stages of sample write, and of what is published."""

from __future__ import annotations

import json

import pyarrow as pa

from realsyn_tasks.core.tables import PARTITION, VECTOR
from realsyn_tasks.synthesize.schemas import PAIRS

BAND = pa.schema(
    [
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("quantile_low", pa.float64()),
        ("quantile_high", pa.float64()),
        ("pairs", pa.int64()),  # also those without a score
    ]
)

TEXT_AREAS = pa.schema([("image_id", pa.string()), ("text_area", pa.float32())])

DRAWN_IMAGES = pa.schema([("image_id", pa.string()), ("embedding", VECTOR)])

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

# What the index of the dataset has of each pair (datasets.index); its shard is known by the file.
INDEX_ENTRIES = pa.schema([("key", pa.uint64()), ("what", pa.uint8()), ("row", pa.uint32())])

# Where the bytes of each pair's image and of its columns as JSON lie in the shard's tar, by row.
PLACES = pa.schema(
    [
        ("offset", pa.int64()),
        ("length", pa.int32()),
        ("about_offset", pa.int64()),
        ("about_length", pa.int32()),
    ]
)

PUBLISHED_IN_BOTH = pa.schema(  # in table and tar; what each column means is said in `columns`
    [
        ("raw_image_url", pa.string()),  # the paper's five columns
        ("text1", pa.string()),
        ("text2", pa.string()),
        ("text3", pa.string()),
        ("syn_text", pa.string()),  # empty where none was taken
        ("recaption", pa.string()),  # what a model says that sees the picture alone
        ("caption", pa.string()),  # what the picture's own page says of it
        ("caption_verdict", pa.string()),
        ("alt", pa.string()),
        ("alt_verdict", pa.string()),
        ("title", pa.string()),
        ("heading", pa.string()),
        PAIRS.field("context"),
        ("key", pa.string()),  # of the sample in the tar
        ("image_id", pa.string()),
        ("sha256", pa.string()),  # of the image in the tar
        ("original_md5", pa.string()),  # of the image's bytes as the crawl had them
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("document_url", pa.string()),
        ("source", pa.string()),
        ("source_offset", pa.int64()),
        ("licence", pa.string()),
        ("crawled", pa.string()),
        ("sentence_ids", pa.list_(pa.string())),
        ("text_urls", pa.list_(pa.string())),
        ("text_licences", pa.list_(pa.string())),
        ("realistic_scores", pa.list_(pa.float32())),
        ("relevance", pa.list_(pa.float32())),
        ("syn_source", pa.int32()),
        ("syn_score", pa.float32()),
        ("cluster_id", pa.int32()),
        ("tags", pa.list_(pa.string())),
        ("attempts", pa.int32()),
        ("prompt_id", pa.string()),
    ]
)

# What the viewer of Hugging Face shows as a picture; the tar has the picture itself.
IMAGE = pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
FEATURES = {"info": {"features": {IMAGE.name: {"_type": "Image"}}}}
PUBLISHED_PAIRS = PUBLISHED_IN_BOTH.append(IMAGE).with_metadata(
    {"huggingface": json.dumps(FEATURES)}
)
