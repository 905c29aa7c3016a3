"""The stage group sample: a semantically balanced subset, published (paper §3.3)."""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, ONE, Axis, Group, HandedOn, Quantity, Stage
from realsyn_tasks.kinds import BUILD, CORPUS

# Partitions of the clusters of images.
CLUSTERS = Axis("clusters", cut=True, holds={"images": 1_000_000})
DATASET = Axis("dataset")  # shards of the published dataset

STAGES = (
    Stage("fit_band", ONE, reads=("score_pairs",), writes={"band": "BAND"}, light=True, version=3),
    Stage(
        "spot_text",
        CORPUS.axis,
        reads=("corpus", "score_pairs"),
        writes={"areas": "TEXT_AREAS"},
        needs=GPU,
        models=("text_detector",),
        version=2,
    ),
    Stage(
        "filter_pairs",
        CORPUS.axis,
        reads=("corpus", "score_pairs", "fit_band", "spot_text"),
        writes={"pairs": "PAIRS", "drawn": "DRAWN_IMAGES"},
        light=True,
        version=5,
    ),
    Stage(
        "fit_clusters",
        ONE,
        reads=("filter_pairs",),
        writes={"centroids": "CLUSTERS"},
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "assign_images",
        CORPUS.axis,
        reads=("corpus", "filter_pairs", "fit_clusters"),
        writes={"images": "CLUSTERED"},
        keyed_by=CLUSTERS,
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "rank_pairs",
        CLUSTERS,
        reads=("assign_images",),
        writes={"ranks": "RANKS", "sizes": "CLUSTER_SIZES"},
        keyed_by=CORPUS.axis,
        light=True,
        version=2,
    ),
    Stage(
        "solve_cap", ONE, reads=("rank_pairs",), writes={"cap": "CAP"}, light=True, targeted=True
    ),
    Stage(
        "balance",
        CORPUS.axis,
        reads=("corpus", "filter_pairs", "rank_pairs", "solve_cap"),
        writes={"pairs": "CHOSEN_PAIRS"},
        keyed_by=DATASET,
        light=True,
        version=5,
    ),
    Stage(
        "export",
        DATASET,
        reads=("balance",),
        writes={"pairs": "PUBLISHED_PAIRS", "entries": "INDEX_ENTRIES", "places": "PLACES"},
        blobs=("samples",),
        light=True,
        version=8,
    ),
)

GROUP = Group(
    "sample",
    BUILD,
    STAGES,
    package="realsyn_tasks.sample",
    asset="realsyn_dataset",
    about="a semantically balanced subset, published (paper §3.3)",
    makes="datasets",
    hands_on=(HandedOn("pairs", "export", "pairs", "image_id"),),
    measured_by={"filter_pairs": "`realsyn calibrate {card} --kind {kind} --images DIR`"},
    measures={"band": "fit_band", "cap": "solve_cap"},
    quantities=(
        Quantity("in_band", "paired", "filter_pairs", "pairs"),
        Quantity("published", "in_band", "balance", "pairs"),
    ),
    reasons="realsyn_tasks.sample.reasons:REASONS",
    rules="realsyn_tasks.sample.rules:RULES",
    statistics="realsyn_tasks.sample.statistics:statistics",
    funnel="realsyn_tasks.sample.statistics:funnel",
    checks="realsyn_tasks.sample.checks:CHECKS",
    settle="realsyn_tasks.sample.settings:settle",
    promotion="realsyn_tasks.sample.promotion:promote",
)
