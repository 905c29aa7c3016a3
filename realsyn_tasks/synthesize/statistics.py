"""What the gate and the reports are told of the synthesis: one row of counts and shares."""

from __future__ import annotations

from collections import Counter

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, lost, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.retrieve.statistics import first_ranks
from realsyn_tasks.synthesize.independence import shared_weights

REFUSED = "rejected_"


def statistics(evidence: Evidence) -> Row:
    """Give images, texts, those refused by reason, and pairs.

    `without_share` is of the pairs; `accepted_share` of the images about which the model was asked,
    and `refused_share_REASON` of the texts that it wrote.
    """
    matched, counts = first_ranks(evidence), _counts(evidence)
    texts = evidence.rows("generate_texts", "texts")
    going_on = evidence.rows_by_shard("generate_texts", "asked")
    pairs = evidence.rows("score_pairs", "pairs")
    unaccounted = lost(evidence, matched, "generate_texts", "asked")
    unaccounted += lost(evidence, going_on, "score_pairs", "pairs")
    refused = {name.removeprefix(REFUSED): n for name, n in counts.items() if REFUSED in name}
    return {
        "images_matched": sum(matched.values()),
        "images_asked": counts["asked"],
        "texts": texts,
        "accepted_share": 1 - share(counts["asked"] - texts, counts["asked"]),
        "images_dropped": evidence.dropped("generate_texts", "pair").total(),
        "pairs": pairs,
        "pairs_without_text": pairs - texts,
        "without_share": share(pairs - texts, pairs),
        "pairs_unaccounted": unaccounted,
        "tagger_shares_encoder": bool(shared_weights(evidence.workspace.config)),
        **{f"refused_share_{n}": share(refused[n], counts["generated"]) for n in sorted(refused)},
    }


def _counts(evidence: Evidence) -> Counter[str]:
    total: Counter[str] = Counter()
    for commit in evidence.commits("generate_texts"):
        total.update(commit.counts)
    return total


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count the images that go on as pairs; those with a synthetic text are a part of them."""
    dropped = evidence.dropped("generate_texts", "pair")
    pairs = evidence.rows("generate_texts", "asked")
    return [FunnelStep("paired", "pair", pairs, by_frequency(dropped))]
