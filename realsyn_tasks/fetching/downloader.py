"""An address to an image: robots.txt, tdmrep.json, redirects one by one, tries again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.fetching import reasons
from realsyn_tasks.fetching.exchange import Redirect, ask, open_session
from realsyn_tasks.fetching.guard import Guard, Lookup
from realsyn_tasks.fetching.hosts import Hosts
from realsyn_tasks.fetching.origins import MAX_BYTES
from realsyn_tasks.fetching.outcomes import Answer, Refusal
from realsyn_tasks.fetching.robots import Robots
from realsyn_tasks.fetching.settings import Settings
from realsyn_tasks.fetching.tdmrep import TdmRep
from realsyn_tasks.web.reasons import EMPTY

Allowed = Callable[[str], Awaitable[None]]
"""Raises Refusal for an address that robots.txt or tdmrep.json forbids."""
NOT_AGAIN = (reasons.ROBOTS_UNREACHABLE, reasons.TDMREP_UNREACHABLE, reasons.HOST_GIVEN_UP)
OF_THE_HOST = (
    reasons.TIMEOUT,
    reasons.CONNECT_FAILED,
    reasons.CONNECTION_LOST,
    reasons.DNS_FAILURE,
    reasons.THROTTLED,
    reasons.SERVER_ERROR,
)


@dataclass
class _Spent:
    """What one address has cost: requests, and seconds of the try at hand without its waits."""

    requests: int = 0
    seconds: float = 0.0


class Downloader:
    """Asks for one image at a time, many at once; a context manager around one client."""

    def __init__(self, settings: Settings, lookup: Lookup | None = None) -> None:
        self._settings = settings
        self._guard = Guard(settings.ports, settings.allowed_networks)
        self._hosts = Hosts(settings)
        self._robots = Robots(settings.robot, self._rules)
        self._tdmrep = TdmRep(self._rules)
        self._lookup = lookup

    async def __aenter__(self) -> Downloader:
        self._session = open_session(self._settings, self._guard, self._lookup)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def image(self, url: str) -> Answer:
        """Give an image's bytes, or why there are none after all tries."""
        spent = _Spent()
        try:
            data = await self._try(url, spent, self._allowed, self._settings.max_bytes)
            self._check(data)
        except Refused as refused:
            return Answer(url, None, refused.verdict, spent.requests)
        return Answer(url, data, requests=spent.requests)

    def _check(self, data: bytes) -> None:
        if not data:
            raise Refusal(EMPTY)
        self._settings.accept(data)

    async def _allowed(self, url: str) -> None:
        delay = await self._robots.check(url)
        if delay > self._settings.longest_delay:
            raise Refusal(reasons.CRAWL_DELAY, f"{delay:.0f} s")
        if delay:
            self._hosts.slow_down(self._guard.check(url), delay)
        await self._tdmrep.check(url)

    async def _anyone(self, url: str) -> None:
        """Let the rules themselves be asked for."""

    async def _rules(self, url: str) -> bytes:
        return await self._try(url, _Spent(), self._anyone, MAX_BYTES, cut=True)

    async def _try(
        self, url: str, spent: _Spent, allowed: Allowed, max_bytes: int, cut: bool = False
    ) -> bytes:
        """Follow an address, several times if that may help; raises the last Refusal."""
        for attempt in range(1, self._settings.attempts + 1):
            spent.seconds = 0.0
            try:
                return await self._follow(url, spent, allowed, max_bytes, cut)
            except Refusal as refusal:
                again = refusal.transient and refusal.verdict.reason not in NOT_AGAIN
                if not again or attempt == self._settings.attempts:
                    raise
                await asyncio.sleep(self._settings.retry_wait * 2 ** (attempt - 1))
        raise AssertionError("there is at least one try")

    async def _follow(
        self,
        url: str,
        spent: _Spent,
        allowed: Allowed,
        max_bytes: int,
        cut: bool = False,
    ) -> bytes:
        """Follow redirects; each address is checked, asked of robots.txt, and waits its turn."""
        seen: set[str] = set()
        for _ in range(self._settings.max_redirects + 1):
            if url in seen:
                raise Refusal(reasons.REDIRECT_LOOP, url[:120])
            seen.add(url)
            host = self._guard.check(url)
            await allowed(url)
            answer = await self._ask(url, host, spent, max_bytes, cut)
            if not isinstance(answer, Redirect):
                return answer
            url = answer.url
        raise Refusal(reasons.TOO_MANY_REDIRECTS, f"more than {self._settings.max_redirects}")

    async def _ask(
        self, url: str, host: str, spent: _Spent, max_bytes: int, cut: bool
    ) -> bytes | Redirect:
        async with self._hosts.turn(host):
            started, spent.requests = _now(), spent.requests + 1
            try:
                async with asyncio.timeout(self._settings.request_seconds - spent.seconds):
                    answer = await ask(self._session, url, max_bytes, cut)
            except TimeoutError:
                refusal = Refusal(reasons.TIMEOUT, f"{self._settings.request_seconds:.0f} s")
                self._note(host, refusal)
                raise refusal from None
            except Refusal as refusal:
                self._note(host, refusal)
                raise
            finally:
                spent.seconds += _now() - started
            self._hosts.answered(host)
            return answer

    def _note(self, host: str, refusal: Refusal) -> None:
        if refusal.verdict.reason in OF_THE_HOST:
            self._hosts.failed(host, refusal)
        else:
            self._hosts.answered(host)


def _now() -> float:
    return asyncio.get_running_loop().time()
