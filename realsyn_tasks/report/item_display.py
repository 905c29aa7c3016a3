"""Shows people in a terminal what became of an item: one screenful, or all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.commits import DROPPED
from realsyn_tasks.core.screen import terminal
from realsyn_tasks.corpus.entries import printable
from realsyn_tasks.extract.duplicate_groups import lines
from realsyn_tasks.report.descriptions import COLUMNS
from realsyn_tasks.report.item_fates import State
from realsyn_tasks.report.item_rows import Event

if TYPE_CHECKING:
    from rich.console import Console

Story = Mapping[str, Any]
GOOD = (State.PUBLISHED, State.IN_CORPUS, State.KEPT)
FACTS = (
    *("url", "document_url", "source", "caption", "alt", "text"),
    *("text1", "text2", "text3", "syn_text", "recaption", "licence"),
)
LONGEST = 160  # letters of a fact on a screenful
MOST_LINES = 6  # of a list


def show(story: Story, everything: bool = False) -> None:
    """Print a story for people; all rows of it, or a screenful."""
    console = terminal(soft_wrap=True, highlight=False)
    style = "green" if story["state"] in GOOD else "red"
    name = story["id"] or story["asked"]
    console.print(printable(f"{name}: {story['verdict']}"), markup=False, style=f"bold {style}")
    for line in _below(story):
        console.print(f"  {printable(line)}", markup=False)
    if everything:
        _show_rows(console, story)
    else:
        _show_way(console, story["way"])
    for line in _beside(story, None if everything else MOST_LINES):
        console.print(printable(line), markup=False)


def _below(story: Story) -> Iterator[str]:
    """Say what decided, and what would have to be otherwise."""
    if story["change"]:
        yield f"to have it: {story['change']}"
    if kept := story["kept"]:
        yield f"kept is {kept['id']}: {kept['verdict']}"
    if story["state"] == State.NEVER_SEEN:
        yield from (f"looked at {row['crawl']} ({row['state']})" for row in story["looked_at"])
    if scanned := story.get("scanned"):
        shards = f"{scanned['shards']} of {scanned['of']} shards"
        rest = f"; {scanned['left_out']}" if scanned["left_out"] else ""
        yield f"looked for as {scanned['as']} in {shards}{rest}"


def _show_way(console: Console, way: Sequence[Event]) -> None:
    """Print the facts that are known of it, and a line for each run."""
    facts: dict[str, Any] = {}
    for event in way:
        facts |= {name: event["row"][name] for name in FACTS if event["row"].get(name)}
    if "text1" in facts:
        facts.pop("text", None)  # of a pair each text has its own name
    for name in (name for name in FACTS if name in facts):
        text = printable(str(facts[name]))
        short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        console.print(f"  {name:13} {short}", markup=False)
    for run in dict.fromkeys(event["run"] for event in way):
        events = [event for event in way if event["run"] == run]
        style = "red" if events[-1]["table"] == DROPPED else "cyan"
        console.print(f"  {run}: {_steps(events)}", markup=False, style=style)


def _steps(events: Sequence[Event]) -> str:
    steps: dict[str, None] = {}
    for event in events:
        gone = f" ✗ {event['row']['reason']}" if event["table"] == DROPPED else ""
        steps[f"{event['stage']} {event['shard']:05d}{gone}"] = None
    return " → ".join(steps)


def _show_rows(console: Console, story: Story) -> None:
    """Print of each row what it adds or changes."""
    known: dict[str, Any] = {}
    for event in story["way"]:
        style = "red" if event["table"] == DROPPED else "cyan"
        where = f"{event['run']}  {event['stage']}  shard {event['shard']:05d}  {event['table']}"
        console.print(where, markup=False, style=style)
        for line in _added(event, known):
            console.print(f"    {printable(line)}", markup=False)
        known |= event["row"]


def _added(event: Event, known: Mapping[str, Any]) -> Iterator[str]:
    """Give a line for each thing that an event adds to what is known, or changes of it."""
    explained = event["row"] | ({"means": event["words"]} if event.get("words") else {})
    says = event.get("says") or []
    for name, value in explained.items():
        in_words = bool(says) and name in COLUMNS
        if value not in (None, "", []) and known.get(name) != value and not in_words:
            yield f"{name:16} {value}"
    if any(known.get(name) != event["row"].get(name) for name in COLUMNS):
        yield from says


def _beside(story: Story, most: int | None) -> Iterator[str]:
    """Give lines on near-duplicates, on the pictures of a page, on what else bears the name."""
    for group in story["groups"]:
        yield from _cut(lines(group), most)
    pictures = [f"  {row['url']}  {row['verdict']}" for row in story["pictures"]]
    yield from _cut([f"pictures of the page: {len(pictures)}", *pictures] if pictures else [], most)
    others = [f"  {other['id']}: {other['verdict']}" for other in story["others"]]
    yield from _cut([f"also of that name: {len(others)}", *others] if others else [], most)


def _cut(all_lines: Sequence[str], most: int | None) -> Iterator[str]:
    yield from all_lines[:most]
    if most is not None and len(all_lines) > most:
        yield f"  … and {len(all_lines) - most} more lines (--all)"
