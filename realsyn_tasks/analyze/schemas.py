"""The schemas of the tables that the stages of analyze write.

A pair is named by `key`, its sample's name in the tars of the version. `source` is where a text
comes from: text1, text2, text3, caption, alt, synthetic, recaption; and, to compare with,
in_document (a sentence near the picture on its own page) and random (text1 of another pair).
"""

from __future__ import annotations

import pyarrow as pa

from realsyn_tasks.core.tables import VECTOR

_TEXTS = [
    ("text1", pa.string()),
    ("text2", pa.string()),  # empty where there is none, as all of these
    ("text3", pa.string()),
    ("caption", pa.string()),  # as its filter kept it
    ("alt", pa.string()),
    ("synthetic", pa.string()),
    ("recaption", pa.string()),  # of a captioner, which sees the picture alone
]

_ABOUT = [
    ("image_id", pa.string()),
    ("domain", pa.string()),  # registered, of the page; of the picture where that is unknown
    ("licence", pa.string()),  # "": the page states none
    ("cluster_id", pa.int32()),
    ("score", pa.float32()),  # cosine of the picture with text1; null: there is none
    ("synthetic_score", pa.float32()),
]

DRAWN = pa.schema(  # a seeded sample of pairs, in order of `place`
    [
        ("key", pa.string()),
        ("place", pa.uint64()),  # in a random order: the first are a sample of the sample
        *_ABOUT,
        *_TEXTS,
        ("in_document", pa.string()),
        ("random", pa.string()),
        ("realistic_scores", pa.list_(pa.float32())),
    ]
)

HISTOGRAMS = pa.schema(
    [
        ("measure", pa.string()),  # similarity | tokens | words | density | perplexity
        ("source", pa.string()),
        ("low", pa.float64()),  # of the bin
        ("high", pa.float64()),
        ("count", pa.int64()),
        ("total", pa.float64()),  # sum of the values in it
    ]
)

SOURCE_SUMS = pa.schema(  # of one shard
    [
        ("kind", pa.string()),  # domain | licence
        ("name", pa.string()),  # null: all those beyond the largest
        ("pairs", pa.int64()),
        ("score", pa.float64()),  # sum
        ("scored", pa.int64()),
        ("synthetic_score", pa.float64()),
        ("synthetic_scored", pa.int64()),
    ]
)

CLUSTER_PAIRS = pa.schema([("cluster_id", pa.int32()), ("pairs", pa.int64())])

EXTREMES = pa.schema(  # the best and the worst pairs of a shard by score
    [("key", pa.string()), ("score", pa.float32())]
)

PAIR_VECTORS = pa.schema([("key", pa.string()), ("embedding", VECTOR)])

SCORES = pa.schema([("key", pa.string()), ("source", pa.string()), ("score", pa.float32())])

TERMS = pa.schema(  # of one shard
    [
        ("kind", pa.string()),  # entity | noun
        ("source", pa.string()),
        ("term", pa.string()),  # in small letters
        ("count", pa.int64()),
    ]
)

TEXTS_READ = pa.schema([("source", pa.string()), ("texts", pa.int64())])

TOPICS = pa.schema(
    [
        ("topic", pa.int32()),  # from 0, the largest share first
        ("name", pa.string()),  # its first words
        ("share", pa.float64()),  # mean of the pairs' distributions
        ("pairs", pa.int64()),  # whose top topic it is
        ("words", pa.list_(pa.string())),  # the most probable first
        ("central", pa.list_(pa.string())),  # keys, nearest to their pictures' mean first
    ]
)

TOPIC_PAIRS = pa.schema(
    [("key", pa.string()), ("topic", pa.int32()), ("weight", pa.float32())]  # its top topic
)

PLACES = pa.schema(  # in random order: the first are a sample
    [
        ("key", pa.string()),
        ("image_id", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("kept", pa.bool_()),  # at the place that the earlier map gave it
        ("embedding", VECTOR),  # on the components
    ]
)

COMPONENTS = pa.schema(  # what pictures were laid out by: the mean, then the axes
    [("direction", pa.list_(pa.float32()))]
)

DROP_REASONS = pa.schema(  # exact, over all shards
    [
        ("group", pa.string()),
        ("run", pa.string()),
        ("stage", pa.string()),
        ("kind", pa.string()),
        ("reason", pa.string()),
        ("count", pa.int64()),
    ]
)

DROP_EXAMPLES = pa.schema(
    [
        ("run", pa.string()),
        ("stage", pa.string()),
        ("kind", pa.string()),
        ("reason", pa.string()),
        ("kept", pa.bool_()),  # an item that the same stage kept, to compare with
        ("id", pa.string()),
        ("detail", pa.string()),
        ("text", pa.string()),  # the sentence, or what is said of the picture; may be empty
        ("url", pa.string()),  # of the picture, or of the page
        ("picture", pa.large_binary()),  # a small JPEG; null where there is none
    ]
)

SOURCE_DROPS = pa.schema(  # of a seeded sample of shards
    [
        ("kind", pa.string()),  # domain | licence
        ("name", pa.string()),
        ("reason", pa.string()),
        ("count", pa.int64()),
    ]
)

CLUSTER_SIZES = pa.schema([("size", pa.int64())])  # before the cap, largest first

MEASURES = pa.schema(
    [
        ("measure", pa.string()),  # as in HISTOGRAMS
        ("source", pa.string()),
        ("count", pa.int64()),
        ("mean", pa.float64()),
        ("median", pa.float64()),  # to the width of a bin, as low and high
        ("low", pa.float64()),  # the 5th percentile
        ("high", pa.float64()),  # the 95th
    ]
)

TERM_COUNTS = pa.schema(  # the most frequent
    [
        ("kind", pa.string()),
        ("source", pa.string()),
        ("term", pa.string()),
        ("count", pa.int64()),
    ]
)

OVERLAPS = pa.schema(  # unique terms of two sources, and of both; left == right: of one alone
    [
        ("kind", pa.string()),  # entity | noun
        ("left", pa.string()),
        ("right", pa.string()),
        ("texts", pa.int64()),  # of the left source that were read
        ("only_left", pa.int64()),
        ("both", pa.int64()),
        ("only_right", pa.int64()),
    ]
)

BALANCE = pa.schema(  # rank curves of clusters, at ranks evenly spaced in their logarithm
    [
        ("sampling", pa.string()),  # balanced | random | all (before the cap)
        ("rank", pa.int64()),  # from 1, the largest cluster first
        ("pairs", pa.int64()),  # of the cluster of this rank
    ]
)

SOURCES = pa.schema(  # the largest, and all others together
    [
        ("kind", pa.string()),  # domain | licence
        ("name", pa.string()),  # null: all others
        ("pairs", pa.int64()),
        ("score", pa.float64()),  # mean; null: none has one
        ("synthetic_score", pa.float64()),
        ("reasons", pa.list_(pa.struct([("reason", pa.string()), ("count", pa.int64())]))),
    ]
)

EXAMPLES = pa.schema(
    [
        ("role", pa.string()),  # best | median | worst
        ("rank", pa.int32()),  # from 1
        *EXTREMES,
    ]
)

PICTURES = pa.schema(  # the pairs of examples and of central pictures
    [
        ("key", pa.string()),
        *_ABOUT,
        *_TEXTS,
        ("raw_image_url", pa.string()),
        ("document_url", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("picture", pa.large_binary()),  # JPEG, 224 px at most
    ]
)
