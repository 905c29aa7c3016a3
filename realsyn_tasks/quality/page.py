"""The gate's page: everything a person needs to see why it passed or failed, without a network.

Texts from the web appear on it as examples, so everything is escaped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from realsyn_tasks.core import templates
from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.findings import CRITICAL
from realsyn_tasks.core.gate_results import Override
from realsyn_tasks.quality.words import number


def render(record: GateRecord, run: str, override: Override | None = None) -> str:
    """Give the page of a gate's record of a run; the same record gives the same bytes."""
    findings = sorted(record.findings, key=lambda f: (f.passed, f.severity != CRITICAL))
    page = templates.environment(Path(__file__).parent).get_template("page.html")
    rendered: str = page.render(
        record=record,
        run=run,
        override=override,
        failed=[f for f in findings if not f.passed],
        passed=[f for f in findings if f.passed],
        drops=_drops(record.drops, record.reasons),
        statistics=_statistics(record.statistics),
    )
    return rendered


def _statistics(row: dict[str, Any]) -> dict[str, str]:
    """Give what the table of drops does not tell, shares in percent."""
    return {
        name: f"{value:.1%}" if name.endswith("_share") else number(value)
        for name, value in row.items()
        if "_share_" not in name and value is not None
    }


def _drops(
    drops: dict[str, dict[str, dict[str, int]]], words: dict[str, str]
) -> list[dict[str, Any]]:
    """Flatten drops into rows, the most frequent reason of each stage first.

    `most` is the largest count of all, so that bars of several stages compare.
    """
    every = [n for kinds in drops.values() for counts in kinds.values() for n in counts.values()]
    return [
        {
            "stage": stage,
            "kind": kind,
            "reason": reason,
            "words": words.get(reason, ""),
            "count": count,
            "most": max(every),
        }
        for stage, kinds in drops.items()
        for kind, counts in kinds.items()
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
