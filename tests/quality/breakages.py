"""Every kind of broken output that a gate guards against, and the finding that must tell of it."""

from __future__ import annotations

from realsyn_tasks.retrieve.schemas import KEYED_SENTENCES
from realsyn_tasks.sample.schemas import CLUSTERED
from tests.fabricated_contents import Made
from tests.quality.breaking import (
    BETWEEN,
    BOTH,
    DIFFERENT,
    EQUAL,
    IN_SET,
    LENGTH,
    MATCH,
    NOT_MATCH,
    NOT_NULL,
    PROPORTION,
    ROWS,
    TOGETHER,
    UNIQUE,
    Breakage,
    another_rank,
    at_chance,
    breakages,
    copy_text1,
    count,
    drop,
    drop_more,
    everywhere,
    keep,
    measure,
    other_image_in_tar,
    other_json_in_tar,
    other_texts_in_tar,
    personal_caption,
    put,
    repeat_first,
    swap,
)

FAULTS = ("invented_number", "invented_name", "copied", "repetition", "too_long")
ZERO, NAN = [0.0] * 16, [float("nan")] * 16

EXTRACT = [
    *breakages(
        "extract",
        "parse",
        [
            ("no documents", keep("documents", 0), (BETWEEN, "statistics.documents"), BOTH),
            (
                "a file cut",
                count(files=10, files_cut=1, bytes=9_000, bytes_lost=90),
                ("cut_off", "crawl"),
            ),
            (
                "torn records",
                count(files=10, files_cut=0, bytes=9_000, bytes_lost=900),
                (BETWEEN, "statistics.bytes_lost_share"),
            ),
            (
                "most images broken",
                drop_more("image", "undecodable", 9_000),
                [
                    (BETWEEN, "statistics.images_share_undecodable"),
                    (BETWEEN, "statistics.images_usable_share"),
                ],
            ),
            (
                "most hosts silent",
                drop_more("image", "timeout", 300),
                [
                    (BETWEEN, "statistics.images_fetched_share"),
                    (BETWEEN, "statistics.images_fetch_transient_share"),
                ],
            ),
            (
                "most images forbidden",
                drop_more("image", "robots_disallow", 300),
                (BETWEEN, "statistics.images_fetched_share"),
            ),
            (
                "most sentences gone",
                drop_more("sentence", "too_many_characters", 19_000),
                (BETWEEN, "statistics.sentences_usable_share"),
            ),
        ],
    ),
    *breakages(
        "extract",
        "dedup_images",
        [
            (
                "no image left",
                drop("images", "image", "image_id", 0),
                [(BETWEEN, "statistics.images_kept"), (ROWS, "images")],
                BOTH,
            ),
            ("images lost", keep("images", 9), (BETWEEN, "statistics.images_unaccounted")),
            ("odd id", put("images", "image_id", "../../etc/passwd"), (MATCH, "images.image_id")),
            ("no id", put("images", "image_id", None), (NOT_NULL, "images.image_id")),
            ("same id twice", repeat_first("images", "image_id"), (UNIQUE, "images.image_id")),
            ("no URL", put("images", "url", None), (NOT_NULL, "images.url")),
            ("blank URL", put("images", "url", " "), (MATCH, "images.url")),
            ("no source", put("images", "source", None), (NOT_NULL, "images.source")),
            ("narrow", put("images", "width", 99), (BETWEEN, "images.width")),
            ("flat", put("images", "height", 12), (BETWEEN, "images.height")),
            ("long", put("images", "width", 999), (BETWEEN, "images.aspect")),
            ("zero vector", put("images", "embedding", [ZERO]), (BETWEEN, "images.embedding_norm")),
            ("NaN vector", put("images", "embedding", [NAN]), (BETWEEN, "images.embedding_norm")),
            (
                "vector of another length",
                put("images", "embedding", [[1.0]]),
                (DIFFERENT, "images.embedding_dim"),
            ),
            ("wrong bytes", swap("images", "offset"), ("pixels", "images")),
        ],
    ),
    *breakages(
        "extract",
        "dedup_sentences",
        [
            (
                "no sentence left",
                drop("sentences", "sentence", "sentence_id", 0),
                [(BETWEEN, "statistics.sentences_kept"), (ROWS, "sentences")],
                BOTH,
            ),
            ("lost", keep("sentences", 9), (BETWEEN, "statistics.sentences_unaccounted")),
            ("odd id", put("sentences", "sentence_id", "7"), (MATCH, "sentences.sentence_id")),
            ("no id", put("sentences", "sentence_id", None), (NOT_NULL, "sentences.sentence_id")),
            (
                "same id twice",
                repeat_first("sentences", "sentence_id"),
                [
                    (UNIQUE, "sentences.sentence_id"),
                    (EQUAL, "sentences.sentence_id, id_of_text"),
                ],
            ),
            ("no text", put("sentences", "text", None), (NOT_NULL, "sentences.text")),
            ("blank text", put("sentences", "text", "\t "), (MATCH, "sentences.text")),
            ("two words", put("sentences", "words", 2), (BETWEEN, "sentences.words")),
            ("too many words", put("sentences", "words", 82), (BETWEEN, "sentences.words")),
            ("uncounted words", put("sentences", "words", None), (NOT_NULL, "sentences.words")),
            (
                "no document",
                put("sentences", "document_url", None),
                (NOT_NULL, "sentences.document_url"),
            ),
            (
                "zero vector",
                put("sentences", "embedding", [ZERO]),
                (BETWEEN, "sentences.embedding_norm"),
            ),
            (
                "vector of another length",
                put("sentences", "embedding", [[1.0]]),
                (DIFFERENT, "sentences.embedding_dim"),
            ),
        ],
    ),
]


def in_far_lists(made: Made) -> None:
    """Count as if every fourth sentence were in another list than the nearest."""
    made.counts |= {"lists_checked": 64, "lists_nearest": 48}
    made.tables["sentences"] = KEYED_SENTENCES.empty_table()


RETRIEVE = [
    *breakages(
        "retrieve",
        "merge_matches",
        [
            (
                "nothing matched",
                drop("matches", "image", "image_id", 0),
                [(BETWEEN, "statistics.images_matched"), (ROWS, "matches")],
                BOTH,
            ),
            (
                "few matched",
                drop("matches", "image", "image_id", 6),
                (BETWEEN, "statistics.near_share"),
                BOTH,
            ),
            (
                "a fourth text",
                another_rank,
                [(BETWEEN, "statistics.texts_per_image"), (IN_SET, "matches.rank")],
                BOTH,
            ),
            ("images lost", keep("matches", 9), (BETWEEN, "statistics.images_unaccounted")),
            ("a hub", put("matches", "sentence_id", ["0" * 32] * 6), ("hubs", "matches")),
            ("odd id", put("matches", "image_id", "G" * 32), (MATCH, "matches.image_id")),
            ("no id", put("matches", "image_id", None), (NOT_NULL, "matches.image_id")),
            ("rank 0", put("matches", "rank", 0), (IN_SET, "matches.rank")),
            (
                "two at one place",
                repeat_first("matches", "rank"),
                [(TOGETHER, "matches.image_id, rank"), (IN_SET, "matches.in_order")],
            ),
            (
                "one text twice",
                repeat_first("matches", "sentence_id"),
                [
                    (TOGETHER, "matches.image_id, sentence_id"),
                    (EQUAL, "matches.sentence_id, id_of_text"),
                ],
            ),
            ("worse text first", swap("matches", "rerank"), (IN_SET, "matches.in_order")),
            ("no score", put("matches", "score", None), (NOT_NULL, "matches.score")),
            ("not a cosine", put("matches", "score", 1.5), (BETWEEN, "matches.score")),
            ("no text", put("matches", "text", None), (NOT_NULL, "matches.text")),
            ("blank text", put("matches", "text", ""), (MATCH, "matches.text")),
            (
                "no document",
                put("matches", "document_url", None),
                (NOT_NULL, "matches.document_url"),
            ),
        ],
    ),
    *breakages(
        "retrieve",
        "assign_sentences",
        [("sentences in far lists", in_far_lists, ("assignment", "matches"))],
    ),
    *breakages(
        "retrieve",
        "audit_recall",
        [
            ("low recall", measure("recall_at_3", 0.94), ("recall", "matches")),
            ("no audit", measure("sampled", 0.0), ("recall", "matches")),
            ("few of the reranked", measure("rerank_recall", 0.8), ("rerank", "matches")),
        ],
    ),
    *breakages(
        "retrieve",
        "fit_lists",
        [("more recall wanted", measure("target_recall", 0.98), ("recall", "matches"))],
    ),
    *breakages(
        "retrieve",
        "measure_relevance",
        [("texts of anybody", at_chance, ("relevance", "matches"))],
    ),
    *breakages(
        "retrieve",
        "fit_relevance",
        [("more precision wanted", measure("target_precision", 0.9), ("precision", "matches"))],
    ),
]


def misplaced(made: Made) -> None:
    """Count as if the nearest cluster was missed every other time."""
    made.counts |= {"compared": 32, "nearest": 16}
    made.tables["images"] = CLUSTERED.empty_table()


SCORED = "pairs.scored_if_written"


def _pair_breakages(group: str, stage: str) -> list[Breakage]:
    """What can be wrong with pairs, before and after they are published."""
    leak = "<|im_start|>user Describe the picture in one sentence."
    return breakages(
        group,
        stage,
        [
            ("odd id", put("pairs", "image_id", "?"), (MATCH, "pairs.image_id")),
            ("no id", put("pairs", "image_id", None), (NOT_NULL, "pairs.image_id")),
            ("same image twice", repeat_first("pairs", "image_id"), (UNIQUE, "pairs.image_id")),
            ("no text1", put("pairs", "text1", None), (NOT_NULL, "pairs.text1")),
            ("blank text1", put("pairs", "text1", " "), (MATCH, "pairs.text1")),
            ("a score of no text", put("pairs", "syn_text", ""), (IN_SET, SCORED)),
            ("blank synthetic text", put("pairs", "syn_text", "\n" * 9), (MATCH, "pairs.syn_text")),
            ("a word", put("pairs", "syn_text", "Tree."), (LENGTH, "pairs.syn_text")),
            ("no end", put("pairs", "syn_text", "and so on " * 200), (LENGTH, "pairs.syn_text")),
            ("a copy", copy_text1, (IN_SET, "pairs.copied_text")),
            ("prompt leaked", put("pairs", "syn_text", leak), (NOT_MATCH, "pairs.syn_text")),
            (
                "always the same",
                everywhere("pairs", "syn_text", "A picture of something."),
                (PROPORTION, "pairs.written"),
                BOTH,
            ),
            ("no score", put("pairs", "syn_score", None), (IN_SET, SCORED)),
            ("not a cosine", put("pairs", "syn_score", -2.0), (BETWEEN, "pairs.syn_score")),
            (
                "realistic score too high",
                put("pairs", "realistic_scores", [[7.0, 0.2]]),
                (BETWEEN, "pairs.best_realistic_score"),
            ),
            (
                "realistic score too low",
                put("pairs", "realistic_scores", [[0.4, -7.0]]),
                (BETWEEN, "pairs.worst_realistic_score"),
            ),
            (
                "no realistic text",
                put("pairs", "realistic_scores", [[]]),
                [(NOT_NULL, "pairs.best_realistic_score"), (BETWEEN, "pairs.texts")],
            ),
        ],
    )


SYNTHESIZE = [
    *_pair_breakages("synthesize", "score_pairs"),
    *breakages(
        "synthesize",
        "score_pairs",
        [
            (
                "no pair left",
                drop("pairs", "pair", "image_id", 0),
                [(BETWEEN, "statistics.pairs"), (ROWS, "pairs")],
                BOTH,
            ),
            ("pairs lost", keep("pairs", 5), (BETWEEN, "statistics.pairs_unaccounted")),
            ("no URL", put("pairs", "url", None), (NOT_NULL, "pairs.url")),
            ("blank URL", put("pairs", "url", ""), (MATCH, "pairs.url")),
            (
                "texts with every fault",
                count(**{f"fault_{code}": 4 for code in FAULTS}),
                [(BETWEEN, f"statistics.fault_share_{code}") for code in FAULTS],
            ),
        ],
    ),
    *breakages(
        "synthesize",
        "generate_texts",
        [
            (
                "hardly any text taken",
                keep("texts", 1),
                (BETWEEN, "statistics.accepted_share"),
                BOTH,
            ),
            (
                "images lost",
                keep("asked", 5),
                (BETWEEN, "statistics.pairs_unaccounted"),
            ),
        ],
    ),
]

SAMPLE = [
    *_pair_breakages("sample", "export"),
    *breakages(
        "sample",
        "export",
        [
            (
                "nothing published",
                keep("pairs", 0),
                [
                    (BETWEEN, "statistics.pairs_published"),
                    (ROWS, "pairs"),
                    ("count", "pairs"),
                ],
                BOTH,
            ),
            (
                "one pair too few",
                keep("pairs", 6),
                [("count", "pairs"), (BETWEEN, "statistics.pairs_unaccounted")],
            ),
            ("no URL", put("pairs", "raw_image_url", None), (NOT_NULL, "pairs.raw_image_url")),
            ("blank URL", put("pairs", "raw_image_url", " "), (MATCH, "pairs.raw_image_url")),
            ("no checksum", put("pairs", "sha256", "unknown"), (MATCH, "pairs.sha256")),
            ("same key twice", repeat_first("pairs", "key"), (UNIQUE, "pairs.key")),
            (
                "cluster over the cap",
                everywhere("pairs", "cluster_id", 1),
                ("cap", "clusters"),
                BOTH,
            ),
            (
                "a caption with personal data",
                personal_caption,
                [("tars", "pairs"), ("withheld", "pairs")],
            ),
            ("other text in the tar", other_texts_in_tar, ("tars", "pairs")),
            ("other image in the tar", other_image_in_tar, ("tars", "pairs")),
            ("other metadata in the tar", other_json_in_tar, ("tars", "pairs")),
        ],
    ),
    *breakages(
        "sample",
        "filter_pairs",
        [
            (
                "band of another encoder",
                drop("pairs", "pair", "image_id", 2),
                (BETWEEN, "statistics.in_band_share"),
                BOTH,
            ),
        ],
    ),
]

SAMPLE += breakages(
    "sample",
    "assign_images",
    [("clusters looked up wrongly", misplaced, ("assignment", "clusters"))],
)

BREAKAGES = [*EXTRACT, *RETRIEVE, *SYNTHESIZE, *SAMPLE]
