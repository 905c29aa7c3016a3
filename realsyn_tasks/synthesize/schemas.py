"""The schemas of the tables that the stages of synthesize write."""

from __future__ import annotations

import pyarrow as pa

from realsyn_tasks.core.tables import VECTOR
from realsyn_tasks.extract.schemas import CORPUS_IMAGES

PHRASES = pa.schema([("phrase", pa.string()), ("sentences", pa.int64())])

SEEN = pa.schema([("image_id", pa.string()), ("embedding", VECTOR)])

MINED_TAGS = pa.schema(
    [
        ("tag", pa.string()),  # the most frequent first
        ("sentences", pa.int64()),  # of the sample
        ("seen", pa.float64()),  # how much its nearest pictures stand out, in cosines
        ("merged", pa.list_(pa.string())),  # other wordings
    ]
)

TAGS = pa.schema(
    [
        ("image_id", pa.string()),
        ("tags", pa.list_(pa.string())),  # best first
        ("scores", pa.list_(pa.float32())),
    ]
)

CAPTIONS = pa.schema(
    [
        ("image_id", pa.string()),
        ("caption", pa.string()),
        ("verdict", pa.string()),  # the reason for which it is not used; empty: it is
        ("detail", pa.string()),
    ]
)

TEXTS = pa.schema(
    [
        ("image_id", pa.string()),
        ("text", pa.string()),
        ("untagged", pa.string()),  # without the words that only tags brought
        ("attempts", pa.int32()),
        ("prompt_id", pa.string()),
        ("syn_source", pa.int32()),  # rank of the realistic text that it was written from, or OWN
    ]
)

ASKED = pa.schema(  # images that go on as pairs, with a text or without
    [("image_id", pa.string()), ("attempts", pa.int32())]
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

OF_PAGE = (  # what a picture's own page says of it, as the corpus has it
    *("caption", "caption_verdict", "alt", "alt_verdict", "title", "heading", "context"),
    *("licence", "crawled"),
)

PAIRS = pa.schema(
    [
        ("image_id", pa.string()),
        ("url", pa.string()),
        ("document_url", pa.string()),
        ("source", pa.string()),
        ("source_offset", pa.int64()),
        *(CORPUS_IMAGES.field(name) for name in OF_PAGE),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("text1", pa.string()),
        ("text2", pa.string()),  # empty where there were fewer matches
        ("text3", pa.string()),
        ("syn_text", pa.string()),  # empty where none was taken
        ("recaption", pa.string()),  # the captioner's; empty where there is none
        ("sentence_ids", pa.list_(pa.string())),
        ("text_urls", pa.list_(pa.string())),  # of the documents that the realistic texts are from
        ("text_licences", pa.list_(pa.string())),  # that these documents state
        ("realistic_scores", pa.list_(pa.float32())),
        ("relevance", pa.list_(pa.float32())),  # of each text; null where it was not estimated
        ("syn_source", pa.int32()),  # rank of a realistic text; 0: the page's own; null: none
        ("syn_score", pa.float32()),  # null: no synthetic text
        ("tags", pa.list_(pa.string())),
        ("attempts", pa.int32()),
        ("prompt_id", pa.string()),
    ]
)
