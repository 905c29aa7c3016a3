"""The plan of a scale on one screen of a terminal: groups, what takes most in each, sums, money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.screen import terminal
from realsyn_tasks.report.console import amount, bar, duration, short, span

if TYPE_CHECKING:
    from rich.table import Table

Record = dict[str, Any]
HEADINGS = ("", "items", "batches", "CPU", "GPU", "written", "cost is")
MOST = 4  # stages of a group that are shown
LONGEST = 3  # stages of the critical path that are shown
SHARE = 20  # characters of the bar of a group: its share of the time
HOUR = 3600.0
SUMS = ("batches", "cpu_hours", "gpu_hours", "hours", "bytes")


def show(plan: Record) -> None:
    """Print groups with what takes most in each, totals, money and assumptions for people."""
    console = terminal()
    console.print(f"{plan['scale']}: {plan['target']:,} pairs", style="bold", highlight=False)
    console.print(_table(plan))
    for line in _notes(plan):
        console.print(line, markup=False, highlight=False)


def _table(plan: Record) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for place, heading in enumerate(HEADINGS):
        table.add_column(
            heading, justify="left" if place in (0, len(HEADINGS) - 1) else "right", no_wrap=True
        )
    whole = sum(stage["hours"] for stage in plan["stages"]) or 1.0
    for group in dict.fromkeys(stage["group"] for stage in plan["stages"]):
        mine = [stage for stage in plan["stages"] if stage["group"] == group]
        total = _sum(mine)
        table.add_row(group, bar(total["hours"] / whole, SHARE), *_figures(total), style="bold")
        for name, items, figures in _lines(mine):
            source = str(figures.get("source", "")).split(":")[0].split(" ")[0]
            table.add_row(f"  {name}", items, *_figures(figures), source)
    table.add_row("all", "", *_figures(plan["total"]), style="bold")
    return table


def _lines(stages: list[Record]) -> Iterator[tuple[str, str, Record]]:
    """Give the stages that take most, in order, and the others in one."""
    longest = sorted(stages, key=lambda stage: -float(stage["hours"]))[:MOST]
    for stage in stages:
        if stage in longest:
            yield stage["stage"], f"{short(stage['items'])} {stage['per']}", stage
    if others := [stage for stage in stages if stage not in longest]:
        yield f"{len(others)} more", "", _sum(others)


def _sum(stages: list[Record]) -> Record:
    return {name: sum(stage[name] for stage in stages) for name in SUMS}


def _figures(of: Record) -> list[str]:
    times = [span(of[name] * HOUR) if of[name] else "" for name in ("cpu_hours", "gpu_hours")]
    return [f"{of['batches']:,}", *times, amount(of["bytes"])]


def _notes(plan: Record) -> Iterator[str]:
    assumed, money, played = plan["assumptions"], plan["money"], plan["simulation"]
    fleet, prices, currency = assumed["fleet"], assumed["prices"], assumed["currency"]
    parts = ", ".join(f"{name} {value:,.2f}" for name, value in money.items() if name != "all")
    total = plan["total"]
    yield (
        f"about {duration(played['hours'] * HOUR)} on {fleet['cpus']:,} CPUs and"
        f" {fleet['gpus']:,} GPUs, played batch by batch; {played['deaths']:,} pods died on the way"
    )
    yield f"longest on the way: {_path(played)}"
    first = played["bottleneck"]
    yield (
        f"first bottleneck: {first['what']} in {first['stage']}, {first['share']:.0%} of the time;"
        f" {short(total['puts'])} puts and {short(total['gets'])} gets"
    )
    yield f"money: {money['all']:,.2f} {currency} ({parts})"
    others = (f"{name} {one['money']['all']:,.2f}" for name, one in plan["besides"].items())
    yield f"besides, each for itself: {', '.join(others)} {currency}"
    yield (
        f"assumed, as of {assumed['as_of']}: {prices['cpu_hour']} {currency} a CPU hour,"
        f" {prices['gpu_hour']} a GPU hour; all else: the last line"
    )


def _path(played: Record) -> str:
    longest = sorted(played["critical_path"], key=lambda step: -float(step["hours"]))[:LONGEST]
    steps = (f"{s['stage']} {duration(s['hours'] * HOUR)} ({s['held_by']})" for s in longest)
    return ", ".join(steps)
