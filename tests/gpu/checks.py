"""What a check is: a name, what it saw, and whether that is as it should be."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


class Skipped(Exception):
    """Something that a check needs is not installed on this machine."""


@dataclass(frozen=True)
class Surroundings:
    """Where checks run and how large they are."""

    device: str  # of torch
    small: bool  # sizes for a CPU, to try the script itself

    def size(self, full: int, small: int) -> int:
        """Choose a size."""
        return small if self.small else full

    def settle(self) -> None:
        """Wait for what the device still has to do."""
        import torch

        if self.device.startswith("cuda"):
            torch.cuda.synchronize()


@dataclass(frozen=True)
class Outcome:
    """What a check saw."""

    name: str
    state: str  # passed, failed, skipped
    seconds: float
    figures: dict[str, Any] = field(default_factory=dict)
    detail: str = ""

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self)

    def line(self) -> str:
        """Say it for people."""
        figures = ", ".join(f"{name} {value}" for name, value in _flat(self.figures))
        said = self.detail.strip().splitlines()[-1:] or [figures]
        return f"{self.state:8}{self.name:26}{self.seconds:6.1f} s  {said[0]}"


def _flat(figures: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        inner = value.items() if isinstance(value, dict) else (("", value),)
        yield from ((f"{name} {what}".strip(), figure) for what, figure in inner)


def tables(outcomes: Sequence[Outcome]) -> str:
    """Give what passed as Markdown: a table for each check that looks at several models."""
    parts = []
    for outcome in outcomes:
        rows = {n: v if isinstance(v, dict) else {"": v} for n, v in outcome.figures.items()}
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        if rows:
            parts.append(_table(outcome.name.replace("_", " "), columns, rows))
    return "\n".join(parts)


def _table(name: str, columns: list[str], rows: dict[str, dict[str, Any]]) -> str:
    lines = [[name, *columns], ["---"] * (1 + len(columns))]
    lines += [
        [row, *(str(cells.get(column, "")) for column in columns)] for row, cells in rows.items()
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


Check = Callable[[Surroundings], dict[str, Any]]


def run(check: Check, where: Surroundings) -> Outcome:
    """Run a check; what it raises is its failure, and the others go on."""
    name, started = check.__name__, time.perf_counter()
    try:
        figures = check(where)
        return Outcome(name, "passed", time.perf_counter() - started, figures)
    except (Skipped, ImportError) as error:
        return Outcome(name, "skipped", time.perf_counter() - started, detail=str(error))
    except Exception:
        return Outcome(name, "failed", time.perf_counter() - started, detail=traceback.format_exc())


def seconds(work: Callable[[], Any], where: Surroundings) -> tuple[float, Any]:
    """Time work that has been done once before, with all that the device does for it."""
    where.settle()
    started = time.perf_counter()
    answer = work()
    where.settle()
    return time.perf_counter() - started, answer
