"""Texts that address a machine are told from texts that merely speak of such things."""

from __future__ import annotations

import pytest

from realsyn_tasks.text.instructions import instruction_in
from tests.text import machine_talk

CAUGHT, DISGUISED, LOST = 0.95, 0.9, 0.005  # shares


def missed(texts: list[str]) -> list[str]:
    return [text for text in texts if not instruction_in(text)]


@pytest.mark.parametrize("name", ["PLAIN", "LATER", "FOREIGN"])
def test_orders_to_a_machine_are_told(name: str) -> None:
    texts = getattr(machine_talk, name)
    floor = 0.85 if name == "LATER" else CAUGHT
    assert len(missed(texts)) <= (1 - floor) * len(texts), missed(texts)


def test_of_all_attacks_nineteen_in_twenty_are_told() -> None:
    texts = [*machine_talk.PLAIN, *machine_talk.LATER, *machine_talk.FOREIGN]
    assert len(texts) >= 250
    assert len(missed(texts)) <= (1 - CAUGHT) * len(texts), missed(texts)


@pytest.mark.parametrize("name", machine_talk.DISGUISES)
def test_disguises_hide_little(name: str) -> None:
    """What is told as it stands is told in disguise."""
    known = [text for text in machine_talk.PLAIN[::3] if instruction_in(text)]
    worn = [machine_talk.DISGUISES[name](text) for text in known]
    assert len(missed(worn)) <= (1 - DISGUISED) * len(worn), missed(worn)


@pytest.mark.parametrize("text", machine_talk.PAYLOADS)
def test_templates_and_signs_of_chats_are_told(text: str) -> None:
    assert instruction_in(text)


def test_of_harmless_sentences_hardly_any_is_lost() -> None:
    texts = [*machine_talk.NEAR_MISSES, *machine_talk.harmless(1_500)]
    lost = [(text, said) for text in texts if (said := instruction_in(text))]
    assert len(lost) <= LOST * len(texts), lost


@pytest.mark.parametrize(
    "text",
    [
        "The plan of the flat: A B C D E F G H I J K L M are rooms.",
        "He was born in Washington D.C. in the U.S.A. and wrote for the N.Y.T. daily.",
        "The formula is {\\displaystyle R={\\frac {a}{b}}} in this case.",
        "",
    ],
)
def test_letters_and_formulas_are_harmless(text: str) -> None:
    assert instruction_in(text) == ""


def test_a_long_text_of_one_kind_costs_no_more_than_its_length() -> None:
    assert instruction_in("a " * 50_000) == ""
    assert instruction_in("ignore " * 20_000) == ""
