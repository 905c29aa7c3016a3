"""The dataset's report: one page with pictures and charts that needs no network.

Texts, tags and URLs on it come from the web: all are escaped, and none becomes a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from realsyn_tasks.core import templates
from realsyn_tasks.report import evaluated, paper
from realsyn_tasks.report.analysed import Analysed
from realsyn_tasks.report.charts import charts
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.report.pictures import thumbnail
from realsyn_tasks.report.quotes import quotes
from realsyn_tasks.report.shown_pairs import Shown
from realsyn_tasks.report.svg import number
from realsyn_tasks.report.ways import meanings, ways
from realsyn_tasks.sample.columns import COLUMNS
from realsyn_tasks.stages import PIPELINE

TEMPLATES = Path(__file__).parent / "templates"
KEPT = 2  # examples of what was kept, beside each reason
SMALL = 112  # px: pictures of topics and of what was dropped
MOST_CENTRAL = 6
MOST_SOURCES = 25
ROLES = {"best": "Best", "median": "Median", "worst": "Worst"}
Row = Mapping[str, Any]


def environment(autoescape: bool) -> Any:
    """Give the template environment of this package."""
    made = templates.environment(TEMPLATES, autoescape=autoescape, final_newline=True)
    made.filters["score"] = lambda value: "" if value is None else f"{value:.3f}"
    made.filters["percent"] = lambda value: "" if value is None else f"{100 * value:.1f} %"
    made.filters["short"] = number
    made.filters["signed"] = evaluated.signed
    made.filters["interval"] = evaluated.interval
    made.filters["parts"] = evaluated.parts
    return made


def render(facts: Facts) -> str:
    """Give the page; the same facts give the same bytes."""
    return str(
        environment(autoescape=True)
        .get_template("report.html")
        .render(
            facts=facts,
            analysis=facts.analysis,
            charts=charts(facts),
            ways=ways(facts),
            meanings=meanings(facts),
            paper=paper,
            columns=COLUMNS,
            HAVING=HAVING,
            own=own_words,
            topics=list(_topics(facts)),
            drops=drops(facts),
            pairs=pairs(facts),
            quotes=quotes(facts.evaluations, facts.manifest.folder),
            measure_name=evaluated.measure_name,
        )
    )


HAVING = {
    "caption": "with a caption that was kept",
    "alt": "with an alternative text that was kept",
    "context": "with a sentence around the image that was kept",
    "own_text": "with any of these",
    "syn_text": "with a synthetic text",
    "recaption": "with a caption by a model that sees the image alone",
    "text1_of_own_page": "with a text1 from the image's own page",
}


def own_words(row: Row) -> list[tuple[str, str]]:
    """Give caption and alternative text of a shown pair, with their verdicts, once each."""
    known = {row[name]: row[f"{name}_verdict"] for name in ("alt", "caption") if row[name]}
    return list(known.items())


def _topics(facts: Facts) -> Iterator[dict[str, Any]]:
    """Give each topic with its central pictures."""
    analysis = facts.analysis
    if not analysis:
        return
    largest = max((row["share"] for row in analysis.topics), default=1.0) or 1.0
    for row in analysis.topics:
        keys = [key for key in row["central"] if key in analysis.pictures][:MOST_CENTRAL]
        small = [thumbnail(analysis.pictures[key], SMALL) for key in keys]
        bar = round(100 * row["share"] / largest, 1)
        yield {**row, "pictures": [each for each in small if each], "bar": bar}


def pairs(facts: Facts) -> dict[str, list[Shown]]:
    """Give best, median and worst pairs: of all where they were analysed, else of a sample."""
    if not facts.analysis or not any(facts.analysis.pairs.values()):
        return {title: facts.shown.get(role, []) for role, title in ROLES.items()}
    return {
        title: [_analysed(row) for row in facts.analysis.pairs.get(role, ())]
        for role, title in ROLES.items()
    }


def _analysed(row: Row) -> Shown:
    """Show a pair of an analysis as one of the dataset: it has what its filters kept."""
    known = {"realistic_scores": [row["score"]], "syn_text": row["synthetic"]}
    known |= {"recaption": row.get("recaption", "")}  # analyses of before had none
    known |= {"syn_score": row["synthetic_score"], "tags": [], "source": "", "source_offset": 0}
    kept = {"caption_verdict": "", "alt_verdict": ""}
    picture = thumbnail(row["picture"]) if row["picture"] else ""
    return Shown(picture, {**row, **known, **kept})


def drops(facts: Facts) -> list[dict[str, Any]]:
    """Give every reason that dropped anything, by stage, with examples where they were drawn."""
    if facts.analysis and facts.analysis.reasons:
        stages = groupby(facts.analysis.reasons, key=lambda row: str(row["stage"]))
        return [
            {"stage": stage, "reasons": list(_of_stage(facts.analysis, list(rows)))}
            for stage, rows in stages
        ]
    return [{"stage": "", "reasons": list(_counted(facts))}]


def _of_stage(analysis: Analysed, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Give the reasons of a stage; beside what they dropped, others that it kept."""
    for turn, row in enumerate(rows):
        place = (row["stage"], row["kind"], row["reason"])
        kept = analysis.kept.get(place[:2], ())
        turned = [kept[(KEPT * turn + each) % len(kept)] for each in range(min(KEPT, len(kept)))]
        yield {
            **row,
            "words": PIPELINE.reason_words.get(row["reason"], ""),
            "dropped": _examples(analysis.dropped.get(place, ())),
            "kept": _examples(turned),
        }


def _counted(facts: Facts) -> Iterator[dict[str, Any]]:
    """Give reasons as the ways count them, the most frequent first."""
    words = meanings(facts)
    for kind, steps in ways(facts).items():
        counts = [item for step in steps for item in step["dropped"].items()]
        for code, count in sorted(counts, key=lambda item: (-item[1], item[0])):
            about = {"kind": kind.removesuffix("s"), "reason": code, "count": count}
            yield {**about, "words": words.get(code, ""), "dropped": [], "kept": []}


def _examples(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        {**row, "shown": thumbnail(row["picture"], SMALL) if row["picture"] else ""} for row in rows
    ]
