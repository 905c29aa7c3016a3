"""A hostile server, and a fetcher with small bounds that may reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realsyn_tasks.fetching.batch import fetch_all
from realsyn_tasks.fetching.outcomes import Answer
from realsyn_tasks.fetching.settings import Settings
from tests.fetching.server import HostileServer, running

Fetch = Callable[..., dict[str, Answer]]


def code(answer: Answer) -> str:
    """Give the code of the reason why there are no bytes; "" for an image."""
    return answer.verdict.reason.code if answer.verdict else ""


async def loopback(host: str) -> list[str]:
    """Look every name up as this machine."""
    return ["127.0.0.1"]


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with running(HostileServer()) as server:
        yield server


@pytest.fixture
def fetch() -> Fetch:
    """Fetch addresses with settings changed by name; give the answers by address."""

    def fetch(urls: list[str], lookup: Any = loopback, **changes: Any) -> dict[str, Answer]:
        small: dict[str, Any] = {
            "contact": "crawl@site.example",
            "host_delay": 0.0,
            "request_seconds": 1.0,
            "connect_seconds": 0.5,
            "read_seconds": 0.4,
            "dns_seconds": 0.3,
            "attempts": 1,
            "retry_wait": 0.01,
            "batch_seconds": 10.0,
            "max_bytes": 100_000,
            "allowed_networks": ("127.0.0.0/8",),
        }
        answers: dict[str, Answer] = {}
        settings = Settings(**(small | changes))
        fetch_all(urls, settings, lambda given: answers.update({given.url: given}), lookup)
        return answers

    return fetch
