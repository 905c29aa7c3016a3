"""The stage group letters: an alphabet, letter by letter."""

from __future__ import annotations

from realsyn_tasks.core.declaration import Axis, Group, HandedOn, Kind, Stage

SHEETS = Axis("sheets")

GROUP = Group(
    "letters",
    Kind("alphabet", "alphabets"),
    (Stage("spell", SHEETS, reads=(), writes={"letters": "LETTERS"}),),
    package="tests.letters",
    asset="realsyn_letters",
    hands_on=(HandedOn("letters", "spell", "letters", "letter"),),
    statistics="tests.letters.statistics:statistics",
    funnel="tests.letters.statistics:funnel",
    checks="tests.letters.checks:CHECKS",
    promotion="tests.letters.promotion:promote",
)
