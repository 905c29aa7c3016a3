"""The stage group retrieve: each image's best sentences of the whole corpus (paper §3.2)."""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, ONE, Axis, Fit, Group, HandedOn, Stage
from realsyn_tasks.kinds import BUILD, CORPUS

# Partitions of the lists of sentences.
LISTS = Axis("lists", cut=True, holds={"sentences": 500_000})
# That give candidates, each those of the one before it.
POOLS = ("pool_candidates", "rerank_candidates", "judge_candidates")

STAGES = (
    Stage(
        "filter_licences",
        CORPUS.axis,
        reads=("corpus",),
        writes={"refused": "REFUSED_LICENCES"},
        light=True,
    ),
    Stage(
        "embed_queries",
        CORPUS.axis,
        reads=("corpus", "filter_licences"),
        writes={"queries": "QUERIES", "captions": "CAPTION_TEXTS"},
        needs=GPU,
        models=("encoder",),
        light=True,
        version=2,
    ),
    Stage(
        "draw_samples",
        CORPUS.axis,
        reads=("corpus", "filter_licences", "embed_queries"),
        writes={
            "images": "DRAWN_IMAGES",
            "sentences": "DRAWN_SENTENCES",
            "captions": "CAPTION_VECTORS",
        },
        light=True,
        sized=True,
    ),
    Stage(
        "pool_samples",
        ONE,
        reads=("draw_samples",),
        writes={
            "images": "SAMPLED_IMAGES",
            "captions": "CAPTION_VECTORS",
            "sizes": "SAMPLE_SIZES",
        },
        needs=GPU,
        models=("encoder",),
        light=True,
        version=2,
    ),
    Stage(
        "search_exactly",
        CORPUS.axis,
        reads=("corpus", "filter_licences", "embed_queries", "pool_samples"),
        writes={
            "plan": "PLAN_TRUTH",
            "audit": "AUDIT_TRUTH",
            "near_images": "SURVEYED_TEXTS",
            "near_captions": "SURVEYED_TEXTS",
            "outranking": "OUTRANKING",
            "own": "NEAREST_OWN",
            "sums": "SENTENCE_SUMS",
        },
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "fit_lists",
        ONE,
        reads=("draw_samples", "pool_samples", "search_exactly"),
        writes={"centroids": "CENTROIDS", "plan": "PLAN"},
        needs=GPU,
        light=True,
        version=4,
        sized=True,
    ),
    Stage(
        "assign_sentences",
        CORPUS.axis,
        reads=("corpus", "filter_licences", "embed_queries", "fit_lists"),
        writes={"sentences": "KEYED_SENTENCES"},
        keyed_by=LISTS,
        needs=GPU,
        light=True,
        version=3,
    ),
    Stage(
        "probe_images",
        CORPUS.axis,
        reads=("corpus", "filter_licences", "embed_queries", "fit_lists"),
        writes={"probes": "PROBES"},
        keyed_by=LISTS,
        needs=GPU,
        light=True,
        version=4,
    ),
    Stage(
        "search_lists",
        LISTS,
        reads=("assign_sentences", "probe_images"),
        writes={"candidates": "CANDIDATES", "nearest": "NEAREST_IMAGES"},
        keyed_by=CORPUS.axis,
        needs=GPU,
        light=True,
        version=4,
    ),
    Stage(
        "pool_candidates",
        CORPUS.axis,
        reads=("corpus", "draw_samples", "search_lists"),
        writes={"candidates": "POOL", "sampled": "POOL"},
        light=True,
        version=4,
    ),
    Stage(
        "rerank_candidates",
        CORPUS.axis,
        reads=("corpus", "draw_samples", "pool_candidates"),
        writes={"candidates": "POOL", "sampled": "POOL"},
        needs=GPU,
        models=("reranker",),
        version=2,
    ),
    Stage(
        "fit_relevance",
        ONE,
        reads=("pool_samples", "search_exactly", *POOLS[:-1]),
        writes={
            "relevance": "RELEVANCE",
            "curve": "PRECISION_CURVE",
            "calibration": "CALIBRATION",
        },
        light=True,
    ),
    Stage(
        "judge_candidates",
        CORPUS.axis,
        reads=("corpus", "fit_relevance", *POOLS[:-1]),
        writes={"candidates": "POOL"},
        light=True,
    ),
    Stage(
        "cap_hubs",
        ONE,
        reads=POOLS,
        writes={"hubs": "HUBS"},
        light=True,
        version=3,
    ),
    Stage(
        "merge_matches",
        CORPUS.axis,
        reads=("corpus", "filter_licences", "draw_samples", "cap_hubs", *POOLS),
        writes={"matches": "MATCHES", "sampled": "MATCHES"},
        light=True,
        version=4,
    ),
    Stage(
        "audit_recall",
        ONE,
        reads=("pool_samples", "search_exactly", "pool_candidates", "rerank_candidates"),
        writes={"audit": "AUDIT", "scores": "PAIR_SCORES"},
        models=("reranker",),
        light=True,
        version=5,
    ),
    Stage(
        "measure_relevance",
        ONE,
        reads=("draw_samples", "pool_samples", "search_exactly", "merge_matches"),
        writes={
            "agreement": "AGREEMENT",
            "known_items": "KNOWN_ITEMS",
            "baselines": "BASELINES",
            "provenance": "PROVENANCE",
        },
        needs=GPU,
        models=("encoder",),
        light=True,
        version=2,
    ),
)

GROUP = Group(
    "retrieve",
    BUILD,
    STAGES,
    package="realsyn_tasks.retrieve",
    asset="realsyn_matches",
    about="each image's best sentences of the whole corpus (paper §3.2)",
    hands_on=(HandedOn("matches", "merge_matches", "matches", "image_id"),),
    measured_by={
        "embed_queries": "a small build of each choice of weights, and what its report says of"
        " own-document agreement (docs/relevance.md)",
        "fit_relevance": "`realsyn label --build URI --candidates` on a build, then `--fit`",
    },
    measures={
        "plan": "fit_lists",
        "audit": "audit_recall",
        "relevance": "measure_relevance",
        "precision": "fit_relevance",
    },
    fit=Fit(
        "fit_lists",
        decided_by=(
            *("filter_licences", "embed_queries", "fit_lists", "assign_sentences", "probe_images"),
        ),
        words="it must be promoted, over the first generations of this corpus but not all of them,"
        " with the same encoder, seed and settings of the retrieval",
        promoted=True,
        also=(
            Fit(
                "fit_relevance",
                decided_by=("embed_queries", "search_lists", *POOLS, "fit_relevance"),
            ),
        ),
    ),
    reasons="realsyn_tasks.retrieve.reasons:REASONS",
    rules="realsyn_tasks.retrieve.rules:RULES",
    keys="realsyn_tasks.retrieve.item_keys:KEYS",
    statistics="realsyn_tasks.retrieve.statistics:statistics",
    funnel="realsyn_tasks.retrieve.statistics:funnel",
    checks="realsyn_tasks.retrieve.checks:CHECKS",
    settle="realsyn_tasks.retrieve.settings:settle",
)
