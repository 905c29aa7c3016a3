"""What is asked of each origin once, and remembered for the batch."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

MAX_BYTES = 512 << 10  # of a file of rules; what lies beyond is not read
ORIGINS = 10_000  # remembered at most

Get = Callable[[str], Awaitable[bytes]]
"""Gives the bytes at an address, or raises Refusal."""
Rules = TypeVar("Rules")


class PerOrigin(Generic[Rules]):
    """Reads a file of rules of each origin once, however many wait for it."""

    def __init__(self, path: str, read: Callable[[str], Coroutine[Any, Any, Rules]]) -> None:
        self._path = path
        self._read = read
        self._known: OrderedDict[str, asyncio.Task[Rules]] = OrderedDict()

    async def of(self, url: str) -> Rules:
        """Give the rules of an address's origin."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._known:
            self._known[origin] = asyncio.create_task(self._read(f"{origin}{self._path}"))
            if len(self._known) > ORIGINS:
                self._known.popitem(last=False)
        return await asyncio.shield(self._known[origin])
