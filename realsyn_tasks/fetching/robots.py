"""robots.txt, once per origin (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from realsyn_tasks.fetching import reasons
from realsyn_tasks.fetching.origins import Get, PerOrigin
from realsyn_tasks.fetching.outcomes import Refusal

if TYPE_CHECKING:
    from protego import Protego


@dataclass(frozen=True)
class Rules:
    """What an origin allows; `problem` is why nobody knows, and then nothing is allowed."""

    parsed: Protego | None = None
    problem: str = ""


class Robots:
    """Asks each origin once."""

    def __init__(self, robot: str, get: Get) -> None:
        self._robot = robot
        self._get = get
        self._origins = PerOrigin("/robots.txt", self._read)

    async def check(self, url: str) -> float:
        """Give the delay that the origin asks for; raises Refusal if it does not let us in."""
        rules = await self._origins.of(url)
        if rules.problem:
            raise Refusal(reasons.ROBOTS_UNREACHABLE, rules.problem)
        if rules.parsed is None:
            return 0.0
        if not rules.parsed.can_fetch(url, self._robot):
            raise Refusal(reasons.ROBOTS_DISALLOW, urlsplit(url).netloc)
        return float(rules.parsed.crawl_delay(self._robot) or 0.0)

    async def _read(self, url: str) -> Rules:
        """What cannot be had for good stands for no rules; what fails for now forbids all."""
        from protego import Protego

        try:
            text = (await self._get(url)).decode("utf-8", "replace")
        except Refusal as refusal:
            return Rules(problem=str(refusal.verdict) if refusal.transient else "")
        return Rules(Protego.parse(text))
