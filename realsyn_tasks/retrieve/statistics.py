"""What the gate and the reports are told of a retrieval: one row of counts, shares and recall."""

from __future__ import annotations

from collections import Counter

import pyarrow.compute as pc

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, dropped_in, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.retrieve.hub_use import hub_use
from realsyn_tasks.retrieve.reasons import NO_RELEVANT_TEXT

LICENCES, QUERIES = "filter_licences", "embed_queries"
RECALL = {
    "fit_lists": (
        *("lists", "nprobe", "target_recall", "planned_recall", "planned_low", "planned_high"),
        *("planned_images", "imbalance"),
    ),
    "audit_recall": (
        *("recall_at_3", "recall_low", "recall_high", "regret", "sampled"),
        *("rerank_recall", "reranked"),
    ),
}
RELEVANCE = {
    "measure_relevance": (
        *(
            f"{query}_{name}"
            for query in ("image", "used", "caption")
            for name in ("text1", "text1_low", "text1_high", "text1_chance", "any", "any_chance")
        ),
        *("known_questions", "known_texts", "known_r1", "known_r5", "known_r10", "known_mrr"),
        *("documents_with_own_text", "text1_own_caption", "text1_own_document", "text1_elsewhere"),
    ),
    "fit_relevance": ("target_precision", "threshold", "precision", "yield", "auc"),
}
MEASURED = {**RECALL, **RELEVANCE}
SUMMARY = (  # statistics that are told of a build
    *(name for names in MEASURED.values() for name in names),
    *("sentences_used", "images_of_most_used", "hub_share"),
)


def statistics(evidence: Evidence) -> Row:
    """Give matches, texts an image, what the audit and the use of hubs say, and relevance."""
    images = evidence.rows("corpus", "images")
    matched = first_ranks(evidence)
    gone = Counter({t.shard: dropped_in(t.dropped) for t in evidence.tallies("merge_matches")})
    refused = refused_by_shard(evidence, "image")
    gone, used = gone + refused, images - refused.total()
    given = evidence.rows_by_shard("corpus", "images")
    lost = [abs(given[shard] - matched[shard] - gone[shard]) for shard in matched]
    unlikely = evidence.dropped("merge_matches", "image")[NO_RELEVANT_TEXT.code]
    row: Row = {
        "images": images,
        "images_matched": sum(matched.values()),
        "images_unaccounted": sum(lost),
        "matched_share": share(sum(matched.values()), used),
        "near_share": share(sum(matched.values()) + unlikely, used),
        "texts_per_image": share(evidence.rows("merge_matches", "matches"), sum(matched.values())),
    }
    for stage, names in MEASURED.items():
        row |= {name: evidence.measure(stage, name) for name in names}
    return row | hub_use(evidence).statistics()


def refused_by_shard(evidence: Evidence, kind: str) -> Counter[int]:
    """Count the images or sentences of each shard whose page has a licence that is refused."""
    tallies = evidence.tallies(LICENCES)
    return Counter({t.shard: sum(t.dropped.get(kind, {}).values()) for t in tallies})


def is_fused(run: Workspace) -> bool:
    """Say whether words of an image's document are in what its texts are looked for by."""
    weights = run.config.stages.get(QUERIES, {})
    return run.runs(QUERIES) and any(weights[name] for name in ("caption", "title", "context"))


def first_ranks(evidence: Evidence) -> dict[int, int]:
    """Count the images of each shard that got at least one text."""
    counts: dict[int, int] = {}
    for commit in evidence.commits("merge_matches"):
        pieces = evidence.read(commit.objects["matches"], ["rank"])
        counts[commit.shard] = sum(pc.sum(pc.equal(p["rank"], 1)).as_py() or 0 for p in pieces)
    return counts


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count the images of the corpus, and those that got a text; zero before that has run."""
    images = evidence.rows("corpus", "images")
    unmatched = evidence.dropped("merge_matches", "image")
    unmatched += evidence.dropped(LICENCES, "image")
    matched = images - unmatched.total() if evidence.begun("merge_matches") else 0
    return [
        FunnelStep("images", "image", images),
        FunnelStep("matched", "image", matched, by_frequency(unmatched)),
    ]
