"""What the gate and the reports are told of the sample: one row of counts and shares."""

from __future__ import annotations

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, lost, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.vectors.sizes import Sizes


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


def published_by_cluster(evidence: Evidence) -> dict[int, int]:
    """Count the published pairs of each cluster; memory: of each cluster, not of each pair."""
    sizes = Sizes()
    for commit in evidence.commits("export"):
        for piece in evidence.read(commit.objects["pairs"], ["cluster_id"]):
            sizes.add(piece["cluster_id"].drop_null().to_numpy())
    return sizes.by_group()
