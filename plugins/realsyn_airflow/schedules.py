"""When DAGs run by themselves: by the clock, and by what comes into the bucket or the corpus."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable

from realsyn_airflow import aws, settings
from realsyn_airflow.bucket_events import Markers
from realsyn_airflow.crawl_trigger import CrawlTrigger
from realsyn_tasks.extract.group import GROUP as EXTRACT

CRAWL = "realsyn_crawl"
TIMEZONE = "UTC"


def of_ingest() -> Any:
    """Give the clock of ingest, and the queue that wakes it besides if one is named.

    ConfigError where a queue is named, and the root is in no bucket.
    """
    ingest = settings.ingest()
    if not ingest.queue:
        return ingest.schedule
    root = settings.default_root()
    Markers.below(root, ingest.marker)
    connection = settings.aws_connection() or aws.DEFAULT
    trigger = CrawlTrigger(ingest.queue, connection, root, ingest.marker)
    return _either(
        ingest.schedule, Asset(CRAWL, watchers=[AssetWatcher(name=CRAWL, trigger=trigger)])
    )


def of_renewal() -> Any:
    """Give the clock of renewal; without one, it follows each promotion into the corpus."""
    return settings.renewal().schedule or [Asset(EXTRACT.asset)]


def _either(cron: str | None, asset: Asset) -> Any:
    if not cron:
        return [asset]
    clock = CronTriggerTimetable(cron, timezone=TIMEZONE)
    return AssetOrTimeSchedule(timetable=clock, assets=[asset])
