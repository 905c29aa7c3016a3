"""What a text must hold for a pattern to match in it: to search many patterns at little cost.

A pattern becomes clauses: of each, at least one of the strings stands in whatever it matches. They
are read off the pattern itself, so that they cannot differ from it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LEAST = 3  # characters of a string that is worth looking for
Clause = frozenset[str]


@dataclass(frozen=True)
class Patterns:
    """Alternatives that are searched for as if they were one pattern with bars between them."""

    alternatives: tuple[str, ...]

    @cached_property
    def needles(self) -> Clause:
        """Give all strings that are worth looking for."""
        return frozenset().union(*(clause for _, needed in self._known for clause in needed))

    def search(self, text: str, held: Clause) -> re.Match[str] | None:
        """Give the first match in a text that holds these of the needles."""
        matches = [
            match
            for pattern, first, needed in self._ranked
            if not (first and first.isdisjoint(held))
            if not any(map(held.isdisjoint, needed)) and (match := pattern.search(text))
        ]
        return min(matches, key=lambda match: match.start(), default=None)

    @cached_property
    def _ranked(self) -> list[tuple[re.Pattern[str], Clause, list[Clause]]]:
        """Each pattern with the rarest of what it needs, as long strings are, and with the rest."""
        rarest = [(pattern, sorted(needed, key=_shortest)) for pattern, needed in self._known]
        return [(p, needed[-1] if needed else frozenset(), needed[:-1]) for p, needed in rarest]

    @cached_property
    def _known(self) -> list[tuple[re.Pattern[str], list[Clause]]]:
        return [(re.compile(text), clauses(text)) for text in self.alternatives]


class Needles:
    """Strings to look for, by their first letters."""

    def __init__(self, needles: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = defaultdict(list)
        for needle in needles:
            self._by_head[needle[:_LEAST]].append(needle)

    def held_in(self, text: str) -> Clause:
        """Give the needles that stand in a text."""
        pieces = {text[start : start + _LEAST] for start in range(len(text) - _LEAST + 1)}
        heads = pieces & self._by_head.keys()
        return frozenset(n for head in heads for n in self._by_head[head] if n in text)


def clauses(pattern: str) -> list[Clause]:
    """Give what every match of a pattern, whose case counts, must hold."""
    return _of_sequence(parser.parse(pattern))


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> list[Clause]:
    needed: list[Clause] = []
    literal = ""
    for code, value in [*items, (op.ANY, None)]:
        if code is op.LITERAL:
            literal += chr(value)
        elif code is not op.AT:  # which has no width
            needed += [frozenset({literal})] if len(literal) >= _LEAST else []
            literal = ""
            needed += _of_item(code, value)
    return needed


def _of_item(code: Any, value: Any) -> list[Clause]:
    if code is op.SUBPATTERN:
        return _of_sequence(value[3])
    if code is op.BRANCH:
        return _of_branches([_of_sequence(branch) for branch in value[1]])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0]:
        return _of_sequence(value[2])
    return []


def _of_branches(branches: Sequence[list[Clause]]) -> list[Clause]:
    """Give the one clause of which each branch needs a string, if each needs any."""
    if not all(branches):
        return []
    best = [max(needed, key=_shortest) for needed in branches]
    return [frozenset().union(*best)]


def _shortest(clause: Clause) -> int:
    return min(map(len, clause))
