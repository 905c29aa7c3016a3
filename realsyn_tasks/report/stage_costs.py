"""What an item costs at each stage: as include/costs.yaml assumes it, or as a build measured it.

With it stands how many items of each quantity come of those of another, the funnel; cards of models
may have rates of their own. What a plan makes of all that: report/cost_plan.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ledger_index import IndexedMarkers
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.discovery import extracts_of
from realsyn_tasks.stages import PIPELINE

QUANTITIES = tuple(quantity for group in PIPELINE.groups for quantity in group.quantities)


@dataclass(frozen=True)
class StageCost:
    """What a stage takes for each item of a quantity."""

    per: str
    cpu: float
    bytes: float
    source: str
    gpu: float = 0.0
    objects: float = 2.0  # of a shard: a table, and what was dropped
    sample: int = 0  # items at most that a fit works on ...
    sampled_cpu: float = 0.0  # ... and what each of these takes besides
    exponent: float = 1.0  # by which seconds grow with items, from those on ...
    at: int = 0  # ... that a build has measured; 0: none did

    def cpu_seconds(self, items: int) -> float:
        """Give what so many items take."""
        return items * self.cpu * self._more(items) + min(items, self.sample) * self.sampled_cpu

    def gpu_seconds(self, items: int) -> float:
        """Give what so many items take of a GPU."""
        return items * self.gpu * self._more(items)

    def _more(self, items: int) -> float:
        """Say how many times what was measured an item takes among so many."""
        return float((items / self.at) ** (self.exponent - 1)) if self.at else 1.0


@dataclass(frozen=True)
class Table:
    """All assumptions of a plan."""

    settings: Mapping[str, Any]
    stages: Mapping[str, StageCost]
    funnel: Mapping[str, Any]
    cards: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


def read_table(path: Path | None = None) -> Table:
    """Read a table of costs; ConfigError if it lacks a stage or a field."""
    path = path or include.include_folder() / "costs.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        stages = {name: StageCost(**cost) for name, cost in content.pop("stages").items()}
        funnel = content.pop("funnel")
        cards = content.pop("cards", {})
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"costs {path}: {error}; see include/costs.yaml") from error
    missing = [stage.name for stage in PIPELINE.declared if stage.name not in stages]
    if missing:
        raise ConfigError(f"costs {path}: no entry for stage {', '.join(missing)}")
    return Table(content, stages, funnel, cards)


def with_models(table: Table, names: Iterable[str]) -> Table:
    """Let stages cost what they take with these cards; those without rates change nothing."""
    stages = dict(table.stages)
    for name in names:
        for stage, rates in table.cards.get(name, {}).items():
            stages[stage] = replace(stages[stage], **{"source": f"{name}, estimated", **rates})
    return replace(table, stages=stages)


def with_fleet(table: Table, cpus: int, gpus: int) -> Table:
    """Change how many CPUs and GPUs are at work, where numbers are given."""
    chosen = {name: count for name, count in (("cpus", cpus), ("gpus", gpus)) if count}
    settings = {**table.settings, "fleet": {**table.settings["fleet"], **chosen}}
    return replace(table, settings=settings)


def measured_by(build: Workspace, table: Table) -> Table:
    """Replace assumptions by what a build and the extracts of its corpus have measured."""
    counts: dict[str, dict[str, float]] = {}
    for run in [*extracts_of(build), build]:
        for stage in run.stages():
            _add_up(counts.setdefault(stage.name, {}), run, stage)
    known = {
        quantity.name: counts[quantity.stage][f"rows.{quantity.table}"]
        for quantity in QUANTITIES
        if counts.get(quantity.stage, {}).get(f"rows.{quantity.table}")
    }
    stages = {
        name: _measured(cost, counts[name], known[cost.per], build)
        if counts.get(name, {}).get("shards") and cost.per in known
        else cost
        for name, cost in table.stages.items()
    }
    return replace(table, stages=stages, funnel=_ratios(table.funnel, known))


def _add_up(counts: dict[str, float], run: Workspace, stage: Stage) -> None:
    lines = IndexedMarkers(run.storage, f"{run.folder}/{stage.name}").unlisted()
    values = {f"rows.{name}": float(rows) for name, rows in lines.rows_by_table.items()}
    values |= {
        "cpu_seconds": sum(lines.cpu_seconds),
        "gpu_seconds": sum(lines.gpu_seconds),
        "bytes": float(sum(lines.stored_bytes)),
        "shards": float(len(lines)),
        "objects": float(sum(1 for _ in lines.owners())),
    }
    for name, value in values.items():
        counts[name] = counts.get(name, 0.0) + value


def _measured(
    cost: StageCost, counts: Mapping[str, float], items: float, build: Workspace
) -> StageCost:
    seconds = counts["cpu_seconds"]
    if cost.sample:
        cost = replace(cost, sampled_cpu=seconds / min(items, cost.sample))
    else:
        cost = replace(cost, cpu=seconds / items)
    return replace(
        cost,
        at=round(items),
        gpu=counts["gpu_seconds"] / items,
        bytes=counts["bytes"] / items,
        objects=counts["objects"] / counts["shards"],
        source=f"measured in {build.config.name}",
    )


def _ratios(funnel: Mapping[str, Any], known: Mapping[str, float]) -> dict[str, Any]:
    ratios = dict(funnel)
    for quantity in QUANTITIES[:-1]:
        if quantity.name in known and known.get(quantity.of):
            ratios[quantity.name] = known[quantity.name] / known[quantity.of]
    return ratios
