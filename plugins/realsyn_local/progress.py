"""How far the batches of a stage are, from the small objects that they leave in a local root."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from realsyn_tasks.core.errors import RealSynError
from realsyn_tasks.core.progress import BatchProgress, rate_in_words
from realsyn_tasks.report.console import duration
from realsyn_tasks.report.eta import Estimate
from realsyn_tasks.report.status import look
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE

SPARING = 20.0  # seconds between looks at the whole of a build
KINDS = {kind.folder: kind.name for kind in PIPELINE.kinds}


@dataclass(frozen=True)
class Progress:
    """Of a stage: of the batches that have begun, and those that have not."""

    share: float  # done of all
    left: float | None  # seconds, until the last batch is done; None: nothing to tell it from
    rate: str = ""  # of what goes through, in words

    def __str__(self) -> str:
        words = [f"{self.share:.0%}", self.rate]
        words += [f"about {duration(self.left)} left"] if self.left and self.left >= 1 else []
        return ", ".join(word for word in words if word)


def of_stage(build: str, stage: str, batches: int, since: float) -> Progress | None:
    """Read the progress of so many batches; None where there is none, or storage is not local.

    Of a batch that has said nothing since a moment (seconds since 1970) nothing is done.
    """
    if build.startswith("s3://"):
        return None
    folder = Path(build.removeprefix("file://")) / stage / "_progress"
    read = [BatchProgress.parsed(path.read_bytes()) for path in folder.glob("[0-9]*.json")]
    told = [report for report in read if report is not None and report.at >= since]
    if not told:
        return None
    at_work = [report for report in told if report.done < report.shards]
    silent = max(0, batches - len(told))
    shares = [_share(report) for report in told]
    rates = [report.rate for report in at_work if report.rate]
    return Progress(
        share=sum(shares) / max(batches, len(told)),
        left=_left(told, at_work, silent),
        rate=rate_in_words(sum(rates), at_work[0].unit) if rates else "",
    )


def _share(report: BatchProgress) -> float:
    """Give the share of a batch that is done, by what its shards hold."""
    if report.left is not None and report.elapsed:
        return report.elapsed / (report.elapsed + report.left)
    return report.done / report.shards if report.shards else 1.0


def _left(told: list[BatchProgress], at_work: list[BatchProgress], silent: int) -> float | None:
    """Give the seconds that are left, if as many batches go on at once as do now."""
    known = [report for report in told if report.left is not None]
    left = [report.left for report in at_work if report.left is not None]
    if not known or len(left) < len(at_work):
        return None
    whole = sum(report.elapsed + (report.left or 0.0) for report in known) / len(known)
    lanes = max(1, len(at_work))
    return max([sum(left) / lanes + silent * whole / lanes, *left])


class Rest:
    """How long the rest of a build takes; looked up now and then, for it reads ledgers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, Estimate | None]] = {}

    def of(self, build: str) -> str:
        """Say about how long the rest of a run will take; nothing where that is not known."""
        looked, rest = self._known.get(build, (-SPARING, None))
        now = self._clock()
        if now - looked >= SPARING:
            with suppress(RealSynError, OSError):  # it is a word on the side
                rest = look(Runs.at(build), quick=True).rest.whole
            self._known[build] = now, rest
        if rest is None or not rest.at_least:
            return ""
        least = "about" if rest.seconds is not None else "more than"
        return f"{least} {duration(rest.at_least)} for the {KINDS.get(_folder(build), 'run')}"


def _folder(build: str) -> str:
    return build.rsplit("/", 2)[-2] if build.count("/") > 1 else ""
