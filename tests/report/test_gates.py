"""Card and report say of a dataset whose gate was overridden by whom, why, and what had failed."""

from __future__ import annotations

import html
from collections.abc import Callable

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.quality.override import override
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.report.gates import gates_of
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests.quality.breaking import at_chance

REASON = "a trial <script>alert(1)</script> | nobody trains on it"


def test_an_override_stands_in_card_and_report(opened: Callable[[str], Workspace]) -> None:
    build = opened("sample")
    fabricated.damage(build, "measure_relevance", at_chance)
    assert not gate(build, "retrieve").passed
    override(build, "retrieve", REASON, "ann")
    promote(build, "retrieve")
    promote(build, "sample")
    told = {each.group: each for each in gates_of(build)}
    assert not told["retrieve"].passed and told["retrieve"].override is not None
    assert told["sample"].passed and told["sample"].override is None
    pages = {path.rpartition("/")[2]: path for path in attach(build)}
    card, report = (
        build.storage.read(pages[name]).decode() for name in ("README.md", "report.html")
    )
    row = next(line for line in card.splitlines() if line.startswith("| gate retrieve"))
    assert "failed (matches). Overridden by ann on " in row
    assert "<script>" not in row.replace("\\<script\\>", ""), "a cell that it cannot leave"
    assert "<script>alert" not in report
    assert f"Overridden by ann on {told['retrieve'].override.at[:10]}: {REASON}" in html.unescape(
        report
    )
