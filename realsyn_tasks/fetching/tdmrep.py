"""/.well-known/tdmrep.json, once per origin (TDM Reservation Protocol, W3C community report).

A list of rules: `location` is a path with `*` and `$` as in robots.txt, `tdm-reservation` is 1
where text and data mining is reserved. Where several rules fit, the first or the most specific
could be meant: it is enough that either reserves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from realsyn_tasks.fetching import reasons
from realsyn_tasks.fetching.origins import Get, PerOrigin
from realsyn_tasks.fetching.outcomes import Refusal
from realsyn_tasks.web.reasons import OPT_OUT

PATH = "/.well-known/tdmrep.json"
MAX_RULES = 10_000
MAX_LOCATION = 2048
RESERVED = (1, "1", True)


@dataclass(frozen=True)
class Rule:
    """One entry of the list."""

    location: str
    reserved: bool


@dataclass(frozen=True)
class Reservations:
    """What an origin reserves; `problem` is why nobody knows, and then everything is."""

    rules: tuple[Rule, ...] = ()
    problem: str = ""


class TdmRep:
    """Asks each origin once."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._origins = PerOrigin(PATH, self._read)

    async def check(self, url: str) -> None:
        """Raise Refusal if text and data mining is reserved at an address."""
        origin = await self._origins.of(url)
        if origin.problem:
            raise Refusal(reasons.TDMREP_UNREACHABLE, origin.problem)
        rule = reserving(origin.rules, url)
        if rule:
            raise Refusal(OPT_OUT, f"tdmrep.json reserves {rule.location[:100]}")

    async def _read(self, url: str) -> Reservations:
        """What cannot be had for good reserves nothing; what fails for now, everything."""
        try:
            data = await self._get(url)
        except Refusal as refusal:
            problem = str(refusal.verdict) if refusal.transient else ""
            return Reservations(problem=problem)
        return Reservations(rules_of(data))


def rules_of(data: bytes) -> tuple[Rule, ...]:
    """Read the list; what is not as the protocol says reserves nothing."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return ()
    items = content if isinstance(content, list) else []
    rules = (_rule(item) for item in items[:MAX_RULES])
    return tuple(rule for rule in rules if rule)


def _rule(item: Any) -> Rule | None:
    location = item.get("location") if isinstance(item, dict) else None
    if not isinstance(location, str) or not location or len(location) > MAX_LOCATION:
        return None
    value = item.get("tdm-reservation")
    return Rule(location, isinstance(value, (int, str)) and value in RESERVED)


def reserving(rules: tuple[Rule, ...], url: str) -> Rule | None:
    """Give the rule that reserves an address, if one does: the first or the most specific."""
    parts = urlsplit(url)
    path = _plain(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fitting = [rule for rule in rules if fits(rule.location, path)]
    if not fitting:
        return None
    counting = (fitting[0], max(fitting, key=lambda rule: len(rule.location)))
    return next((rule for rule in counting if rule.reserved), None)


def fits(location: str, path: str) -> bool:
    """Say whether a path begins as a location does; `*` is anything, a last `$` is the end.

    Takes time in proportion to both, whatever the pattern.
    """
    ended = location.endswith("$")
    first, *rest = _plain(location.removesuffix("$") if ended else location).split("*")
    if not first.startswith("/") and first:
        first = f"/{first}"
    if not path.startswith(first):
        return False
    place = len(first)
    for number, part in enumerate(rest, start=1):
        if ended and number == len(rest):
            return len(path) - len(part) >= place and path.endswith(part)
        start = path.find(part, place)
        if start < 0:
            return False
        place = start + len(part)
    return not ended or place == len(path)


def _plain(path: str) -> str:
    """Give one spelling to escapes."""
    return quote(unquote(path, errors="replace"), safe="/*$?=&~@:!',;()+")
