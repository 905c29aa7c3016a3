"""The page of reasons, and the command that prints it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realsyn_tasks.cli import things
from realsyn_tasks.report import reason_tables
from realsyn_tasks.stages import PIPELINE

DOC = Path(__file__).resolve().parents[2] / "docs" / "reasons.md"
COMMAND = "realsyn reasons --markdown > docs/reasons.md"


def test_the_page_is_of_these_tables() -> None:
    page = reason_tables.markdown(PIPELINE)
    assert COMMAND in page
    assert DOC.read_text(encoding="utf-8") == page, f"docs/reasons.md is out of date: {COMMAND}"


def test_the_command_prints_the_page_alone(capsys: pytest.CaptureFixture[str]) -> None:
    things.reasons(markdown=True)
    assert capsys.readouterr().out == DOC.read_text(encoding="utf-8")


def test_the_commands_last_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    things.reasons(markdown=False)
    printed = capsys.readouterr()
    tables = json.loads(printed.out.splitlines()[-1])
    words = tables["extract"]["filter_sentences"]["sentence"]["too_short"]
    assert words == "fewer words than min_words"
    assert words in printed.err
