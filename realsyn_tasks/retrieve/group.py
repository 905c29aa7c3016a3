"""The stage group retrieve: each image's best sentences of the whole corpus (paper §3.2)."""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, ONE, Axis, Fit, Group, HandedOn, Stage
from realsyn_tasks.kinds import BUILD, CORPUS

LISTS = Axis("lists", cut=True)  # partitions of the lists of sentences

STAGES = (
    Stage(
        "filter_licences",
        CORPUS.axis,
        reads=("corpus",),
        writes={"refused": "REFUSED_LICENCES"},
        light=True,
    ),
    Stage(
        "fit_lists",
        ONE,
        reads=("corpus",),
        writes={"centroids": "CENTROIDS", "plan": "PLAN"},
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "assign_sentences",
        CORPUS.axis,
        reads=("corpus", "fit_lists"),
        writes={"sentences": "KEYED_SENTENCES"},
        keyed_by=LISTS,
        needs=GPU,
        light=True,
    ),
    Stage(
        "probe_images",
        CORPUS.axis,
        reads=("corpus", "fit_lists"),
        writes={"probes": "PROBES"},
        keyed_by=LISTS,
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "search_lists",
        LISTS,
        reads=("assign_sentences", "probe_images"),
        writes={"candidates": "CANDIDATES", "nearest": "NEAREST_IMAGES"},
        keyed_by=CORPUS.axis,
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "pool_candidates",
        CORPUS.axis,
        reads=("search_lists",),
        writes={"candidates": "POOL"},
        light=True,
        version=2,
    ),
    Stage(
        "cap_hubs",
        ONE,
        reads=("pool_candidates",),
        writes={"hubs": "HUBS"},
        light=True,
        version=2,
    ),
    Stage(
        "merge_matches",
        CORPUS.axis,
        reads=("corpus", "pool_candidates", "cap_hubs"),
        writes={"matches": "MATCHES"},
        light=True,
        version=2,
    ),
    Stage(
        "audit_recall",
        ONE,
        reads=("corpus", "pool_candidates"),
        writes={"audit": "AUDIT"},
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
    measures={"plan": "fit_lists", "audit": "audit_recall"},
    fit=Fit(
        "fit_lists",
        decided_by=("filter_licences", "fit_lists", "assign_sentences", "probe_images"),
        words="it must be promoted, over the first generations of this corpus but not all of them,"
        " with the same encoder, seed and settings of the retrieval",
        promoted=True,
    ),
    reasons="realsyn_tasks.retrieve.reasons:REASONS",
    rules="realsyn_tasks.retrieve.rules:RULES",
    statistics="realsyn_tasks.retrieve.statistics:statistics",
    funnel="realsyn_tasks.retrieve.statistics:funnel",
    checks="realsyn_tasks.retrieve.checks:CHECKS",
    settle="realsyn_tasks.retrieve.settings:settle",
)
