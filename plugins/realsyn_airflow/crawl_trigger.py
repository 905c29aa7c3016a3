"""The trigger that wakes ingest: it reads the queue of the bucket's events.

Unlike the provider's own trigger, it needs no second client of AWS, wakes for markers of crawls
alone, and takes all else out of the queue as well, which is for ingest only. What it misses, the
next look by the clock finds.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from realsyn_airflow.bucket_events import Markers

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook

MESSAGES = 10  # at a time; SQS gives no more
WAIT = 10  # seconds in which SQS waits for a message
OUTAGE_POLL = 15.0  # seconds between looks for a queue that does not answer
REGION = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com")
Message = dict[str, Any]


class CrawlTrigger(BaseEventTrigger):
    """Fires whenever a crawl below a root is whole."""

    def __init__(self, queue: str, connection: str, root: str, marker: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.queue = queue
        self.connection = connection
        self.root = root
        self.marker = marker

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Name the class and its arguments."""
        arguments = {
            name: getattr(self, name) for name in ("queue", "connection", "root", "marker")
        }
        return f"{CrawlTrigger.__module__}.{CrawlTrigger.__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Read the queue for good. A message is removed after its event, so that none is lost."""
        markers = Markers.below(self.root, self.marker)
        hook = self._hook()
        while True:
            messages = await self._ask(lambda: self._receive(hook)) or []
            bodies = [str(message.get("Body", "")) for message in messages]
            if crawls := sorted({name for body in bodies for name in markers.crawls(body)}):
                yield TriggerEvent({"crawls": crawls})  # type: ignore[no-untyped-call]
            if messages:
                await self._ask(lambda: self._remove(hook, messages))  # noqa: B023

    async def _ask(self, question: Callable[[], Any]) -> Any:
        """Ask SQS in a thread; nothing, after a while, if it does not answer."""
        try:
            return await sync_to_async(question, thread_sensitive=False)()
        except Exception as error:
            self.log.warning("no answer of queue %s: %s", self.queue, error)
            await asyncio.sleep(OUTAGE_POLL)
            return None

    def _hook(self) -> SqsHook:
        from airflow.providers.amazon.aws.hooks.sqs import SqsHook

        told = REGION.match(self.queue)
        return SqsHook(aws_conn_id=self.connection, region_name=told[1] if told else None)

    def _receive(self, hook: SqsHook) -> list[Message]:
        answer = hook.get_conn().receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=MESSAGES, WaitTimeSeconds=WAIT
        )
        return list(answer.get("Messages", []))

    def _remove(self, hook: SqsHook, messages: list[Message]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        hook.get_conn().delete_message_batch(QueueUrl=self.queue, Entries=entries)
