"""Texts that address a machine: instructions to a language model, its markup, code for a template.

A text of the web is data. One that tells a model what to do is no description of anything: it goes
into no prompt, and into no dataset. It is told by what it does, in any reading (`disguises`): who
is addressed, what they are told to drop, to answer, to be, or to give away. No single word is
enough: people ignore orders and assistants print reports.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from realsyn_tasks.text.disguises import (
    decoded,
    folded,
    readings,
    reads_as_english,
    spelt_out,
    visible,
)
from realsyn_tasks.text.foreign_instructions import foreign_order
from realsyn_tasks.text.instruction_words import words
from realsyn_tasks.text.needles import Needles, Patterns

# Beginnings of words of which every instruction to a machine has one. Most texts have none.
_STEM = 5
_WORDS = re.compile("[a-z]+")
_TALK = frozenset(
    (
        "admin agent ai alexa answe assis autom bard bot bots bypas call capti chatb chatg class"
        " claud comma compl confi const conte conve copil crawl crede curl decod descr devel direc"
        " disre drop earli echo email emit eval execu exfil filte forge forwa gemin gener goal"
        " googl gpt grok guard guida guide heed hey ignor insta instr invok jailb key keys label"
        " langu leak limit llama llm llms machi menti messa missi mode model neura obey objec"
        " order outpu overr overw param parse passw perso polic post prepr print progr promp purpo"
        " rank rate recit repea repli reply reque respo restr revea revie rewri rm robot role rule"
        " rules run say score scrap secre send setti siri speak state sudo summa syste talk task"
        " tasks token trans treat trust type u uploa user users verba virtu vlm wget write you"
        " your yours yourse"
    ).split()
)
# What all markup and templates of instructions.yaml have one of.
_SIGN_OF_MARKUP = re.compile(r"[<>\[\]{}%:$]|[#=*_-]{2}|\bbegin ", re.IGNORECASE)
DEPTH = 2  # of codes within codes
MOST = 4_000  # characters that are looked at; a longer text is no sentence


def instruction_in(text: str) -> str:
    """Give the part of a text that addresses a machine, as it was read; "" where none does."""
    return _instruction_in(text[:MOST], DEPTH)


@lru_cache(maxsize=4_096)
def _instruction_in(text: str, depth: int) -> str:
    seen = visible(text)
    if match := _markup_in(seen):
        return match[0].strip()
    plain = folded(seen)
    is_english = reads_as_english(plain)
    if order := foreign_order(seen, is_english) or spelt_out(seen):
        return order
    acts = (act for reading in readings(seen, plain, is_english) if (act := _act_in(reading)))
    if act := next(acts, ""):
        return act
    pieces = decoded(text, seen) if depth else ()
    return next(filter(None, (_instruction_in(piece, depth - 1) for piece in pieces)), "")


def _act_in(reading: str) -> str:
    """Give the words that do what only instructions do."""
    if _TALK.isdisjoint(word[:_STEM] for word in _WORDS.findall(reading)):
        return ""
    held = _needles().held_in(reading)
    matches = (act.search(reading, held) for act in _acts())
    match = next(filter(None, matches), None) or _markup_in(reading)
    return match[0].strip() if match else ""


@cache
def _acts() -> tuple[Patterns, ...]:
    return tuple(words().act_patterns().values())


@cache
def _needles() -> Needles:
    return Needles(sorted(frozenset().union(*(act.needles for act in _acts()))))


def _markup_in(text: str) -> re.Match[str] | None:
    return _markup().search(text) if _SIGN_OF_MARKUP.search(text) else None


@cache
def _markup() -> re.Pattern[str]:
    return words().markup_pattern()
