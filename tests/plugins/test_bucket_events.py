"""Which messages tell that a crawl is whole; all others tell nothing, whatever is in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realsyn_airflow.bucket_events import Markers
from realsyn_tasks.core.errors import ConfigError

MARKERS = Markers.below("s3://bucket/root/", "_SUCCESS")
KEY = "root/crawls/news 2024/_SUCCESS"


def record(key: str = KEY.replace(" ", "+"), name: str = "ObjectCreated:Put", **more: Any) -> Any:
    """A record as S3 writes it, with the key quoted."""
    told = {"bucket": {"name": "bucket"}, "object": {"key": key, "size": 0}}
    return {"eventSource": "aws:s3", "eventName": name, "s3": told, **more}


def records(*given: Any) -> str:
    return json.dumps({"Records": list(given)})


def eventbridge(key: str = KEY, kind: str = "Object Created", source: str = "aws.s3") -> str:
    told = {"bucket": {"name": "bucket"}, "object": {"key": key}}
    return json.dumps({"source": source, "detail-type": kind, "detail": told})


@pytest.mark.parametrize(
    "body",
    [
        records(record()),
        records(record(name="ObjectCreated:CompleteMultipartUpload")),
        records(record("root/crawls/other/page.html"), record()),
        json.dumps({"Type": "Notification", "Message": records(record())}),
        eventbridge(),
        json.dumps({"Message": eventbridge()}),
    ],
)
def test_a_crawl_is_whole_when_its_marker_was_created(body: str) -> None:
    assert MARKERS.crawls(body) == ["news 2024"]


@pytest.mark.parametrize(
    "body",
    [
        records(record("root/crawls/news/page.html")),
        records(record("root/crawls/_SUCCESS")),
        records(record("root/crawls/news/deeper/_SUCCESS")),
        records(record("elsewhere/root/crawls/news/_SUCCESS")),
        records(record("crawls/news/_SUCCESS")),
        records(record(f"root/crawls/{'x' * 2000}/_SUCCESS")),
        records(record("root/crawls/a%0Ab/_SUCCESS")),
        records(record(name="ObjectRemoved:Delete")),
        records(record(eventSource="aws:s4")),
        records(record(s3={"bucket": {"name": "other"}, "object": {"key": KEY}})),
        eventbridge(kind="Object Deleted"),
        eventbridge(source="my.app"),
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "bucket"}),
        *("", "{", "null", "[]", "7", '"text"', "{}", "[" * 100_000, '{"Records": 7}'),
        *('{"Records": [7, null, [], {}]}', '{"Records": {"eventName": "x"}}', '{"Message": "{"}'),
        json.dumps({"Records": [record(s3=None), record(s3=[1]), record(eventName=3)]}),
        json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": [KEY]}),
        '{"Message": "' + "\\u0000" * 100 + '"}',
    ],
)
def test_any_other_message_tells_nothing(body: str) -> None:
    assert MARKERS.crawls(body) == []


def test_a_root_may_be_a_whole_bucket() -> None:
    assert Markers.below("s3://bucket", "DONE") == Markers("bucket", "crawls/", "DONE")


@pytest.mark.parametrize(
    ("root", "marker", "words"),
    [("/data/root", "_SUCCESS", "the root is /data/root"), ("s3://bucket", "", "ingest.marker")],
)
def test_a_queue_that_could_tell_of_nothing_is_refused(root: str, marker: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Markers.below(root, marker)
