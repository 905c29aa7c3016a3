"""How far the batches of a stage are, from the small objects that they leave in a local root."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

FRESH = 120.0  # seconds; what is older is of an earlier run


@dataclass(frozen=True)
class Progress:
    """Of all batches of a stage that were at work a moment ago."""

    done: float  # shards
    shards: int
    left: float  # seconds, until the slowest batch is done

    def __str__(self) -> str:
        share = f"{self.done / self.shards:.0%}" if self.shards else ""
        return f"{share}, about {self.left:.0f} s left" if self.left >= 1 else share


def of_stage(build: str, stage: str) -> Progress | None:
    """Read the progress of a stage; None where there is none, or storage is not local."""
    if build.startswith("s3://"):
        return None
    folder = Path(build.removeprefix("file://")) / stage / "_progress"
    records = [json.loads(path.read_text()) for path in _fresh(folder)]
    if not records:
        return None
    return Progress(
        done=sum(record["done"] for record in records),
        shards=sum(record["shards"] for record in records),
        left=max(record["left"] for record in records),
    )


def _fresh(folder: Path) -> list[Path]:
    oldest = time.time() - FRESH
    return [path for path in folder.glob("[0-9]*.json") if path.stat().st_mtime > oldest]
