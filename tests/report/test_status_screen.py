"""The ledger of a run on one screen: short, honest, and plain where nobody looks at a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict

import pytest
from pydantic_core import to_json

from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.screen import WIDTH
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import status_screen
from realsyn_tasks.report.console import BAR
from realsyn_tasks.report.eta import Estimate
from realsyn_tasks.report.status import look
from realsyn_tasks.report.status_screen import in_words
from tests.fabricated import quarantine

Opened = Callable[[str], Workspace]


def screen(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> list[str]:
    status_screen.show(look(workspace), workspace)
    printed = capsys.readouterr()
    assert not printed.out
    assert "\x1b" not in printed.err, "no colours in pipes"
    return printed.err.splitlines()


def test_finished_groups_are_a_line_each(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = screen(opened("sample"), capsys)
    assert lines[1].startswith("complete: ")
    assert len(lines) == 5
    assert lines[2].split()[0] == "retrieve"
    assert "█" * BAR in lines[2] and "100 %" in lines[2]
    assert lines[2].endswith("gate passed, promoted")
    assert lines[4].endswith("gate passed")
    assert max(map(len, lines)) <= WIDTH


def test_what_is_at_work_has_a_bar_a_rate_and_a_time(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    run = opened("sample")
    run.ledger("balance").revoke(1)
    said = BatchProgress(0.5, 1, 10.0, 10.0, time.time(), shard=1)
    run.storage.replace(f"{run.folder}/balance/_progress/00001.json", to_json(asdict(said)))
    lines = screen(run, capsys)
    assert "2 of " in lines[1] and "1 batch at work" in lines[1]
    [line] = [line for line in lines if line.startswith("  balance")]
    assert "1/2" in line and "items/s" in line and "about 10 s" in line
    assert "1 at work (shard 00001)" in line
    assert "  to come: export" in lines


def test_first_errors_are_shown_with_their_classes(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    run = opened("extract")
    quarantine(run, "dedup_sentences", [0])
    text = "\n".join(screen(run, capsys))
    assert "dedup_sentences (1 permanent): CorruptCrawlFile" in text
    assert "1 quarantined" in text


def test_a_run_that_has_just_begun_fits_a_screen(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    run = opened("extract")
    for stage in run.stages():
        run.ledger(stage.name).revoke(1)
    lines = screen(run, capsys)
    assert len(lines) <= 40
    assert "nothing is at work" in lines[1]


def test_watching_ends_when_nothing_is_left(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    run = opened("sample")
    assert status_screen.watch(lambda: look(run, quick=True), run).report.complete
    assert "complete: " in capsys.readouterr().err


def test_watching_may_be_interrupted(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened("sample")
    run.ledger("export").revoke(0)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("realsyn_tasks.report.status_screen.time.sleep", interrupted)
    assert not status_screen.watch(lambda: look(run), run).report.complete


def test_what_is_not_known_is_said_with_its_bound() -> None:
    unknown = Estimate(None, "parse: nobody has done it", 200.0)
    said = "more than 3 min 20 s; how long is not known (parse: nobody has done it)"
    assert in_words(unknown) == said
