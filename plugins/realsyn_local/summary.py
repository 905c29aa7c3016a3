"""The table at the end of a build, from the data plane's `summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

ROOMY = 110  # columns of a screen that has room for three stages beside each other
ITEMS = ("documents", "images", "sentences", "pairs")


def show(console: Console, summary: Mapping[str, Any], seconds: float) -> None:
    """Print what came in, what was kept, what was dropped and why, and where the dataset is."""
    console.print()
    console.print(_funnel(summary))
    if gates := summary.get("gates"):
        _show_gates(console, gates)
    if stages := summary.get("stages"):
        console.print(_stages(stages, 3 if console.width >= ROOMY else 2))
    for line in summary.get("headline") or ():
        console.print(f"  {line}", highlight=False)
    if scales := summary.get("scales"):
        console.print(_scales(scales))
    if preset := summary.get("preset"):
        console.print(f"  preset   {preset}", highlight=False)
    console.print(f"  took     {seconds:.0f} s", highlight=False)
    for each in summary.get("scales") or [summary]:
        for name in ("dataset", "report"):
            if place := each.get(name):
                console.print(f"  {name:<8} {place}", highlight=False, soft_wrap=True)
        if each.get("dataset") and not each.get("analysis"):
            console.print("  it is not analysed: see the runs of realsyn_analyze", highlight=False)


def _funnel(summary: Mapping[str, Any]) -> Table:
    table = Table(title="What became of the crawl", title_justify="left")
    for name in ("", "in", "kept"):
        table.add_column(name, justify="right" if name else "left")
    table.add_column("dropped, by reason")
    for item in ITEMS:
        counts = summary.get(item) or {}
        reasons = sorted((counts.get("dropped") or {}).items(), key=lambda pair: -pair[1])
        dropped = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
        table.add_row(item, _number(counts.get("in")), _number(counts.get("kept")), dropped)
    return table


def _show_gates(console: Console, gates: Mapping[str, Any]) -> None:
    """Say what each gate said, and where; places stand whole on a line, to be pressed or copied."""
    console.print("[italic]Gates[/italic]")
    for group, gate in gates.items():
        result = "[green]passed[/green]" if gate.get("passed") else "[red]failed[/red]"
        line = f"  {group:<10} {result}  {gate.get('uri', '')}"
        console.print(line, highlight=False, soft_wrap=True)


def _scales(scales: Sequence[Mapping[str, Any]]) -> Table:
    """Say of each of several builds what was wanted, what it holds, and what it did itself."""
    table = Table(title="Scales", title_justify="left")
    for name in ("scale", "wanted", "pairs", "gates", "CPU-s"):
        table.add_column(name, justify="left" if name in ("scale", "gates") else "right")
    for each in scales:
        gates = "[green]passed[/green]" if each["passed"] else "[red]failed[/red]"
        numbers = (_number(each["target"]), _number(each["pairs"]))
        table.add_row(each["scale"], *numbers, gates, f"{each['cpu_seconds']:.1f}")
    return table


def _stages(stages: Mapping[str, float], beside: int) -> Table:
    """Give the seconds of each stage, some stages beside each other, with their names whole."""
    table = Table(title="Seconds per stage", title_justify="left")
    for _ in range(beside):
        table.add_column("stage")
        table.add_column("s", justify="right")
    cells = [cell for name, took in stages.items() for cell in (name, f"{took:.1f}")]
    for start in range(0, len(cells), 2 * beside):
        table.add_row(*cells[start : start + 2 * beside])
    return table


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""
