"""A root on one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import root_screen
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.views.root import crawls, overview

Opened = Callable[[str], Workspace]


def test_a_root_says_in_short_what_is_there(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    run = opened("sample")
    version = promote(run, "sample")["version"]
    root = run.storage.uri
    root_screen.show(root, crawls(root)["crawls"], overview(root))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == root
    assert "crawls       0" in lines
    assert "generations  1  (1 ingested)" in lines
    assert "builds       1  (1 published)" in lines
    [line] = [line for line in lines if version in line and "15 pairs" in line]
    assert "latest" in line and "of tiny" in line
    assert "takedowns    0" in lines


def test_of_many_those_that_somebody_should_look_at_come_first() -> None:
    rows = [{"name": f"{n:02}", "state": "ingested", "why": "", "page": ""} for n in range(50)]
    rows.append({"name": "late", "state": "quarantined", "why": "gate_failed", "page": "p.html"})
    blank: dict[str, list[Any]] = {"generations": [], "builds": [], "versions": [], "takedowns": []}
    lines = list(root_screen.lines(rows, blank))
    assert lines[0] == "crawls       51  (50 ingested, 1 quarantined)"
    assert lines[1].split() == ["late", "quarantined,", "gate_failed,", "p.html"]
    assert "  ... and 45 more" in lines
    assert len(lines) <= 40
