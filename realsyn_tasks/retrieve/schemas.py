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

_SAID = [
    ("image_id", pa.string()),
    *((name, pa.string()) for name in ("caption", "caption_verdict", "alt", "alt_verdict")),
    *((name, pa.string()) for name in ("title", "document_id", "document_url")),
    ("context", pa.list_(pa.struct([("text", pa.string()), ("sentence_id", pa.string())]))),
]

DRAWN_IMAGES = pa.schema(
    [
        ("key", pa.uint64()),  # hash that it was drawn by
        *_SAID,  # of its document
        ("embedding", VECTOR),  # of the picture
        ("query", VECTOR),  # what it is searched by
    ]
)

DRAWN_SENTENCES = pa.schema(
    [("key", pa.uint64()), ("sentence_id", pa.string()), ("embedding", VECTOR)]
)

CAPTION_VECTORS = pa.schema([("sentence_id", pa.string()), ("embedding", VECTOR)])

SAMPLED_IMAGES = pa.schema(
    [
        *DRAWN_IMAGES,
        ("plan", pa.bool_()),  # the number of probes is planned by it
        ("audit", pa.bool_()),  # recall is audited by it
        ("survey", pa.bool_()),  # relevance is measured on it
        ("plan_floor", pa.float32()),  # below it is no text that is asked for; null: not asked
        ("audit_floor", pa.float32()),
        ("survey_floor", pa.float32()),
        ("caption_floor", pa.float32()),  # the same for its caption as a query
        ("caption_score", pa.float32()),  # of picture and caption
    ]
)

SAMPLE_SIZES = pa.schema([(name, pa.int64()) for name in ("plan", "audit", "survey")])

_NEAR = [
    ("query", pa.int32()),  # row of the images that are asked for this
    ("late", pa.bool_()),  # a caption: behind the sentences of all shards
    ("place", pa.int32()),  # row of the shard's texts
    ("score", pa.float32()),
    ("sentence_id", pa.string()),
]

PLAN_TRUTH = pa.schema([*_NEAR, ("embedding", VECTOR)])
AUDIT_TRUTH = pa.schema([*_NEAR, ("text", pa.string())])
SURVEYED_TEXTS = pa.schema([*_NEAR, ("text", pa.string()), ("document_id", pa.string())])

OUTRANKING = pa.schema(
    [
        ("query", pa.int32()),
        ("sentences", pa.int32()),  # at least as near to the picture as its caption; 100 at most
        ("copies", pa.int32()),  # of captions among them
    ]
)

NEAREST_OWN = pa.schema(
    [
        ("image", pa.int32()),  # row of the sampled images
        ("similarity", pa.float64()),  # of the nearest text of its document
    ]
)

SENTENCE_SUMS = pa.schema(
    [
        ("sentences", pa.int64()),
        ("copies", pa.int64()),  # of captions of surveyed images
        ("total", pa.list_(pa.float64())),  # sum of the vectors; empty for none
    ]
)

QUERIES = pa.schema(
    [
        ("image_id", pa.string()),
        ("words", pa.string()),  # of its document in the query: caption | alt | title | "" for none
        ("embedding", VECTOR),  # that the image is searched by
    ]
)

_ORIGIN = [
    ("document_id", pa.string()),  # that the text is from
    ("document_url", pa.string()),
    ("licence", pa.string()),  # that the document states
]

CAPTION_TEXTS = pa.schema(
    [
        ("sentence_id", pa.string()),
        ("image_id", pa.string()),  # whose caption, or alt text, it is
        ("text", pa.string()),
        *_ORIGIN,
        ("series", pa.bool_()),  # others of its document or site differ by a number or letter
        ("answer", pa.bool_()),  # may be a text of other images
        ("embedding", VECTOR),
    ]
)

KEYED_SENTENCES = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("shard", pa.int32()),  # of the corpus
        ("list_id", pa.int32()),
        ("sentence_id", pa.string()),
        ("text", pa.string()),
        *_ORIGIN,
        ("anaphoric", pa.bool_()),  # begins with a pronoun whose noun stands elsewhere
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
    *_ORIGIN,
    ("anaphoric", pa.bool_()),
    ("score", pa.float32()),  # cosine of query and text
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
        ("reranked", pa.list_(pa.string())),  # three of those found, by the cross-encoder
        ("exact_reranked", pa.list_(pa.string())),  # three of the exact ones
    ]
)

PAIR_SCORES = pa.schema(
    [
        ("words", pa.string()),  # that an image has of its own
        ("text", pa.string()),
        ("rerank", pa.float32()),
    ]
)

AGREEMENT = pa.schema(
    [
        ("query", pa.string()),  # image | used | caption
        ("site", pa.string()),  # empty: all of them
        ("images", pa.int64()),
        ("documents", pa.int64()),
        ("text1", pa.float64()),  # share of images whose text1 is of their own document
        ("text1_low", pa.float64()),
        ("text1_high", pa.float64()),
        ("text1_chance", pa.float64()),  # null: a single image
        ("any", pa.float64()),  # the same of any of text1..3
        ("any_low", pa.float64()),
        ("any_high", pa.float64()),
        ("any_chance", pa.float64()),
    ]
)

KNOWN_ITEMS = pa.schema(
    [
        ("site", pa.string()),  # empty: all of them
        ("questions", pa.int64()),
        ("texts", pa.int64()),  # among which the answer was to be found
        ("r1", pa.float64()),  # share of images whose own caption is the nearest text
        ("r5", pa.float64()),
        ("r10", pa.float64()),
        ("r10_low", pa.float64()),
        ("r10_high", pa.float64()),
        ("mrr", pa.float64()),
    ]
)

BASELINES = pa.schema(
    [
        ("text", pa.string()),  # own_caption | own_document | text1 | random
        ("images", pa.int64()),
        ("similarity", pa.float64()),  # mean cosine with the image
    ]
)

PROVENANCE = pa.schema(
    [
        ("text1", pa.string()),  # own_caption | own_document | elsewhere
        ("images", pa.int64()),
        ("share", pa.float64()),
    ]
)

RELEVANCE = pa.schema(
    [
        ("features", pa.list_(pa.string())),  # empty: too little truth to fit anything to
        ("means", pa.list_(pa.float64())),
        ("scales", pa.list_(pa.float64())),
        ("coefficients", pa.list_(pa.float64())),  # of standardised features
        ("intercept", pa.float64()),
        ("threshold", pa.float64()),  # matches below it go; null: none does
    ]
)

PRECISION_CURVE = pa.schema(
    [
        ("threshold", pa.float64()),
        ("texts", pa.int64()),  # of images of documents that the fit did not see
        ("images", pa.int64()),
        ("yield", pa.float64()),  # share of these images that keep a text
        ("precision", pa.float64()),  # share of these texts that are of the own document
        ("precision_low", pa.float64()),
        ("precision_high", pa.float64()),
    ]
)

CALIBRATION = pa.schema(
    [
        ("low", pa.float64()),  # of the estimates
        ("high", pa.float64()),
        ("candidates", pa.int64()),  # of documents that the fit did not see
        ("estimated", pa.float64()),  # mean
        ("seen", pa.float64()),  # share of the own document, with its 95 % interval
        ("seen_low", pa.float64()),
        ("seen_high", pa.float64()),
    ]
)
