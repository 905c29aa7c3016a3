"""The ledger of a run on one screen of a terminal: bars, rates, what is left, gates, first errors.

Finished stages of a group are one line, and so are those that wait; what is at work or has failed
has one each. Colours and moving parts are left out where nobody looks at a terminal.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from realsyn_tasks.core.answers import SETTLED
from realsyn_tasks.core.gate_results import stored_record, stored_result
from realsyn_tasks.core.screen import terminal
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.console import BAR, bar, duration
from realsyn_tasks.report.eta import Estimate
from realsyn_tasks.report.pace import Standing
from realsyn_tasks.report.status import Look, RunReport, StageReport

if TYPE_CHECKING:
    from rich.text import Text

MOST_NAMES = 5  # of stages that wait
MOST_STAGES = 12  # that are shown one by one
MOST_ERRORS = 3
MOST_SHARDS = 4  # that are named as at work
LONGEST_ERROR = 240  # characters
REFRESH = 2.0  # seconds between looks on a terminal ...
REMINDER = 30.0  # ... and elsewhere


@dataclass(frozen=True)
class GateWords:
    """What became of the gates of a run, by group."""

    by_group: dict[str, str]

    @staticmethod
    def of(workspace: Workspace) -> GateWords:
        """Read results and promotions."""
        return GateWords({g.name: _gate_in_words(workspace, g.name) for g in workspace.groups})


def _gate_in_words(workspace: Workspace, group: str) -> str:
    record, result = stored_record(workspace, group), stored_result(workspace, group)
    if record is None or result is None:
        return ""
    if not result.passed:
        failed = sum(finding.blocks for finding in record.findings)
        return f"gate failed ({failed} of {len(record.findings)} checks)"
    passed = "gate passed" if record.passed else "gate overridden"
    return f"{passed}, promoted" if workspace.promotion(group) else passed


def show(look: Look, workspace: Workspace) -> None:
    """Print a look at a run for people."""
    console = terminal()
    for line in lines(look, GateWords.of(workspace)):
        console.print(line, overflow="ellipsis", no_wrap=True, crop=True)


def watch(take: Callable[[], Look], workspace: Workspace) -> Look:
    """Show look after look until nothing is left to do, or somebody interrupts; give the last."""
    from rich.console import Group
    from rich.live import Live

    console, seen = terminal(), take()
    pause = REFRESH if console.is_terminal else REMINDER
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        try:
            while True:
                live.update(Group(*lines(seen, GateWords.of(workspace))), refresh=True)
                if seen.report.complete:
                    return seen
                if not console.is_terminal:
                    console.print(Group(*lines(seen, GateWords.of(workspace))))
                time.sleep(pause)
                seen = take()
        except KeyboardInterrupt:
            return seen


def lines(look: Look, gates: GateWords) -> Iterator[Text]:
    """Give the screen line by line."""
    from rich.text import Text

    yield Text(look.report.build, style="bold")
    yield Text(_headline(look))
    groups = dict.fromkeys(stage.group for stage in look.report.stages)
    room = MOST_STAGES
    for group in groups:
        mine = [s for s in look.report.stages if s.group == group]
        yield _group_line(group, mine, look, gates.by_group.get(group, ""))
        shown = list(_stage_lines(mine, look))
        yield from shown[:room]
        if len(shown) > room:
            yield Text(f"  ... and {len(shown) - room} stages more", style="dim")
        room = max(0, room - len(shown))
        yield from _waiting_line(mine)
    yield from map(Text, reused_in_words(look.report))
    yield from _error_lines(look.report)


def _headline(look: Look) -> str:
    stages, left = look.report.stages, [s for s in look.report.stages if s.left]
    if not left:
        spent = sum(stage.cpu_seconds for stage in stages)
        return f"complete: {len(stages)} stages, {spent:,.0f} CPU-s"
    busy = sum(stage.running for stage in stages)
    batches = "1 batch" if busy == 1 else f"{busy} batches"
    at_work = f"{batches} at work" if busy else "nothing is at work"
    return f"{len(left)} of {len(stages)} stages left, {at_work}; {in_words(look.rest.whole)}"


def in_words(estimate: Estimate) -> str:
    """Say how long something will take, or why nobody knows."""
    if estimate.seconds is not None:
        basis = f" ({estimate.why})" if estimate.why else ""
        return f"about {duration(estimate.seconds)}{basis}"
    least = f"more than {duration(estimate.at_least)}; " if estimate.at_least else ""
    return f"{least}how long is not known ({estimate.why})"


def share_of(stage: StageReport, standing: Standing) -> float:
    """Give the share of a stage's shards that is settled, with what is at work."""
    part = sum(report.done - floor(report.done) for report in standing.running)
    return min(1.0, (stage.shards - stage.left + part) / stage.shards) if stage.shards else 1.0


def _group_line(group: str, stages: list[StageReport], look: Look, gate: str) -> Text:
    from rich.text import Text

    standings = _by_name(look)
    shares = [share_of(stage, standings[stage.stage]) for stage in stages]
    share = sum(shares) / max(1, len(shares))
    done = sum(not stage.left for stage in stages)
    rest = look.rest.groups[group]
    words = [f"{done} of {len(stages)} stages"]
    words += [] if done == len(stages) else [_short(rest)]
    words += [gate] if gate and (done == len(stages) or "failed" in gate) else []
    style = "green" if done == len(stages) else "cyan" if any(shares) else "dim"
    line = Text(f"{group:<11} ", style="bold")
    line.append(bar(share), style=style)
    line.append(f" {floor(share * 100):>3} %  ")
    line.append(", ".join(words), style="red" if "failed" in gate else "")
    return line


def _short(estimate: Estimate) -> str:
    if estimate.seconds is not None:
        return f"about {duration(estimate.seconds)}"
    return f"more than {duration(estimate.at_least)}" if estimate.at_least else "time not known"


def _by_name(look: Look) -> dict[str, Standing]:
    return {standing.status.stage.name: standing for standing in look.standings}


def _stage_lines(stages: list[StageReport], look: Look) -> Iterator[Text]:
    """Give a line for each stage that has begun, or failed, and is not done."""
    from rich.text import Text

    standings = _by_name(look)
    for stage in stages:
        standing = standings[stage.stage]
        if not _shown(stage):
            continue
        line = Text(f"  {stage.stage:<22} ")
        line.append(bar(share_of(stage, standing), BAR // 2), style="cyan")
        line.append(f" {stage.shards - stage.left:,}/{stage.shards:,}")
        line.append("".join(f", {part}" for part in _facts(stage, look)))
        yield line


def _shown(stage: StageReport) -> bool:
    begun = any(state.value in stage.states for state in SETTLED) or stage.running
    return bool(stage.failures) or bool(stage.left and begun)


def _facts(stage: StageReport, look: Look) -> Iterator[str]:
    if stage.items_a_second:
        yield f"{stage.items_a_second:,.1f} items/s"
    if stage.left:
        yield _short(look.rest.stages[stage.stage])
    if stage.running:
        yield _at_work(stage)
    for state, count in stage.states.items():
        if state in ("quarantined", "failed", "damaged", "stale"):
            yield f"{count:,} {state}"


def _at_work(stage: StageReport) -> str:
    """Say how many batches are at work, and at which shards."""
    named = ", ".join(f"{shard:05d}" for shard in stage.running_shards[:MOST_SHARDS])
    more = ", …" if len(stage.running_shards) > MOST_SHARDS else ""
    word = "shard" if len(stage.running_shards) == 1 else "shards"
    return f"{stage.running} at work" + (f" ({word} {named}{more})" if named else "")


def _waiting_line(stages: list[StageReport]) -> Iterator[Text]:
    from rich.text import Text

    names = [stage.stage for stage in stages if stage.left and not _shown(stage)]
    if names and len(names) < len(stages):
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield Text(f"  to come: {', '.join(names[:MOST_NAMES])}{more}", style="dim")


def reused_in_words(report: RunReport) -> Iterator[str]:
    """Say what is not done again, because other runs have done it."""
    for name, words in (("adopted", "adopted"), ("adoptable", "due to be adopted")):
        yield from _reused(report, name, words)
    yield from _reused(report, "grown", "grown from what it found")


def _reused(report: RunReport, name: str, words: str) -> Iterator[str]:
    stages = [stage for stage in report.stages if getattr(stage, name)]
    shards: Counter[str] = Counter()
    for stage in stages:
        shards[", ".join(stage.origins or (report.follows,))] += getattr(stage, name)
    for origins, count in shards.items():
        yield f"of {origins}: {count:,} shards {words}, in {_named([s.stage for s in stages])}"


def _named(stages: list[str]) -> str:
    return stages[0] if len(stages) == 1 else f"{len(stages)} stages from {stages[0]} on"


def _error_lines(report: RunReport) -> Iterator[Text]:
    from rich.text import Text

    failing = [stage for stage in report.stages if stage.error]
    for stage in failing[:MOST_ERRORS]:
        classes = ", ".join(f"{count:,} {name}" for name, count in stage.failures.items())
        said = " ".join(stage.error.split())[:LONGEST_ERROR]
        yield Text(f"{stage.stage} ({classes}): {said}", style="red")
    if len(failing) > MOST_ERRORS:
        names = ", ".join(stage.stage for stage in failing[MOST_ERRORS:])
        yield Text(f"failures also in {names}", style="red")
