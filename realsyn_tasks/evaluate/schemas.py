"""The schemas of the tables that the stages of evaluate write."""

from __future__ import annotations

import pyarrow as pa

FEATURES = pa.list_(pa.float32())

QUESTIONS = pa.schema(  # what models are asked, of one evaluation set
    [
        ("set", pa.string()),
        ("item", pa.string()),
        ("split", pa.string()),  # test | train: what a linear probe learns from
        ("picture", pa.large_binary()),
        ("texts", pa.list_(pa.string())),  # right answers of retrieval
        ("label", pa.string()),  # right answer of classification; "": none
        ("image_id", pa.string()),  # of the picture's bytes
        ("phash", pa.uint64()),
    ]
)

CLASSES = pa.schema(
    [
        ("set", pa.string()),
        ("label", pa.string()),
        ("texts", pa.list_(pa.string())),  # its names in the set's templates
        ("metric", pa.string()),  # of the set's classification (marks.py)
    ]
)

OVERLAPS = pa.schema(  # what an evaluation set and a version share
    [
        ("set", pa.string()),
        ("item", pa.string()),
        ("version", pa.int32()),
        ("key", pa.string()),  # of the pair
        ("what", pa.string()),  # picture | text
        ("closeness", pa.float64()),  # share of the fingerprint's bits, or of the text's words
    ]
)

LESSONS = pa.schema(  # a picture of a version with all its texts
    [
        ("version", pa.int32()),  # its number among the versions of the evaluation
        ("key", pa.string()),
        ("image_id", pa.string()),
        ("document", pa.string()),  # of the crawl, by address
        ("source", pa.string()),  # host
        ("cluster_id", pa.int32()),
        ("place", pa.uint64()),  # in a random order of pictures
        ("has_caption", pa.bool_()),
        (
            "texts",
            pa.list_(pa.struct([("source", pa.string()), ("text", pa.string())])),
        ),  # in order
    ]
)

PICTURE_FEATURES = pa.schema(
    [("version", pa.int32()), ("key", pa.string()), ("features", FEATURES)]
)

TEXT_FEATURES = pa.schema([("text", pa.string()), ("features", FEATURES)])

QUESTION_FEATURES = pa.schema(
    [
        ("set", pa.string()),
        ("item", pa.string()),
        ("split", pa.string()),
        ("features", FEATURES),
        ("teacher", FEATURES),  # the encoder's own vector of the picture
    ]
)

ANSWERS = pa.schema(  # of each trained model to each question
    [
        ("trial", pa.int32()),  # -1: of the untrained teacher
        ("version", pa.int32()),
        ("arm", pa.string()),
        ("seed", pa.int32()),
        ("training", pa.int32()),  # of those of a seed, from 0
        ("set", pa.string()),
        ("item", pa.string()),
        ("measure", pa.string()),  # rank_of_text | rank_of_picture | zero_shot | linear_probe
        ("value", pa.float32()),  # rank from 0; or 1: right, 0: wrong
    ]
)

TRAININGS = pa.schema(
    [
        ("trial", pa.int32()),
        ("version", pa.int32()),
        ("arm", pa.string()),
        ("seed", pa.int32()),
        ("pictures", pa.int64()),  # this and the next three are of a seed's first training
        ("texts", pa.int64()),
        ("caption_share", pa.float64()),
        ("skew", pa.float64()),  # pictures of the largest cluster over those of the median
        ("steps", pa.int64()),
        ("first_loss", pa.float64()),  # the mean of a seed's trainings
        ("last_loss", pa.float64()),
    ]
)

MEASURES = pa.schema(  # of each arm on each evaluation set; set "": the mean over all
    [
        ("version", pa.int32()),
        ("arm", pa.string()),
        ("set", pa.string()),
        ("measure", pa.string()),  # recall@1.. (both directions) | zero_shot | linear_probe
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("seeds", pa.int32()),
        ("questions", pa.int64()),
    ]
)

CLAIMS = pa.schema(
    [
        ("claim", pa.string()),
        ("version", pa.int32()),
        ("arm", pa.string()),
        ("than", pa.string()),
        ("measure", pa.string()),
        ("difference", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        # Half the width that each part of chance has by itself, at the interval's level.
        ("of_questions", pa.float64()),
        ("of_documents", pa.float64()),
        ("of_trainings", pa.float64()),  # null: not told from the documents'
        ("seeds", pa.int32()),
        ("won", pa.int32()),  # seeds in which the arm is better
        ("verdict", pa.string()),  # holds | null | reversed
    ]
)

CURVES = pa.schema(
    [
        ("curve", pa.string()),
        ("arm", pa.string()),
        ("version", pa.int32()),  # -1: fitted or extrapolated
        ("x", pa.float64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("kind", pa.string()),  # measured | difference (to the first arm) | extrapolated
    ]
)

FITS = pa.schema(  # a - b / ln(x - c)
    [
        ("curve", pa.string()),
        ("arm", pa.string()),
        ("version", pa.int32()),
        *((name, pa.float64()) for name in ("a", "b", "c")),
        *((f"{name}_{end}", pa.float64()) for name in ("a", "b", "c") for end in ("low", "high")),
    ]
)
