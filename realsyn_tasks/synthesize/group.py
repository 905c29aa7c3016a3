"""The stage group synthesize: one more text for each image (paper §3.2)."""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, GPU_LLM, ONE, Group, HandedOn, Quantity, Stage
from realsyn_tasks.kinds import BUILD, CORPUS

STAGES = (
    Stage(
        "count_phrases",
        CORPUS.axis,
        reads=("corpus",),
        writes={"phrases": "PHRASES", "pictures": "SEEN"},
    ),
    Stage(
        "mine_tags",
        ONE,
        reads=("count_phrases",),
        writes={"tags": "MINED_TAGS"},
        needs=GPU,
        models=("encoder",),
        light=True,
    ),
    Stage(
        "tag_images",
        CORPUS.axis,
        reads=("corpus", "mine_tags"),
        writes={"tags": "TAGS"},
        needs=GPU,
        models=("tagger", "encoder"),
        version=2,
    ),
    Stage(
        "caption_images",
        CORPUS.axis,
        reads=("corpus",),
        writes={"captions": "CAPTIONS"},
        needs=GPU,
        models=("captioner",),
        together=("captioner",),
        version=3,
    ),
    Stage(
        "generate_texts",
        CORPUS.axis,
        reads=("corpus", "merge_matches", "tag_images", "caption_images"),
        writes={"asked": "ASKED", "texts": "TEXTS", "rejected": "REJECTED"},
        needs=GPU_LLM,
        models=("language_model", "reranker", "encoder"),
        together=("language_model",),
        version=2,
    ),
    Stage(
        "embed_texts",
        CORPUS.axis,
        reads=("corpus", "merge_matches", "generate_texts"),
        writes={"vectors": "TEXT_VECTORS"},
        needs=GPU,
        models=("encoder",),
        light=True,
        version=3,
    ),
    Stage(
        "score_pairs",
        CORPUS.axis,
        reads=(
            *("corpus", "merge_matches", "tag_images", "caption_images"),
            *("generate_texts", "embed_texts"),
        ),
        writes={"pairs": "PAIRS"},
        light=True,
        version=4,
    ),
)

GROUP = Group(
    "synthesize",
    BUILD,
    STAGES,
    package="realsyn_tasks.synthesize",
    asset="realsyn_texts",
    about="one more text for each image, written from what is known of it (paper §3.2)",
    measured_by={
        "generate_texts": "`realsyn calibrate {card} --kind {kind} --texts PAIRS.tsv`",
    },
    hands_on=(HandedOn("pairs", "score_pairs", "pairs", "image_id"),),
    quantities=(
        Quantity("generated", "corpus_images", "generate_texts", "texts"),
        Quantity("paired", "corpus_images", "score_pairs", "pairs"),
    ),
    reasons="realsyn_tasks.synthesize.reasons:REASONS",
    rules="realsyn_tasks.synthesize.rules:RULES",
    statistics="realsyn_tasks.synthesize.statistics:statistics",
    funnel="realsyn_tasks.synthesize.statistics:funnel",
    checks="realsyn_tasks.synthesize.checks:CHECKS",
    settle="realsyn_tasks.synthesize.settings:settle",
)
