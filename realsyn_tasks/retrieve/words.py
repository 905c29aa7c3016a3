"""What was measured of a retrieval, in words: gates, summaries and reports say the same."""

from __future__ import annotations

from collections.abc import Mapping

Measures = Mapping[str, float]
QUERIES = {"image": "by the picture alone", "used": "by the queries used"}


def share_in_words(measures: Measures, name: str) -> str:
    """Say a share of images with its interval and what chance gives."""
    if f"{name}_chance" not in measures:
        return "an unknown share of the images"
    low, high = measures[f"{name}_low"], measures[f"{name}_high"]
    chance = f"at random {measures[f'{name}_chance']:.1%}"
    return f"{measures[name]:.1%} of the images ({low:.1%} to {high:.1%}; {chance})"


def above_chance(measures: Measures, name: str) -> bool:
    """Say whether a share is known to be more than chance gives."""
    chance = measures.get(f"{name}_chance")
    return chance is not None and measures[f"{name}_low"] > chance


def relevance_in_words(measures: Measures) -> str:
    """Say how often text1 is of the image's own document, however it was asked for."""
    if "image_text1" not in measures:
        return "relevance: not measured"
    shares = (
        f"{words} for {share_in_words(measures, f'{query}_text1')}"
        for query, words in QUERIES.items()
    )
    return f"relevance: text1 is of the picture's own document {'; '.join(shares)}"


def recall_in_words(measures: Measures) -> str:
    """Say what share of the true nearest sentences was wanted, planned and found."""
    audited = f"recall@3 {measures.get('recall_at_3', 0.0):.3f}"
    if all_searched(measures):
        return f"{audited}: all lists searched"
    low, high = measures.get("recall_low", 0.0), measures.get("recall_high", 1.0)
    return (
        f"{audited} (95 % interval {low:.3f} to {high:.3f}),"
        f" {measures.get('target_recall', 0.0):.3f} asked for,"
        f" {measures.get('planned_recall', 0.0):.3f} planned"
    )


def all_searched(measures: Measures) -> bool:
    """Say whether every list was searched for every image: then recall is 1 by construction."""
    lists = measures.get("lists")
    return lists is not None and measures.get("nprobe") == lists
