"""The stage group extract: one crawl becomes a generation of the corpus (paper §3.1)."""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, ONE, Axis, Fit, Group, HandedOn, Quantity, Stage
from realsyn_tasks.kinds import CORPUS, CRAWL, EXTRACT

# Partitions of likely near-duplicates; a crawl has an item for every few kilobytes.
NEIGHBOURHOODS = Axis(
    "neighbourhoods",
    cut=True,
    holds={"bytes": 512 << 20, "images": 100_000, "sentences": 100_000},
)
KEYED = {
    "images": "NEIGHBOURS",
    "sentences": "NEIGHBOURS",
    "hashes": "HASHED",
    "words": "WORDED",
}

STAGES = (
    Stage(
        "parse",
        CRAWL.axis,
        reads=("crawl",),
        writes={
            "documents": "DOCUMENTS",
            "images": "RAW_IMAGES",
            "linked_images": "LINKED_IMAGES",
            "sentences": "SENTENCES",
        },
        blobs=("pixels",),
        version=4,
    ),
    Stage(
        "fetch",
        CRAWL.axis,
        reads=("parse",),
        writes={"images": "RAW_IMAGES", "fetches": "FETCHES"},
        blobs=("pixels",),
        version=2,
    ),
    Stage(
        "filter_images",
        CRAWL.axis,
        reads=("parse", "fetch"),
        writes={"images": "IMAGES"},
        version=4,
    ),
    Stage(
        "count_words",
        ONE,
        reads=("parse",),
        writes={"words": "WORDS", "recurring": "RECURRING"},
        light=True,
        version=2,
    ),
    Stage(
        "filter_sentences",
        CRAWL.axis,
        reads=("parse", "count_words"),
        writes={"sentences": "FILTERED_SENTENCES", "masked": "MASKED"},
        version=4,
    ),
    Stage(
        "filter_perplexity",
        CRAWL.axis,
        reads=("filter_sentences",),
        writes={"sentences": "SCORED_SENTENCES"},
        needs=GPU,
        models=("perplexity_model",),
        version=3,
    ),
    Stage(
        "embed_images",
        CRAWL.axis,
        reads=("parse", "fetch", "filter_images"),
        writes={"images": "IMAGES", "vectors": "IMAGE_VECTORS"},
        needs=GPU,
        models=("encoder",),
        version=3,
    ),
    Stage(
        "embed_sentences",
        CRAWL.axis,
        reads=("filter_perplexity",),
        writes={"vectors": "SENTENCE_VECTORS"},
        needs=GPU,
        models=("encoder",),
    ),
    Stage(
        "fit_neighbourhoods",
        ONE,
        reads=("embed_images", "embed_sentences", "corpus"),
        writes={"pivots": "PIVOTS"},
        light=True,
        version=2,
    ),
    Stage(
        "key_neighbours",
        CRAWL.axis,
        reads=("filter_perplexity", "embed_images", "embed_sentences", "fit_neighbourhoods"),
        writes=KEYED,
        keyed_by=NEIGHBOURHOODS,
        light=True,
        version=3,
    ),
    Stage(
        "key_corpus",
        CORPUS.axis,
        reads=("corpus", "fit_neighbourhoods"),
        writes=KEYED,
        keyed_by=NEIGHBOURHOODS,
        light=True,
        version=3,
    ),
    Stage(
        "link_neighbours",
        NEIGHBOURHOODS,
        reads=("key_neighbours", "key_corpus"),
        writes={"links": "LINKS", "copies": "COPIES"},
        light=True,
        version=2,
    ),
    Stage(
        "group_neighbours",
        ONE,
        reads=("link_neighbours", "embed_images", "embed_sentences"),
        writes={"members": "MEMBERS"},
        light=True,
    ),
    Stage(
        "describe_images",
        CRAWL.axis,
        reads=(
            "parse",
            "embed_images",
            "filter_sentences",
            "filter_perplexity",
            "group_neighbours",
        ),
        writes={"descriptions": "IMAGE_DESCRIPTIONS"},
        light=True,
    ),
    Stage(
        "dedup_images",
        CRAWL.axis,
        reads=("embed_images", "describe_images", "group_neighbours"),
        writes={"images": "CORPUS_IMAGES"},
        light=True,
        version=2,
    ),
    Stage(
        "dedup_sentences",
        CRAWL.axis,
        reads=("filter_perplexity", "embed_sentences", "group_neighbours"),
        writes={"sentences": "CORPUS_SENTENCES"},
        light=True,
        version=3,
    ),
)

GROUP = Group(
    "extract",
    EXTRACT,
    STAGES,
    package="realsyn_tasks.extract",
    asset="realsyn_corpus",
    makes="corpus",
    about="one crawl -> a generation of the corpus (paper §3.1)",
    ways={
        "image": ("parse", "fetch", "filter_images", "embed_images", "dedup_images"),
        "sentence": ("parse", "filter_sentences", "filter_perplexity", "dedup_sentences"),
    },
    hands_on=(
        HandedOn("images", "dedup_images", "images", "image_id"),
        HandedOn("sentences", "dedup_sentences", "sentences", "sentence_id"),
    ),
    quantities=(
        Quantity("documents", "", "parse", "documents"),
        Quantity("images", "documents", "parse", "images"),
        Quantity("sentences", "documents", "parse", "sentences"),
        Quantity("filtered_images", "images", "filter_images", "images"),
        Quantity("filtered_sentences", "sentences", "filter_sentences", "sentences"),
        Quantity("likely_sentences", "filtered_sentences", "filter_perplexity", "sentences"),
        Quantity("corpus_images", "filtered_images", "dedup_images", "images"),
        Quantity("corpus_sentences", "likely_sentences", "dedup_sentences", "sentences"),
    ),
    fit=Fit(
        "fit_neighbourhoods",
        decided_by=("fit_neighbourhoods", "key_corpus"),
        words="it must be a generation of this corpus, with the same encoder, seed and settings of"
        " the neighbourhoods",
    ),
    reasons="realsyn_tasks.extract.reasons:REASONS",
    rules="realsyn_tasks.extract.rules:RULES",
    statistics="realsyn_tasks.extract.statistics:statistics",
    funnel="realsyn_tasks.extract.statistics:funnel",
    checks="realsyn_tasks.extract.checks:CHECKS",
    settle="realsyn_tasks.extract.settings:settle",
    promotion="realsyn_tasks.extract.promotion:promote",
)
