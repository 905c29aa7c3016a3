"""Orders to a machine in other languages than English: what they drop, and what they ask for.

A dataset in English loses texts of other languages anyway; short ones, captions and what a page
mixes in get through. In each language an order names what is to be dropped together with what was
told, or it makes somebody of the reader. The words are in instructions.yaml, as they begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from realsyn_tasks.text.instruction_words import Language, words

_NEAR = 60  # characters between what is dropped and what it is
_GROUP = re.compile(r"\(\?:[^()]*\)\??")
_WORDS = re.compile(r"[^\W\d_]+")
_LITERAL = re.compile(r"(?:[^\W\d_]| (?!\.))+")
_UNSPACED_LETTER = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HEAD = 3  # letters
_SHOWN = 80  # characters of an order


@dataclass(frozen=True)
class _Orders:
    """The patterns of a language, and what an order to drop something begins with."""

    drop: re.Pattern[str]
    others: tuple[re.Pattern[str], ...]
    starts: tuple[str, ...]
    heads: frozenset[str]  # the first letters of these, _HEAD at most


def _orders_of(language: Language, border: str) -> _Orders:
    drop, orders = f"{border}(?:{language.drop})", f"{border}(?:{language.orders})"
    starts = tuple(sorted(_starts(language.drop)))
    gap = f"[^.!?。]{{0,{_NEAR}}}?"
    return _Orders(
        re.compile(f"{drop}{gap}{orders}"),
        (
            re.compile(f"{orders}{gap}{drop}"),
            *(re.compile(f"{border}(?:{starts})") for starts in (language.be, language.answer)),
        ),
        starts,
        frozenset(start.split()[0][:_HEAD] for start in starts),
    )


def _starts(words: str) -> set[str]:
    """Give how the alternatives of a pattern begin: a blank, and the letters that are plain."""
    alternatives = _GROUP.sub("\0", words).split("|")
    return {f" {match[0]}" for part in alternatives if (match := _LITERAL.match(part))}


@cache
def _languages(spaced: bool) -> tuple[_Orders, ...]:
    """Give the orders of the languages that put blanks between words, or of the others."""
    border = r"(?<!\w)" if spaced else ""
    known = (language for language in words().languages if language.spaced == spaced)
    return tuple(_orders_of(language, border) for language in known)


def foreign_order(seen: str, english: bool) -> str:
    """Give the order to a machine that a text gives in another language; "" where there is none.

    `seen` is as people see it (disguises.visible). In a text that reads as English only orders to
    drop what was told are looked for.
    """
    return next((match[0].strip()[:_SHOWN] for match in _orders(seen.casefold(), english)), "")


def _heads(spoken: list[str]) -> set[str]:
    return {word[:length] for word in spoken for length in range(1, _HEAD + 1)}


@cache
def _all_heads() -> frozenset[str]:
    return frozenset().union(*(orders.heads for orders in _languages(True)))


def _likely(spoken: str, heads: set[str]) -> Iterator[_Orders]:
    """Give the languages in which something may be dropped."""
    if heads.isdisjoint(_all_heads()):
        return
    for orders in _languages(True):
        if not orders.heads.isdisjoint(heads) and any(map(spoken.__contains__, orders.starts)):
            yield orders


def _orders(text: str, english: bool) -> Iterator[re.Match[str]]:
    spoken = _WORDS.findall(text)
    likely = list(_likely(f" {' '.join(spoken)} ", _heads(spoken)))
    unspaced = _languages(False) if _UNSPACED_LETTER.search(text) else ()
    patterns = [orders.drop for orders in (*likely, *unspaced)]
    for languages in (unspaced, () if english else _languages(True)):
        patterns += [pattern for orders in languages for pattern in orders.others]
    yield from filter(None, (pattern.search(text) for pattern in patterns))
