"""The dataset's report: one page with pictures and charts that needs no network.

Texts, tags and URLs on it come from the web: all are escaped, and none becomes a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from realsyn_tasks.core import templates
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.report import relevance, svg
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.sample.columns import COLUMNS
from realsyn_tasks.stages import PIPELINE

TEMPLATES = Path(__file__).parent / "templates"


def environment(autoescape: bool) -> Any:
    """Give the template environment of this package."""
    made = templates.environment(TEMPLATES, autoescape=autoescape, final_newline=True)
    made.filters["score"] = lambda value: f"{value:.3f}"
    made.filters["percent"] = lambda value: "" if value is None else f"{100 * value:.1f} %"
    return made


def render(facts: Facts) -> str:
    """Give the page; the same facts give the same bytes."""
    return str(
        environment(autoescape=True)
        .get_template("report.html")
        .render(
            facts=facts,
            charts=_charts(facts),
            ways=ways(facts),
            meanings=meanings(facts),
            colours=svg.COLOURS,
            columns=COLUMNS,
            HAVING=HAVING,
            own=own_words,
        )
    )


HAVING = {
    "caption": "with a caption that was kept",
    "alt": "with an alternative text that was kept",
    "context": "with a sentence around the image that was kept",
    "own_text": "with any of these",
    "syn_text": "with a synthetic text",
    "text1_of_own_page": "with a text1 from the image's own page",
}


def own_words(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give caption and alternative text of a shown pair, with their verdicts, once each."""
    known = {row[name]: row[f"{name}_verdict"] for name in ("alt", "caption") if row[name]}
    return list(known.items())


def _charts(facts: Facts) -> dict[str, str]:
    sizes = facts.cluster_sizes
    return {
        "similarity": svg.histogram(facts.similarity, "cosine of image and text"),
        "lengths": svg.histogram(facts.lengths, "CLIP tokens of the text"),
        "clusters": svg.curves(
            {"after": sizes["after"], "": [], "before": sizes["before"]},
            "clusters, largest first",
            "pairs in the cluster",
        ),
        **relevance.charts(facts.relevance),
    }


def ways(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Give the ways from documents to corpus and from images to pairs, step by step."""
    return {kind: list(_corpus_way(facts, kind)) for kind in ("images", "sentences")} | {
        "pairs": list(_pair_way(facts))
    }


def _corpus_way(facts: Facts, kind: str) -> Iterator[dict[str, Any]]:
    counts = facts.corpus[kind]
    whole = counts["in"]
    yield _step(f"{kind} in the crawls", whole, whole, {})
    yield _step(f"{kind} in the corpus", counts["kept"], whole, counts["dropped"])


PAIR_STEPS = {
    "matched": "images with realistic texts",
    "paired": "paired, with or without a synthetic text",
    "in_band": "within the similarity band",
    "published": "published, balanced over clusters",
}


def _pair_way(facts: Facts) -> Iterator[dict[str, Any]]:
    whole = facts.way["images"]
    yield _step("images in the corpus", whole, whole, {})
    for name, label in PAIR_STEPS.items():
        yield _step(label, facts.way[name], whole, facts.way["steps"][name])


def _step(label: str, count: int, whole: int, dropped: dict[str, int]) -> dict[str, Any]:
    share = 100 * count / whole if whole else 0.0
    return {"label": label, "count": count, "share": round(share, 1), "dropped": dropped}


def meanings(facts: Facts) -> dict[str, str]:
    """Give the words for each reason on these ways, by its code, in order."""
    words = {**PIPELINE.reason_words, TAKEDOWN.code: TAKEDOWN.words}
    steps = (step for way in ways(facts).values() for step in way)
    codes = sorted({code for step in steps for code in step["dropped"]})
    return {code: words[code] for code in codes if code in words}
