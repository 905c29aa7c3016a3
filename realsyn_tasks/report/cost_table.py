"""The plan of a scale as tables for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import JustifyMethod, OverflowMethod

UNITS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
LONGEST = 6  # stages of the critical path that are shown
HEADINGS = ("stage", "shards", "batches", "items", "CPU-h", "GPU-h", "hours", "written", "requests")


def show(plan: dict[str, Any]) -> None:
    """Print stages, totals, money and the assumptions on standard error."""
    from rich.console import Console
    from rich.table import Table

    title = f"{plan['scale']}: {plan['target']:,} pairs"
    table = Table(title=title, title_justify="left", show_footer=True)
    for heading, footer in zip((*HEADINGS, "cost from"), (*_totals(plan), ""), strict=True):
        justify: JustifyMethod = "left" if heading in ("stage", "cost from") else "right"
        overflow: OverflowMethod = "fold" if heading == "cost from" else "ellipsis"
        table.add_column(heading, footer, justify=justify, overflow=overflow)
    for stage in plan["stages"]:
        table.add_row(*_cells(stage))
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 180)
    console.print(table)
    for line in _notes(plan):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _cells(stage: dict[str, Any]) -> list[str]:
    return [
        stage["stage"],
        f"{stage['shards']:,}",
        f"{stage['batches']:,}",
        f"{stage['items']:,} {stage['per']}",
        *_figures(stage),
        stage["source"],
    ]


def _figures(of: dict[str, Any]) -> list[str]:
    hours = [f"{of[name]:,.1f}" for name in ("cpu_hours", "gpu_hours", "hours")]
    return [*hours, amount(of["bytes"]), f"{of['puts'] + of['gets']:,}"]


def _totals(plan: dict[str, Any]) -> list[str]:
    return ["all", "", f"{plan['total']['batches']:,}", "", *_figures(plan["total"])]


def _notes(plan: dict[str, Any]) -> list[str]:
    assumed, money = plan["assumptions"], plan["money"]
    prices, fleet = assumed["prices"], assumed["fleet"]
    parts = ", ".join(f"{name} {value:,.0f}" for name, value in money.items() if name != "all")
    quantities = ", ".join(f"{n:,} {name}" for name, n in plan["quantities"].items())
    return [
        f"items: {quantities}",
        f"money: {money['all']:,.0f} {assumed['currency']} ({parts})",
        *_played(plan["simulation"]),
        f"assumed, as of {assumed['as_of']}: {prices}; {fleet['cpus']} CPUs, {fleet['gpus']} GPUs;"
        f" pods {assumed['pods']}; S3 {assumed['s3']}; steps {assumed['steps']}",
    ]


def _played(simulation: dict[str, Any]) -> list[str]:
    """Say how the simulated run went, and where its time went."""
    longest = sorted(simulation["critical_path"], key=lambda step: -float(step["hours"]))[:LONGEST]
    path = ", ".join(f"{s['stage']} {s['hours']:,.1f} h ({s['held_by']})" for s in longest)
    first = simulation["bottleneck"]
    return [
        f"played batch by batch: {simulation['hours']:,.1f} hours, {simulation['deaths']} pods"
        " died on the way",
        f"critical path, longest first: {path}",
        f"first bottleneck: {first['what']} in {first['stage']}, {first['share']:.0%} of the time",
    ]


def amount(size: float) -> str:
    """Write a number of bytes with a unit."""
    for unit, name in UNITS:
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size:,.0f} B"
