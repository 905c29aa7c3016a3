"""Many addresses, fairly over their hosts, within one batch's time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.fetching.downloader import Downloader
from realsyn_tasks.fetching.guard import Lookup
from realsyn_tasks.fetching.outcomes import Answer
from realsyn_tasks.fetching.reasons import BATCH_DEADLINE
from realsyn_tasks.fetching.settings import Settings

HOSTS_PER_REQUEST = 4  # hosts worked on at once for each request under way: most are waiting


def fetch_all(
    urls: Iterable[str],
    settings: Settings,
    take: Callable[[Answer], None],
    lookup: Lookup | None = None,
) -> None:
    """Ask for every address once, and hand each answer over as it comes, in no order.

    Memory holds the images under way and no others. What is not answered when the batch's time is
    over is handed over as such; nothing that a host does can hold the batch any longer.
    """
    try:
        asyncio.run(_fetch_all(urls, settings, take, lookup))
    except BaseExceptionGroup as group:
        raise _first(group) from group


async def _fetch_all(
    urls: Iterable[str],
    settings: Settings,
    take: Callable[[Answer], None],
    lookup: Lookup | None,
) -> None:
    queues = _by_host(urls)
    left = {url for queue in queues for url in queue}

    def handed(answer: Answer) -> None:
        left.discard(answer.url)
        take(answer)

    try:
        async with asyncio.timeout(settings.batch_seconds), Downloader(settings, lookup) as client:
            waiting = iter(queues)
            many = min(len(queues), settings.concurrency * HOSTS_PER_REQUEST)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(many):
                    tasks.create_task(_work(waiting, client, settings, handed))
    except TimeoutError:
        verdict = Verdict(BATCH_DEADLINE, f"{settings.batch_seconds:.0f} s")
        for url in sorted(left):
            take(Answer(url, None, verdict))


def _first(error: BaseException) -> BaseException:
    """The exception itself out of nested groups: whoever retries goes by its type."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _by_host(urls: Iterable[str]) -> list[deque[str]]:
    """The addresses of each host, the longest queue first, since it takes the longest."""
    queues: dict[str, deque[str]] = {}
    for url in dict.fromkeys(urls):
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        queues.setdefault(host, deque()).append(url)
    return sorted(queues.values(), key=len, reverse=True)


async def _work(
    waiting: Iterator[deque[str]],
    client: Downloader,
    settings: Settings,
    take: Callable[[Answer], None],
) -> None:
    for queue in waiting:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(settings.per_host, len(queue))):
                tasks.create_task(_empty(queue, client, take))


async def _empty(queue: deque[str], client: Downloader, take: Callable[[Answer], None]) -> None:
    while queue:
        take(await client.image(queue.popleft()))
