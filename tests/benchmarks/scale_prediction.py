"""What a smaller corpus foretells of a larger one, played as `plan` plays a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from realsyn_tasks.report.simulation import HOUR, Cluster, Load, play
from tests.benchmarks.scale_report import SEARCH_GOAL, SEARCHES, Record

TOLERANCE = 0.15  # of what is measured
ALONE = "one"  # the axis of fits and steps: one batch at any size


@dataclass(frozen=True)
class Prediction:
    """CPU seconds of all processes of a run, starts included, as foretold and as they were."""

    pictures: int
    from_pictures: int
    foretold: float
    measured: float

    @property
    def off(self) -> float:
        """Give by what share of what was measured it is wrong."""
        return abs(self.foretold / self.measured - 1)


def prediction(smaller: Sequence[Record], larger: Sequence[Record]) -> Prediction:
    """Foretell a larger run from a smaller one alone, and hold it against what was measured.

    Work grows with the pictures (that of a search at planned recall by its own exponent), batches
    are of equal size, and one process works at a time.
    """
    pictures, from_pictures = larger[0]["pictures"], smaller[0]["pictures"]
    loads: list[Load] = []
    for record in smaller:
        before = (loads[-1].name,) if loads else ()
        loads.append(_load(record, pictures / from_pictures, before, len(loads)))
    hours = play(loads, Cluster({"cpu": 1.0})).hours
    measured = sum(record["cpu_seconds"] + record["startup_seconds"] for record in larger)
    return Prediction(pictures, from_pictures, hours * HOUR, measured)


def _load(record: Record, ratio: float, before: tuple[str, ...], number: int) -> Load:
    batches = record["batches"]
    larger = batches if record["axis"] == ALONE else max(1, round(batches * ratio))
    power = SEARCH_GOAL if record["stage"] in SEARCHES else 1.0
    work = record["cpu_seconds"] * ratio**power / larger
    start = record["startup_seconds"] / max(1, batches)
    return Load(f"{number} {record['stage']}", record["group"], before, larger, work + start)
