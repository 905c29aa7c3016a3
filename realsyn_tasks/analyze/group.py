"""The stage group analyze: what can be told of a published version (paper §5).

A version is enough for all of it but for what its build alone knows (`gather_drops`, and the sizes
of clusters before the cap): why pairs are not in it. Promoting it publishes no data: it renews what
is attached to the version.
"""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, ONE, Group, HandedOn, Stage
from realsyn_tasks.kinds import ANALYSIS, VERSION

STAGES = (
    Stage(
        "measure_pairs",
        VERSION.axis,
        reads=("dataset",),
        writes={
            "drawn": "DRAWN",
            "histograms": "HISTOGRAMS",
            "sources": "SOURCE_SUMS",
            "clusters": "CLUSTER_PAIRS",
            "extremes": "EXTREMES",
        },
        light=True,
        version=2,
    ),
    Stage(
        "embed_pairs",
        VERSION.axis,
        reads=("dataset", "measure_pairs"),
        writes={"vectors": "PAIR_VECTORS", "similarities": "SCORES"},
        needs=GPU,
        models=("encoder",),
        version=2,
    ),
    Stage(
        "count_terms",
        VERSION.axis,
        reads=("dataset", "measure_pairs"),
        writes={"terms": "TERMS", "texts": "TEXTS_READ"},
        light=True,
        version=2,
    ),
    Stage(
        "score_perplexity",
        VERSION.axis,
        reads=("dataset", "measure_pairs"),
        writes={"perplexities": "SCORES"},
        needs=GPU,
        models=("perplexity_model",),
        light=True,
    ),
    Stage(
        "fit_topics",
        ONE,
        reads=("measure_pairs", "embed_pairs"),
        writes={"topics": "TOPICS", "pairs": "TOPIC_PAIRS"},
        light=True,
    ),
    Stage(
        "map_images",
        ONE,
        reads=("measure_pairs", "embed_pairs"),
        writes={"places": "PLACES", "components": "COMPONENTS"},
        light=True,
    ),
    Stage(
        "gather_drops",
        ONE,
        reads=("dataset",),
        writes={
            "reasons": "DROP_REASONS",
            "examples": "DROP_EXAMPLES",
            "sources": "SOURCE_DROPS",
            "sizes": "CLUSTER_SIZES",
        },
        light=True,
    ),
    Stage(
        "sum_measures",
        ONE,
        reads=(
            *("measure_pairs", "embed_pairs", "count_terms", "score_perplexity"),
            "gather_drops",
        ),
        writes={
            "histograms": "HISTOGRAMS",
            "measures": "MEASURES",
            "terms": "TERM_COUNTS",
            "overlaps": "OVERLAPS",
            "balance": "BALANCE",
            "sources": "SOURCES",
            "examples": "EXAMPLES",
        },
        light=True,
        version=2,
    ),
    Stage(
        "show_pictures",
        VERSION.axis,
        reads=("dataset", "fit_topics", "sum_measures"),
        writes={"pictures": "PICTURES"},
        light=True,
        version=2,
    ),
)

GROUP = Group(
    "analyze",
    ANALYSIS,
    STAGES,
    package="realsyn_tasks.analyze",
    asset="realsyn_analysis",
    about="what can be told of a published version (paper §5)",
    hands_on=(
        HandedOn("topics", "fit_topics", "topics", "name"),
        HandedOn("topic_pairs", "fit_topics", "pairs", "key"),
        HandedOn("map", "map_images", "places", "key"),
        HandedOn("histograms", "sum_measures", "histograms", "source"),
        HandedOn("measures", "sum_measures", "measures", "source"),
        HandedOn("terms", "sum_measures", "terms", "term"),
        HandedOn("overlaps", "sum_measures", "overlaps", "kind"),
        HandedOn("evenness", "sum_measures", "balance", "sampling"),
        HandedOn("sources", "sum_measures", "sources", "name"),
        HandedOn("examples", "sum_measures", "examples", "key"),
        HandedOn("drop_reasons", "gather_drops", "reasons", "reason"),
        HandedOn("drop_examples", "gather_drops", "examples", "id"),
        HandedOn("pictures", "show_pictures", "pictures", "key"),
    ),
    statistics="realsyn_tasks.analyze.statistics:statistics",
    settle="realsyn_tasks.analyze.settings:settle",
    promotion="realsyn_tasks.analyze.promotion:promote",
)
