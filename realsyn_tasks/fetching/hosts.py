"""Turns: how many requests a host sees at once, how often, and when it is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from realsyn_tasks.fetching import reasons
from realsyn_tasks.fetching.outcomes import Refusal
from realsyn_tasks.fetching.settings import Settings


@dataclass
class _Host:
    slots: asyncio.Semaphore
    delay: float
    next_start: float = 0.0
    failures: int = 0  # in a row
    given_up: str = ""


class Hosts:
    """What is known of each host in this batch, and the requests that are under way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all = asyncio.Semaphore(settings.concurrency)
        self._known: dict[str, _Host] = {}

    def _host(self, name: str) -> _Host:
        if name not in self._known:
            slots = asyncio.Semaphore(self._settings.per_host)
            self._known[name] = _Host(slots, self._settings.host_delay)
        return self._known[name]

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait until a request to this host may start; raises Refusal if it was given up."""
        host = self._host(name)
        async with host.slots:
            await self._start(host)
            try:
                yield
            finally:
                self._all.release()

    async def _start(self, host: _Host) -> None:
        """Take a place among all requests, but only at a time that suits the host."""
        while True:
            if host.given_up:
                raise Refusal(reasons.HOST_GIVEN_UP, host.given_up)
            await asyncio.sleep(max(0.0, host.next_start - _now()))
            await self._all.acquire()
            if _now() >= host.next_start and not host.given_up:
                break
            self._all.release()
        host.next_start = _now() + host.delay

    def slow_down(self, name: str, delay: float) -> None:
        """Keep at least this many seconds between the requests to a host."""
        host = self._host(name)
        host.delay = max(host.delay, delay)

    def answered(self, name: str) -> None:
        """Note that a host is well."""
        self._host(name).failures = 0

    def failed(self, name: str, refusal: Refusal) -> None:
        """Note a failure that says something of the host; too many, and it is left alone."""
        host = self._host(name)
        host.failures += 1
        too_long = refusal.retry_after > self._settings.longest_retry_wait
        if too_long:
            host.given_up = f"it asks for a pause of {refusal.retry_after:.0f} s"
        elif refusal.retry_after:
            host.next_start = max(host.next_start, _now() + refusal.retry_after)
        if host.failures >= self._settings.host_failures:
            host.given_up = (
                f"{host.failures} failures in a row, the last one {refusal.verdict.reason}"
            )


def _now() -> float:
    return asyncio.get_running_loop().time()
