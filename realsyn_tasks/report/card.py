"""The dataset card: README.md with the front matter that Hugging Face reads.

Every sentence is chosen by facts of the build. What comes from the web (hosts, licences, texts) is
shown as it is, in code spans that it cannot leave.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.datasets.manifest import TABLES, TARS
from realsyn_tasks.extract.reasons import PII
from realsyn_tasks.fetching.reasons import ROBOTS_DISALLOW
from realsyn_tasks.report import citation, evaluated, features, fit
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.report.filters import Filter
from realsyn_tasks.report.page import HAVING, environment
from realsyn_tasks.report.publisher import Declared
from realsyn_tasks.report.quotes import quotes
from realsyn_tasks.report.ways import meanings, ways
from realsyn_tasks.retrieve.reasons import LICENCE
from realsyn_tasks.sample import columns, schemas
from realsyn_tasks.sample.group import GROUP

[PAIRS] = GROUP.hands_on
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
MEGABYTE = 1_000_000
MOST = 50  # rows of a table of licences


def render(facts: Facts) -> str:
    """Give the card; the same facts give the same bytes."""
    made = environment(autoescape=False)
    made.filters |= {"cell": cell, "quoted": quoted, "figure": figure, "json": settings}
    made.filters |= {"signed": evaluated.signed, "interval": evaluated.interval}
    made.filters |= {"share": evaluated.share}
    template = made.get_template("README.md")
    said = {**_about(facts), **_counted(facts), **_files(facts), **_evaluated(facts)}
    return str(template.render(facts=facts, **said))


def _evaluated(facts: Facts) -> dict[str, Any]:
    return {
        "quotes": quotes(facts.evaluations, facts.manifest.folder),
        "measure_name": evaluated.measure_name,
        "set_name": evaluated.set_name,
        "ROLES": evaluated.ROLES,
    }


def _shown_pictures(facts: Facts) -> str:
    [pairs] = GROUP.hands_on
    return str(facts.settings.get(pairs.stage, {}).get("image", "none"))


def _files(facts: Facts) -> dict[str, Any]:
    sizes = {
        folder: sum(
            file.size for file in facts.manifest.files if file.path.startswith(f"{folder}/")
        )
        for folder in (TABLES, TARS)
    }
    return {
        "table_bytes": sizes[TABLES],
        "tables": -(-sizes[TABLES] // MEGABYTE),
        "tars": -(-sizes[TARS] // MEGABYTE),
        "features": "\n".join(features.lines()),
        "citation": citation.bibtex(facts),
        "paper_citation": citation.PAPER.rstrip(),
    }


def _about(facts: Facts) -> dict[str, Any]:
    every = filters_of(facts)
    return {
        "size": size_category(facts.pairs),
        "ways": ways(facts),
        "meanings": meanings(facts),
        "columns": schemas.PUBLISHED_PAIRS,
        "explained": columns.COLUMNS,
        "declared": Declared.of(facts.publisher, facts.figures.licences.stated),
        "languages": languages(every),
        "licence_filters": [each for each in facts.filters if LICENCE.code in each.reasons],
        "relevance": fit.lines(facts.relevance.measures),
        "withheld": filter_states(facts, PII) == {True},
        "fetched": filter_states(facts, ROBOTS_DISALLOW),
        "off": not_run(facts),
    }


def _counted(facts: Facts) -> dict[str, Any]:
    having = facts.figures.having
    removed = facts.takedown.removed if facts.takedown else ()
    return {
        "having": having,
        "HAVING": HAVING,
        "share": partial(_share, facts),
        "hubs": facts.figures.hubs,
        "dates": facts.figures.dates,
        "by_licence": facts.figures.licences.by_licence(),
        "shows": _shown_pictures(facts),
        "by_host": facts.figures.licences.by_host(),
        "gone": {
            kind: sum(getattr(each, kind) for each in removed) for kind in ("images", "sentences")
        },
        "MOST": MOST,
        "NEVER": {False},
    }


def filters_of(facts: Facts) -> list[Filter]:
    """Give the filters of the extracts and of the build, in order."""
    return [*(each for extract in facts.extracts for each in extract.filters), *facts.filters]


def not_run(facts: Facts) -> list[str]:
    """Give the reasons that one of the extracts, or the build, had no filter for, in order."""
    runs = [*(extract.filters for extract in facts.extracts), facts.filters]
    off: dict[str, None] = {}
    for filters in runs:
        on = {code for each in filters if each.on for code in each.reasons}
        off |= {code: None for each in filters for code in each.reasons if code not in on}
    return list(off)


def filter_states(facts: Facts, reason: Reason) -> set[bool | None]:
    """Say whether the extracts applied a filter; None for one that nobody knows of any more."""
    known = [each for extract in facts.extracts for each in extract.filters]
    states: set[bool | None] = {each.on for each in known if reason.code in each.reasons}
    return states | {None for extract in facts.extracts if not extract.known}


def languages(filters: Iterable[Filter]) -> list[str]:
    """Give the languages that the filters let through; none where they let all through."""
    chosen = [each for each in filters if "language" in each.settings]
    if not chosen or not all(each.on for each in chosen):
        return []
    return sorted({str(each.settings["language"]) for each in chosen})


def _share(facts: Facts, name: str) -> str:
    return f"{100 * facts.figures.share(name):.1f} %"


def cell(value: object) -> str:
    """Make a text fit into a cell of a table: one line, no bars, no markup."""
    text = " ".join(str(value).split())
    return "".join(f"\\{mark}" if mark in "|<>`[]*\\" else mark for mark in text)


def quoted(value: object) -> str:
    """Show a text of the web as code, on one line."""
    text = " ".join(str(value).split()).replace("`", "'").replace("|", "\\|")
    return f"`{text}`"


def figure(value: float) -> str:
    """Give a count whole, a share or a score with three digits."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) > 1 else f"{value:.3f}"


def settings(values: Any) -> str:
    """Give settings as JSON for people."""
    return json.dumps(values, indent=1, sort_keys=True)


def size_category(pairs: int) -> str:
    """Give the size class in Hugging Face's words, such as n<1K or 10M<n<100M."""
    if pairs < SIZES[0]:
        return "n<1K"
    smaller = max(size for size in SIZES if size <= pairs)
    larger = [size for size in SIZES if size > pairs]
    return f"{_short(smaller)}<n<{_short(larger[0])}" if larger else "n>1B"


def _short(size: int) -> str:
    for name, unit in (("B", 1_000_000_000), ("M", 1_000_000), ("K", 1_000)):
        if size >= unit:
            return f"{size // unit}{name}"
    return str(size)
