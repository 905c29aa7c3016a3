"""What the gate and the reports are told of the sample: one row of counts and shares."""

from __future__ import annotations

from collections import Counter

import numpy as np

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, lost, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.vectors.hash_order import hash_order
from realsyn_tasks.vectors.scan import Hashes


def statistics(evidence: Evidence) -> Row:
    """Give pairs scored, in the band and published."""
    scored = evidence.rows_by_shard("score_pairs", "pairs")
    available = evidence.rows_by_shard("filter_pairs", "pairs")
    target, published = evidence.workspace.config.target, evidence.rows("export", "pairs")
    unaccounted = lost(evidence, scored, "filter_pairs", "pairs")
    unaccounted += lost(evidence, available, "balance", "pairs")
    unaccounted += abs(evidence.rows("balance", "pairs") - published)
    return {
        "pairs_scored": sum(scored.values()),
        "pairs_in_band": sum(available.values()),
        "in_band_share": share(sum(available.values()), sum(scored.values())),
        "target": target,
        "pairs_expected": min(target, sum(available.values())),
        "pairs_published": published,
        "pairs_unaccounted": unaccounted,
        **{
            f"{name}_{column}": count
            for column, counts in repetition(evidence).items()
            for name, count in counts.items()
        },
    }


REPEATED = ("text1", "syn_text")


def repetition(evidence: Evidence) -> dict[str, dict[str, int]]:
    """Count the different texts that are published, and the pairs of the most used one.

    By column; empty texts are none. Memory: 16 bytes a pair.
    """
    hashes: dict[str, list[Hashes]] = {name: [] for name in REPEATED}
    for commit in evidence.commits("export"):
        for piece in evidence.read(commit.objects["pairs"], list(REPEATED)):
            for name, parts in hashes.items():
                texts = [text for text in piece[name].to_pylist() if text]
                parts.append(hash_order(texts, seed=0))
    return {name: _repetition(parts) for name, parts in hashes.items()}


def _repetition(parts: list[Hashes]) -> dict[str, int]:
    keys = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    _, counts = np.unique(keys, return_counts=True)
    return {
        "published": len(keys),
        "distinct": len(counts),
        "most_used": int(counts.max(initial=0)),
    }


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count the pairs in the band, and those that are published."""
    outside = evidence.dropped("filter_pairs", "pair")
    over_cap = evidence.dropped("balance", "pair")
    in_band, published = evidence.rows("filter_pairs", "pairs"), evidence.rows("export", "pairs")
    return [
        FunnelStep("in_band", "pair", in_band, by_frequency(outside)),
        FunnelStep("published", "pair", published, by_frequency(over_cap)),
    ]


def cluster_sizes(evidence: Evidence) -> dict[str, list[int]]:
    """Give the sizes of clusters before and after the cap, largest first."""
    before: list[int] = []
    for commit in evidence.commits("rank_pairs"):
        for piece in evidence.read(commit.objects["sizes"], ["size"]):
            before.extend(piece["size"].to_pylist())
    after = published_by_cluster(evidence)
    return {"before": sorted(before, reverse=True), "after": sorted(after.values(), reverse=True)}


def published_by_cluster(evidence: Evidence) -> Counter[int]:
    """Count the published pairs of each cluster."""
    sizes: Counter[int] = Counter()
    for commit in evidence.commits("export"):
        for piece in evidence.read(commit.objects["pairs"], ["cluster_id"]):
            sizes.update(piece["cluster_id"].to_pylist())
    return sizes
