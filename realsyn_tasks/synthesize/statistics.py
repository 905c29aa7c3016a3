"""What the gate and the reports are told of the synthesis: one row of counts and shares."""

from __future__ import annotations

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, lost, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.retrieve.statistics import first_ranks


def statistics(evidence: Evidence) -> Row:
    """Give texts, rejected ones by reason, and pairs."""
    matched = first_ranks(evidence)
    rejected = evidence.dropped("generate_texts", "pair")
    taken, pairs = sum(matched.values()), evidence.rows("score_pairs", "pairs")
    texts = evidence.rows_by_shard("generate_texts", "texts")
    unaccounted = lost(evidence, matched, "generate_texts", "texts")
    unaccounted += lost(evidence, texts, "score_pairs", "pairs")
    return {
        "images_matched": taken,
        "texts": sum(texts.values()),
        "texts_rejected": rejected.total(),
        "rejected_share": share(rejected.total(), taken),
        "pairs": pairs,
        "pairs_unaccounted": unaccounted,
        **{f"rejected_share_{name}": share(rejected[name], taken) for name in sorted(rejected)},
    }


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count the images that got a synthetic text."""
    rejected = evidence.dropped("generate_texts", "pair")
    texts = evidence.rows("generate_texts", "texts")
    return [FunnelStep("generated", "pair", texts, by_frequency(rejected))]
