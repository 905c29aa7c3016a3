"""What the pipeline is: one table that the DAGs, the command line, the plan and the UI all read.

Imports nothing heavy; a stage's module is `realsyn_tasks.{group}.{name}`, loaded when it runs.
"""

from __future__ import annotations

from realsyn_tasks.core.stage import GPU, GPU_LLM, Axis, Pipeline, Source, Stage

SOURCES = (
    Source("crawl", Axis.CRAWL),
    Source("corpus", Axis.CORPUS),
)

STAGES = (
    # extract: one crawl -> a generation of the corpus (paper §3.1)
    Stage("parse", "extract", Axis.CRAWL, reads=("crawl",), version=2),
    Stage("fetch", "extract", Axis.CRAWL, reads=("parse",)),
    Stage("filter_images", "extract", Axis.CRAWL, reads=("parse", "fetch"), version=2),
    Stage("count_words", "extract", Axis.ONE, reads=("parse",), light=True, version=2),
    Stage("filter_sentences", "extract", Axis.CRAWL, reads=("parse", "count_words"), version=2),
    Stage(
        "filter_perplexity",
        "extract",
        Axis.CRAWL,
        reads=("filter_sentences",),
        needs=GPU,
        models=("perplexity_model",),
    ),
    Stage(
        "embed_images",
        "extract",
        Axis.CRAWL,
        reads=("parse", "fetch", "filter_images"),
        needs=GPU,
        models=("encoder",),
        version=2,
    ),
    Stage(
        "embed_sentences",
        "extract",
        Axis.CRAWL,
        reads=("filter_perplexity",),
        needs=GPU,
        models=("encoder",),
    ),
    Stage(
        "fit_neighbourhoods",
        "extract",
        Axis.ONE,
        reads=("embed_images", "embed_sentences", "corpus"),
        light=True,
        version=2,
    ),
    Stage(
        "key_neighbours",
        "extract",
        Axis.CRAWL,
        reads=("filter_perplexity", "embed_images", "embed_sentences", "fit_neighbourhoods"),
        keyed_by=Axis.NEIGHBOURHOODS,
        light=True,
    ),
    Stage(
        "key_corpus",
        "extract",
        Axis.CORPUS,
        reads=("corpus", "fit_neighbourhoods"),
        keyed_by=Axis.NEIGHBOURHOODS,
        light=True,
    ),
    Stage(
        "link_neighbours",
        "extract",
        Axis.NEIGHBOURHOODS,
        reads=("key_neighbours", "key_corpus"),
        light=True,
    ),
    Stage(
        "group_neighbours",
        "extract",
        Axis.ONE,
        reads=("link_neighbours", "embed_images", "embed_sentences"),
        light=True,
    ),
    Stage(
        "dedup_images",
        "extract",
        Axis.CRAWL,
        reads=("embed_images", "group_neighbours"),
        light=True,
    ),
    Stage(
        "dedup_sentences",
        "extract",
        Axis.CRAWL,
        reads=("filter_perplexity", "embed_sentences", "group_neighbours"),
        light=True,
    ),
    # retrieve: each image's best sentences of the whole corpus (paper §3.2)
    Stage("fit_lists", "retrieve", Axis.ONE, reads=("corpus",), needs=GPU, light=True, version=2),
    Stage(
        "assign_sentences",
        "retrieve",
        Axis.CORPUS,
        reads=("corpus", "fit_lists"),
        keyed_by=Axis.LISTS,
        needs=GPU,
        light=True,
    ),
    Stage(
        "probe_images",
        "retrieve",
        Axis.CORPUS,
        reads=("corpus", "fit_lists"),
        keyed_by=Axis.LISTS,
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "search_lists",
        "retrieve",
        Axis.LISTS,
        reads=("assign_sentences", "probe_images"),
        keyed_by=Axis.CORPUS,
        needs=GPU,
        light=True,
        version=2,
    ),
    Stage(
        "pool_candidates",
        "retrieve",
        Axis.CORPUS,
        reads=("search_lists",),
        light=True,
        version=2,
    ),
    Stage("cap_hubs", "retrieve", Axis.ONE, reads=("pool_candidates",), light=True, version=2),
    Stage(
        "merge_matches",
        "retrieve",
        Axis.CORPUS,
        reads=("corpus", "pool_candidates", "cap_hubs"),
        light=True,
        version=2,
    ),
    Stage(
        "audit_recall",
        "retrieve",
        Axis.ONE,
        reads=("corpus", "pool_candidates"),
        light=True,
        version=2,
    ),
    # synthesize: one more text for each image, written from what is known of it (paper §3.2)
    Stage(
        "tag_images",
        "synthesize",
        Axis.CORPUS,
        reads=("corpus",),
        needs=GPU,
        models=("tagger", "encoder"),
    ),
    Stage(
        "caption_images",
        "synthesize",
        Axis.CORPUS,
        reads=("corpus",),
        needs=GPU,
        models=("captioner",),
    ),
    Stage(
        "generate_texts",
        "synthesize",
        Axis.CORPUS,
        reads=("merge_matches", "tag_images", "caption_images"),
        needs=GPU_LLM,
        models=("language_model",),
    ),
    Stage(
        "embed_texts",
        "synthesize",
        Axis.CORPUS,
        reads=("generate_texts",),
        needs=GPU,
        models=("encoder",),
        light=True,
    ),
    Stage(
        "score_pairs",
        "synthesize",
        Axis.CORPUS,
        reads=(
            "corpus",
            "merge_matches",
            "tag_images",
            "generate_texts",
            "embed_texts",
        ),
        light=True,
    ),
    # sample: a semantically balanced subset, published (paper §3.3)
    Stage("fit_band", "sample", Axis.ONE, reads=("score_pairs",), light=True),
    Stage(
        "filter_pairs",
        "sample",
        Axis.CORPUS,
        reads=("score_pairs", "fit_band"),
        light=True,
    ),
    Stage(
        "fit_clusters",
        "sample",
        Axis.ONE,
        reads=("corpus", "filter_pairs"),
        needs=GPU,
        light=True,
    ),
    Stage(
        "assign_images",
        "sample",
        Axis.CORPUS,
        reads=("corpus", "filter_pairs", "fit_clusters"),
        keyed_by=Axis.CLUSTERS,
        needs=GPU,
        light=True,
    ),
    Stage(
        "rank_pairs",
        "sample",
        Axis.CLUSTERS,
        reads=("assign_images",),
        keyed_by=Axis.CORPUS,
        light=True,
    ),
    Stage("solve_cap", "sample", Axis.ONE, reads=("rank_pairs",), light=True),
    Stage(
        "balance",
        "sample",
        Axis.CORPUS,
        reads=("corpus", "filter_pairs", "rank_pairs", "solve_cap"),
        keyed_by=Axis.DATASET,
        light=True,
    ),
    Stage("export", "sample", Axis.DATASET, reads=("balance",), light=True, version=2),
)

PIPELINE = Pipeline(STAGES, SOURCES)

# The stage whose table of the same name goes into a promoted generation.
GENERATION_TABLES = {"images": "dedup_images", "sentences": "dedup_sentences"}
GENERATION_BLOBS = {"pixels": "parse"}
# Which stage's output, where it runs, stands for another's.
COMPLETED_BY = {"parse": "fetch"}
