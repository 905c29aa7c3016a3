"""The schemas of the tables that the stages of tune write."""

from __future__ import annotations

import pyarrow as pa

TASKS = pa.schema(  # what a model is asked, and the answer that it should give
    [
        ("task_id", pa.string()),  # image and source
        ("key", pa.string()),  # of the pair in its version
        ("image_id", pa.string()),
        ("place", pa.uint64()),  # in a random order of images
        ("held_out", pa.bool_()),
        ("source", pa.int32()),  # rank of the realistic text; 0: the page's own sentence
        ("sentence", pa.string()),
        ("caption", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("prompt", pa.string()),  # by which the student is asked: a name in include/prompts
        ("answer", pa.string()),  # "": none of the teacher's was taken
        ("answered", pa.string()),  # the prompt that the teacher's answer was given to
        ("relevance", pa.float32()),  # of the answer to what is known of the picture, a logit
        ("asked", pa.int32()),  # answers that the teacher gave
    ]
)

REFUSED = pa.schema(
    [
        ("task_id", pa.string()),
        ("prompt", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("text", pa.string()),
    ]
)

STEPS = pa.schema(  # of the training
    [("step", pa.int32()), ("loss", pa.float64()), ("learning_rate", pa.float64())]
)

LOSSES = pa.schema(  # mean loss on the answers held out; no row where there are none
    [("before", pa.float64()), ("after", pa.float64()), ("answers", pa.int64())]
)

MEASURED_TEXTS = pa.schema(  # what each model wrote for the tasks held out, at the first asking
    [
        ("model", pa.string()),  # untuned | tuned
        ("task_id", pa.string()),
        ("text", pa.string()),
        ("reason", pa.string()),  # of the first guard that objects; "": none does
        ("detail", pa.string()),
        ("words", pa.int32()),
        ("support", pa.float32()),  # of the text by its source, the reranker's logit
        ("cosine", pa.float32()),  # of the text with its source
        ("teacher_cosine", pa.float32()),  # with the teacher's answer; null: there is none
    ]
)

MEASURES = pa.schema(
    [
        ("measure", pa.string()),
        ("untuned", pa.float64()),
        ("tuned", pa.float64()),
        ("low", pa.float64()),  # of the difference, 95 %, by tasks; null: it has no interval
        ("high", pa.float64()),
        ("tasks", pa.int64()),
    ]
)

REASON_COUNTS = pa.schema([("reason", pa.string()), ("untuned", pa.int64()), ("tuned", pa.int64())])
