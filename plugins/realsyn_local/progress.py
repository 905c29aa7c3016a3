"""How far the batches of a stage are, from the small objects that they leave in a local root."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from realsyn_tasks.core.progress import BatchProgress

FRESH = 120.0  # seconds; what is older is of an earlier run


@dataclass(frozen=True)
class Progress:
    """Of all batches of a stage that were at work a moment ago."""

    done: float  # shards
    shards: int
    left: float | None  # seconds, until the slowest batch is done; None: nothing to tell it from

    def __str__(self) -> str:
        share = f"{self.done / self.shards:.0%}" if self.shards else ""
        return f"{share}, about {self.left:.0f} s left" if self.left and self.left >= 1 else share


def of_stage(build: str, stage: str) -> Progress | None:
    """Read the progress of a stage; None where there is none, or storage is not local."""
    if build.startswith("s3://"):
        return None
    folder = Path(build.removeprefix("file://")) / stage / "_progress"
    reports = [BatchProgress.parsed(path.read_bytes()) for path in _fresh(folder)]
    whole = [report for report in reports if report is not None]
    if not whole:
        return None
    left = [report.left for report in whole]
    return Progress(
        done=sum(report.done for report in whole),
        shards=sum(report.shards for report in whole),
        left=None if None in left else max(seconds for seconds in left if seconds is not None),
    )


def _fresh(folder: Path) -> list[Path]:
    oldest = time.time() - FRESH
    return [path for path in folder.glob("[0-9]*.json") if path.stat().st_mtime > oldest]
