"""What wakes ingest and renewal: the clock, the bucket's queue, the corpus."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable

from realsyn_airflow import aws, crawl_trigger, schedules
from realsyn_airflow.crawl_trigger import CrawlTrigger
from realsyn_tasks.core.errors import ConfigError

EVENTS = ["s3:ObjectCreated:*"]


@pytest.fixture
def connected(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    style = {"s3": {"addressing_style": "path"}}
    extra = {"endpoint_url": endpoint, "region_name": "us-east-1", "config_kwargs": style}
    said = {"conn_type": "aws", "login": "AKIA", "password": "hush", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(said))
    monkeypatch.setattr(crawl_trigger, "WAIT", 1)


@pytest.fixture
def queue(connected: None, request: pytest.FixtureRequest) -> str:
    """A queue that the bucket `arrivals` tells of its objects."""
    s3, sqs = (aws.client(service, "aws_default") for service in ("s3", "sqs"))
    url = sqs.create_queue(QueueName=f"q-{abs(hash(request.node.name))}")["QueueUrl"]
    names = ["QueueArn"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket="arrivals")
    s3.put_bucket_notification_configuration(
        Bucket="arrivals",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": EVENTS}]},
    )
    return str(url)


def put(*keys: str) -> None:
    for key in keys:
        aws.client("s3", "aws_default").put_object(Bucket="arrivals", Key=key, Body=b"")


def left_in(queue: str) -> int:
    sqs = aws.client("sqs", "aws_default")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(count) for count in counts.values())


def first_event(trigger: CrawlTrigger) -> Any:
    """Run a trigger until it has fired."""
    return asyncio.run(asyncio.wait_for(_until(trigger, bool), 60))[0]


async def _until(trigger: CrawlTrigger, enough: Callable[[list[Any]], bool]) -> list[Any]:
    seen: list[Any] = []
    async for event in trigger.run():
        seen.append(event.payload)
        if enough(seen):
            break
    return seen


def watching(queue: str) -> CrawlTrigger:
    return CrawlTrigger(queue, "aws_default", "s3://arrivals/root", "_SUCCESS")


def test_a_marker_in_the_bucket_wakes_ingest_within_seconds(queue: str) -> None:
    put("root/crawls/news/page.html", "root/crawls/news/_SUCCESS")
    started = time.monotonic()
    assert first_event(watching(queue)) == {"crawls": ["news"]}
    assert time.monotonic() - started < 30, "on a machine that does much else"


def test_what_else_is_in_the_queue_is_taken_out_and_wakes_nobody(queue: str) -> None:
    sqs = aws.client("sqs", "aws_default")
    for body in ("nonsense", '{"Records": [7]}', "[" * 9999):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    put("root/crawls/news/page.html", "elsewhere/crawls/x/_SUCCESS", "root/crawls/news/_SUCCESS")

    async def watch() -> None:
        trigger = watching(queue)
        woken = asyncio.create_task(_until(trigger, lambda seen: len(seen) == 2))
        while await asyncio.to_thread(left_in, queue):
            await asyncio.sleep(0.2)
        put("root/crawls/late/_SUCCESS")
        assert await woken == [{"crawls": ["news"]}, {"crawls": ["late"]}]

    asyncio.run(asyncio.wait_for(watch(), 60))


def test_a_message_stays_until_its_event_is_out(queue: str) -> None:
    put("root/crawls/news/_SUCCESS")
    first_event(watching(queue))
    assert left_in(queue) == 2, "the marker, and S3's own test: who dies now loses nothing"


def test_a_queue_that_does_not_answer_is_asked_again(
    queue: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(crawl_trigger, "OUTAGE_POLL", 0.01)
    trigger, answers = watching(queue), iter([ConnectionError("down"), PermissionError("no")])
    receive = trigger._receive

    def moody(hook: Any) -> Any:
        for error in answers:
            raise error
        return receive(hook)

    monkeypatch.setattr(trigger, "_receive", moody)
    put("root/crawls/news/_SUCCESS")
    assert first_event(trigger) == {"crawls": ["news"]}


def test_a_trigger_is_what_airflow_stores_of_it() -> None:
    trigger = watching("https://sqs.eu-central-1.amazonaws.com/1/q")
    path, arguments = trigger.serialize()
    assert path == "realsyn_airflow.crawl_trigger.CrawlTrigger"
    assert CrawlTrigger(**arguments).serialize() == trigger.serialize()
    assert trigger._hook().region_name == "eu-central-1", "where the connection names none"


@pytest.fixture
def settings_are(monkeypatch: pytest.MonkeyPatch) -> Any:
    def say(root: str = "s3://arrivals", **ingest: Any) -> None:
        monkeypatch.setenv("REALSYN_ROOT", root)
        monkeypatch.setenv("REALSYN_INGEST", json.dumps(ingest))

    return say


def test_without_a_queue_ingest_goes_by_the_clock(settings_are: Any) -> None:
    settings_are(schedule="@hourly")
    assert schedules.of_ingest() == "@hourly"


def test_a_queue_wakes_ingest_besides_its_clock(settings_are: Any) -> None:
    settings_are(queue="http://q", marker="DONE")
    schedule = schedules.of_ingest()
    assert isinstance(schedule, AssetOrTimeSchedule)
    assert schedule.timetable == CronTriggerTimetable("@daily", timezone="UTC")
    [asset] = schedule.asset_condition.objects
    [watcher] = asset.watchers
    assert watcher.trigger.serialize()[1] == {
        "queue": "http://q",
        "connection": "aws_default",
        "root": "s3://arrivals",
        "marker": "DONE",
    }
    settings_are(queue="http://q", schedule=None)
    [alone] = schedules.of_ingest()
    assert isinstance(alone, Asset)


def test_a_queue_of_a_folder_on_this_machine_is_refused(settings_are: Any) -> None:
    settings_are(root="/data", queue="http://q")
    with pytest.raises(ConfigError, match=r"ingest\.queue"):
        schedules.of_ingest()
