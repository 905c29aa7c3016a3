"""The ways from documents to corpus and from images to pairs, step by step, as the paper has them.

Copies that were seen early count as what the step for copies leaves out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.extract import reasons
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.stages import PIPELINE

Step = dict[str, Any]
COPIES = (*reasons.DUPLICATE, reasons.PERCEPTUAL_DUPLICATE, reasons.MASKED_DUPLICATE, TAKEDOWN)
SEMANTIC = (reasons.LOW_ENTROPY, reasons.PERPLEXITY_LOW, reasons.PERPLEXITY_HIGH)
SIEVES: dict[str, tuple[tuple[str, str, tuple[Reason, ...]], ...]] = {
    "images": (("corpus", "without copies: the corpus", COPIES),),
    "sentences": (
        ("semantic", "of good entropy and perplexity", SEMANTIC),
        ("corpus", "without copies: the corpus", COPIES),
    ),
}
PAIR_STEPS = {
    "matched": "images with realistic texts",
    "paired": "paired, with or without a synthetic text",
    "in_band": "within the similarity band",
    "published": "published, balanced over clusters",
}


def ways(facts: Facts) -> dict[str, list[Step]]:
    """Give the ways of images, sentences and pairs."""
    return {kind: list(_corpus_way(facts, kind)) for kind in SIEVES} | {
        "pairs": list(_pair_way(facts))
    }


def _corpus_way(facts: Facts, kind: str) -> Iterator[Step]:
    counts = facts.corpus[kind]
    whole, dropped = counts["in"], counts["dropped"]
    later = {reason.code for _, _, some in SIEVES[kind] for reason in some}
    yield _step(f"{kind}_in", f"{kind} in the crawls", whole, whole, {})
    quality = {code: count for code, count in dropped.items() if code not in later}
    left = whole - sum(quality.values())
    yield _step(f"{kind}_quality", "after the filters of quality", left, whole, quality)
    for name, label, some in SIEVES[kind]:
        mine = _of(dropped, {reason.code for reason in some})
        left -= sum(mine.values())
        yield _step(f"{kind}_{name}", label, left, whole, mine)


def _of(dropped: dict[str, int], codes: Collection[str]) -> dict[str, int]:
    return {code: count for code, count in dropped.items() if code in codes}


def _pair_way(facts: Facts) -> Iterator[Step]:
    whole = facts.way["images"]
    yield _step("pairs_images", "images in the corpus", whole, whole, {})
    for name, label in PAIR_STEPS.items():
        yield _step(f"pairs_{name}", label, facts.way[name], whole, facts.way["steps"][name])


def _step(name: str, label: str, count: int, whole: int, dropped: dict[str, int]) -> Step:
    share = round(100 * count / whole, 1) if whole else 0.0
    return {"name": name, "label": label, "count": count, "share": share, "dropped": dropped}


def meanings(facts: Facts) -> dict[str, str]:
    """Give the words for each reason on these ways, by its code, in order."""
    words = {**PIPELINE.reason_words, TAKEDOWN.code: TAKEDOWN.words}
    steps = (step for way in ways(facts).values() for step in way)
    codes = sorted({code for step in steps for code in step["dropped"]})
    return {code: words[code] for code in codes if code in words}
