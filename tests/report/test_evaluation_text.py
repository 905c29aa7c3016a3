"""The tables of the docs and of the terminal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.outcome import outcome
from realsyn_tasks.report import evaluation_screen, evaluation_text
from realsyn_tasks.report.evaluation_text import BEGIN, END, filled, markdown
from tests.datasets.handmade import pair, version
from tests.report.fabricated_evaluation import evaluation


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root: Path = tmp_path_factory.mktemp("evaluated")
    return outcome(evaluation([version(root, [[pair("a")]])]))


def test_its_tables_have_claims_arms_curves_and_the_papers_figures(told: Any) -> None:
    text = markdown(told)
    parts = ".012 / .015 / –"
    row = f"| T_s adds | paper | realistic3 | +0.003 | [−0.018, +0.024] | {parts} | 4 of 6 | null |"
    assert f"{row} +0.2 / +1.1 / +0.8 |" in text
    assert "| teacher | ceiling: the encoder itself, untrained | .580 [.550, .610] |" in text
    assert "| paper | extrapolated | 100k | .330 [.250, .410] |".replace("330 [", "330 | [") in text
    assert "| realistic3 | T_r1 to T_r3 | .280 | .070 | .140 | 71.2 | 46.8 | 30.7 |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all("<script" not in line.replace("\\<script", "") for line in rows)


def test_in_brief_arms_are_told_by_one_measure(told: Any) -> None:
    whole, brief = markdown(told), markdown(told, brief=True)
    assert brief.count("R@10, both ways:") == 1
    assert "R@1, both ways:" in whole and "R@1, both ways:" not in brief
    assert "| T_s adds | paper |" in brief and "Fitted, paper" in brief
    assert evaluation_text.BESIDE in whole and evaluation_text.BESIDE not in brief


def test_a_page_is_filled_between_its_markers_and_again(told: Any) -> None:
    begin, end = BEGIN.format("heads"), END.format("heads")
    page = f"# Page\n\n{begin}\n{end}\n\nafter\n"
    once = filled(page, told)
    assert once.startswith("# Page\n") and once.endswith(f"{end}\n\nafter\n")
    assert filled(once, told) == once and "T_s adds" in once
    with pytest.raises(ConfigError, match="write <!-- evaluation: other -->"):
        filled(page, told, "other")


def test_the_terminal_shows_the_same_without_taking_words_for_markup(told: Any) -> None:
    out = io.StringIO()
    marked = {**told, "protocol": {**told["protocol"], "name": "[bold]heads[/bold]"}}
    evaluation_screen.show(marked, Console(file=out, width=160))
    text = out.getvalue()
    for said in ("[bold]heads[/bold]", "+0.031", "reversed", ".580", "distil", "extrapolated"):
        assert said in text, said
