"""What screens of the terminal have in common."""

from __future__ import annotations

import pytest

from realsyn_tasks.core.screen import terminal
from realsyn_tasks.report.console import bar, duration, short, span


def test_there_are_no_colours_in_pipes(capsys: pytest.CaptureFixture[str]) -> None:
    terminal().print("[red]red[/red]", style="bold")
    assert capsys.readouterr().err == "red\n"


def test_a_bar_is_full_only_at_the_end() -> None:
    assert bar(0.0, 4) == "░░░░"
    assert bar(0.001, 4) == "█░░░"
    assert bar(0.999, 4) == "███░"
    assert bar(1.0, 4) == "████"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0, "0 s"), (0.4, "0.4 s"), (12.4, "12 s"), (59.6, "1 min"), (200, "3 min 20 s")),
        *((7500, "2 h 5 min"), (273600, "3 d 4 h")),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_columns_have_numbers_of_one_unit() -> None:
    assert [span(seconds) for seconds in (4.2, 978, 1.7e7)] == ["4.2 s", "16.3 min", "196.8 d"]
    assert [short(count) for count in (351, 6336, 2.0953e9)] == ["351", "6.3 k", "2.1 G"]
