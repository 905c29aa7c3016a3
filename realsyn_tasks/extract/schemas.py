"""The schemas of the tables that the stages of extract write; a generation keeps the last ones."""

from __future__ import annotations

import pyarrow as pa

from realsyn_tasks.core.tables import PARTITION, VECTOR

_ORIGIN = [
    ("document_id", pa.string()),
    ("document_url", pa.string()),
    ("source", pa.string()),  # crawl object, relative to the crawl
    ("source_offset", pa.int64()),
    ("position", pa.int32()),  # node in the document
]

_CONTEXT = pa.list_(
    pa.struct(
        [
            ("text", pa.string()),
            ("offset", pa.int32()),  # -1: the last sentence before the picture, 1: the first after
        ]
    )
)

_DESCRIBED = [
    ("alt", pa.string()),
    ("caption", pa.string()),
    ("title", pa.string()),  # of the document
    ("heading", pa.string()),  # the nearest one above
    ("context", _CONTEXT),  # the sentences nearest to it, in the document's order
    ("licence", pa.string()),  # an identifier or an address; "": not stated
    ("crawled", pa.string()),  # ISO 8601; "": unknown
]

DOCUMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("source_offset", pa.int64()),
        ("images", pa.int32()),
        ("sentences", pa.int32()),
        ("title", pa.string()),
        ("language", pa.string()),  # primary subtag; "": not stated
        ("licence", pa.string()),
        ("crawled", pa.string()),
    ]
)

RAW_IMAGES = pa.schema(
    [
        ("image_id", pa.string()),
        ("url", pa.string()),
        *_ORIGIN,
        *_DESCRIBED,
        ("offset", pa.int64()),  # of the bytes in the shard's tar
        ("length", pa.int64()),
    ]
)

LINKED_IMAGES = pa.schema(
    [
        ("link_id", pa.string()),  # digest of the address
        ("url", pa.string()),
        ("others", pa.list_(pa.string())),  # addresses of the same picture, the best first
        *_ORIGIN,
        *_DESCRIBED,
    ]
)

# what a shard holds and seeks of pictures (picture_index.py); names as hashes
INDEX = pa.schema(
    [
        ("what", pa.int8()),
        ("key", pa.uint64()),
        ("check", pa.uint64()),
        (
            "rank",
            pa.int8(),
        ),  # quality of what is held, place of what is led to or sought; 0: best
        ("file", pa.int32()),  # of the shard
        ("offset", pa.int64()),  # of a record; of what is sought the row in linked_images
        ("target", pa.uint64()),  # the name led to
        ("target_check", pa.uint64()),
    ]
)

# the shards of a crawl of which others read pictures
READ = pa.schema([("shard", pa.int32()), ("digest", pa.string())])

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
        ("licence", pa.string()),  # of the document
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

FILTERED_SENTENCES = pa.schema(
    [*SENTENCES, ("anaphoric", pa.bool_())]  # begins with a pronoun that refers to nothing in it
)

SCORED_SENTENCES = pa.schema([*FILTERED_SENTENCES, ("perplexity", pa.float32())])

IMAGE_VECTORS = pa.schema([("image_id", pa.string()), ("embedding", VECTOR)])

SENTENCE_VECTORS = pa.schema([("sentence_id", pa.string()), ("embedding", VECTOR)])

_JUDGED = [
    ("caption", pa.string()),
    ("caption_verdict", pa.string()),  # "": kept, else the code of a reason
    ("alt", pa.string()),
    ("alt_verdict", pa.string()),
    ("title", pa.string()),
    ("heading", pa.string()),
    (
        "context",
        pa.list_(
            pa.struct(
                [
                    *_CONTEXT.value_type,
                    ("verdict", pa.string()),  # "": kept, else why it was dropped
                    ("sentence_id", pa.string()),  # the corpus's, of the one kept of duplicates
                ]
            )
        ),
    ),
]

IMAGE_DESCRIPTIONS = pa.schema([("image_id", pa.string()), *_JUDGED])

_REPLACED = {name for name, _ in _JUDGED}

CORPUS_IMAGES = pa.schema(
    [
        *(field for field in IMAGES if field.name not in _REPLACED),
        *_JUDGED,
        ("embedding", VECTOR),
    ]
)

CORPUS_SENTENCES = pa.schema([*SCORED_SENTENCES, ("embedding", VECTOR)])

PIVOTS = pa.schema([("kind", pa.string()), ("pivot", pa.int32()), ("embedding", VECTOR)])

NEIGHBOURS = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("pivot", pa.int32()),  # the neighbourhood within which it is compared
        ("id", pa.string()),
        ("place", pa.uint64()),  # where it is in its crawl or corpus (places.py)
        ("text", pa.string()),  # of sentences
        ("phash", pa.uint64()),  # of images
        ("embedding", VECTOR),
    ]
)

HASHED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("id", pa.string()),
        ("place", pa.uint64()),
        ("phash", pa.uint64()),
    ]
)

WORDED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("id", pa.string()),
        ("place", pa.uint64()),
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
        ("a_place", pa.uint64()),
        ("b_place", pa.uint64()),
    ]
)

# further places that hold an item, and the first one
COPIES = pa.schema([("kind", pa.string()), ("place", pa.uint64()), ("first", pa.uint64())])

OLDER = pa.schema(
    [
        (PARTITION, pa.int32()),  # shard of the crawl
        ("kind", pa.string()),
        ("place", pa.uint64()),
        ("kept_id", pa.string()),  # what it is too near to
        ("cosine", pa.float32()),  # null: its looks or letters are
    ]
)

# the rows of a fit's file that are of one shard of the crawl (spans.py)
SPANS = pa.schema(
    [
        ("kind", pa.string()),
        ("shard", pa.int32()),
        ("start", pa.int64()),
        ("rows", pa.int64()),
    ]
)

GROUPED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("kind", pa.string()),
        ("group", pa.uint64()),  # smallest place of the group
        ("strict", pa.uint64()),  # of those tied without vectors
        ("first", pa.uint64()),  # place of the same id
        ("place", pa.uint64()),
        ("id", pa.string()),
        ("older_id", pa.string()),  # what it is too near to; null: nothing
        ("older_cosine", pa.float32()),
    ]
)

GROUPED_VECTORS = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("kind", pa.string()),
        ("place", pa.uint64()),
        ("embedding", VECTOR),
    ]
)

MEMBERS = pa.schema(
    [
        (PARTITION, pa.int32()),  # shard of the crawl
        ("kind", pa.string()),
        ("id", pa.string()),
        ("shard", pa.int32()),  # where a second copy is; null: wherever the item is
        ("kept_id", pa.string()),
        ("reason", pa.string()),
        ("cosine", pa.float32()),
    ]
)
