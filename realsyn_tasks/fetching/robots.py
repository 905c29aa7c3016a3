"""robots.txt, once per origin (RFC 9309)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from realsyn_tasks.fetching.outcomes import Refusal

if TYPE_CHECKING:
    from protego import Protego

MAX_BYTES = 512 << 10  # what lies beyond is not read
ORIGINS = 10_000  # remembered at most


@dataclass(frozen=True)
class Rules:
    """What an origin allows; `problem` is why nobody knows, and then nothing is allowed."""

    parsed: Protego | None = None
    problem: str = ""


class Robots:
    """Asks each origin once. `get` gives the bytes at an address or raises Refusal."""

    def __init__(self, robot: str, get: Callable[[str], Awaitable[bytes]]) -> None:
        self._robot = robot
        self._get = get
        self._known: OrderedDict[str, asyncio.Task[Rules]] = OrderedDict()

    async def check(self, url: str) -> float:
        """Give the delay that the origin asks for; raises Refusal if it does not let us in."""
        rules = await asyncio.shield(self._rules(url))
        if rules.problem:
            raise Refusal("robots_unreachable", rules.problem)
        if rules.parsed is None:
            return 0.0
        if not rules.parsed.can_fetch(url, self._robot):
            raise Refusal("robots_disallow", urlsplit(url).netloc)
        return float(rules.parsed.crawl_delay(self._robot) or 0.0)

    def _rules(self, url: str) -> asyncio.Task[Rules]:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._known:
            self._known[origin] = asyncio.create_task(self._read(f"{origin}/robots.txt"))
            if len(self._known) > ORIGINS:
                self._known.popitem(last=False)
        return self._known[origin]

    async def _read(self, url: str) -> Rules:
        """What cannot be had for good stands for no rules; what fails for now forbids all."""
        from protego import Protego

        try:
            text = (await self._get(url)).decode("utf-8", "replace")
        except Refusal as refusal:
            return Rules(problem=f"{refusal.reason} {refusal.detail}" if refusal.transient else "")
        return Rules(Protego.parse(text))
