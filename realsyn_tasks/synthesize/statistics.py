"""What the gate and the reports are told of the synthesis: one row of counts and shares."""

from __future__ import annotations

from collections import Counter

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, lost, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.retrieve.statistics import first_ranks
from realsyn_tasks.synthesize.embed_texts import THOUSANDTHS
from realsyn_tasks.synthesize.independence import shared_weights
from realsyn_tasks.synthesize.score_pairs import FAULT

REFUSED = "rejected_"


def statistics(evidence: Evidence) -> Row:
    """Give images, texts, those refused by reason, and pairs.

    `without_share` is of the pairs; `accepted_share` of the images about which the model was asked,
    and `refused_share_REASON` of the texts that it wrote. `fault_share_REASON` is of the texts that
    were taken: what the default guards object to in them, for what their pairs say.
    """
    matched, counts = first_ranks(evidence), evidence.counts("generate_texts")
    faults, compared = evidence.counts("score_pairs"), evidence.counts("embed_texts")
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
        **_cosines(compared),
        **{f"refused_share_{n}": share(refused[n], counts["generated"]) for n in sorted(refused)},
        **{
            f"{FAULT}share_{n.removeprefix(FAULT)}": share(faults[n], texts) for n in sorted(faults)
        },
    }


def _cosines(compared: Counter[str]) -> Row:
    """Give the mean cosine of pictures with their texts, and with what these were written from."""
    whole = compared["compared"] * THOUSANDTHS
    before, after = (share(compared[f"cosine_{when}"], whole) for when in ("before", "after"))
    return {
        "cosine_before": before,
        "cosine_after": after,
        "cosine_lost": before - after,
        "nearer_share": share(compared["nearer"], compared["compared"]),
    }


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count the images that go on as pairs; those with a synthetic text are a part of them."""
    dropped = evidence.dropped("generate_texts", "pair")
    pairs = evidence.rows("generate_texts", "asked")
    return [FunnelStep("paired", "pair", pairs, by_frequency(dropped))]
