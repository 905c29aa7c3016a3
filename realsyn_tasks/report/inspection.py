"""The whole way of one item: every row and every drop that bears its id, stage by stage.

A sentence is followed under both its ids where personal data was masked, and may be asked for by
its text. Reads one object at a time, and of a sorted table only the row groups that can hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, ids, tables
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.declaration import Group, Pipeline, Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generation_path, generations
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.extract import mask_records
from realsyn_tasks.extract.duplicate_groups import group_of, lines
from realsyn_tasks.extract.group import GROUP as EXTRACT_GROUP
from realsyn_tasks.kinds import ANALYSIS, CORPUS, EXTRACT
from realsyn_tasks.report import removals
from realsyn_tasks.report.descriptions import COLUMNS, in_words
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.sample.group import GROUP as SAMPLE_GROUP

SERVED = "sentence_ids"  # of a pair
KEYS = ("image_id", "sentence_id", "document_id", "id")
MOST_NAMED = 5
BULKY = frozenset({"embedding", "image"})
MOST_ROWS = 20  # of one table: a popular sentence serves many images
Event = dict[str, Any]


def inspect(root: str, identity: str, pipeline: Pipeline) -> dict[str, Any]:
    """Follow an image, a sentence, a document or anything dropped through all runs of a root.

    What no run knows as an id is taken for the text of a sentence. Raises ConfigError where no run
    knows either.
    """
    runs = [run for run in Runs(root, pipeline) if run.config.kind != ANALYSIS.name]
    for name in (identity, ids.sentence_id(identity)):
        if story := _story(runs, name):
            return story
    raise ConfigError(
        f"no run in {root} knows the id {_printable(identity)!r}, nor a sentence of that text (its"
        f" id would be {ids.sentence_id(identity)}); give an id of a table of this root, or a whole"
        " sentence in quotes"
    )


def _story(runs: list[Workspace], identity: str) -> dict[str, Any] | None:
    """Tell what all runs made of an id; None where none knows it."""
    masked = [mask for run in runs for mask in mask_records.masks_of(run, identity)]
    others = {mask[name] for mask in masked for name in ("sentence_id", "original_id")}
    names = [identity, *sorted(others - {identity})]
    events = [event for run in runs for event in _way(run, names)]
    if not events:
        return None
    extracts = [run for run in runs if run.config.kind == EXTRACT.name]
    groups = (group_of(run, name) for run in extracts for name in names)
    said = mask_records.told(masked, identity) + verdict(events)
    return {"id": identity, "verdict": said, "way": events, "groups": [g for g in groups if g]}


def _way(workspace: Workspace, names: Sequence[str]) -> Iterator[Event]:
    """Find an item in one run, and where what the run made of it was published."""
    events = list(_events(workspace, names))
    yield from events
    last = _outcome(events) if events else None
    if last and _is_handed_on(last, EXTRACT_GROUP):
        yield from _in_generation(workspace, last)
    if last and _is_handed_on(last, SAMPLE_GROUP):
        yield from _in_dataset(workspace, [e for e in events if e["stage"] == last["stage"]])


def _is_handed_on(event: Event, group: Group) -> bool:
    stages = [handed_on.stage for handed_on in group.hands_on]
    return event["stage"] in stages and event["table"] != DROPPED


def _outcome(events: list[Event]) -> Event:
    """Give what the last stage says: of copies of which one is kept, that one."""
    last = [event for event in events if event["stage"] == events[-1]["stage"]]
    return next((event for event in last if event["table"] != DROPPED), last[-1])


def _in_generation(workspace: Workspace, kept: Event) -> Iterator[Event]:
    for generation in generations(workspace.storage):
        if generation.extract == workspace.config.name:
            row = {"generation": generation.generation, "crawl": generation.crawl}
            folder = generation_path(generation.generation).rsplit("/", 1)[0]
            yield {**kept, "run": folder, "stage": "generation", "row": row}
            name = kept["row"][kept["kind"]]
            for removal in removals.removals_of(workspace.storage, generation, name):
                yield {**kept, "run": folder, "stage": "takedown", "row": removal}


def _in_dataset(workspace: Workspace, exported: list[Event]) -> Iterator[Event]:
    """Name the sample of an image, or those that a sentence is a text of."""
    if (publication := published(workspace)) is None:
        return
    for event in exported:
        row = {"version": publication.version, "key": event["row"]["key"]}
        yield {**event, "run": publication.path, "stage": "dataset", "row": row}


def _events(workspace: Workspace, names: Sequence[str]) -> Iterator[Event]:
    """Find an item in one run, in the order of its stages; drops before rows."""
    shard: int | None = None
    for stage in (stage for stage in workspace.stages() if not stage.collects):
        commits = workspace.ledger(stage.name).commits()
        aligned = stage.axis == CORPUS.axis and shard is not None
        for number in [shard] if aligned and shard in commits else sorted(commits):
            for event in _of_commit(workspace, stage, commits[number], names):
                if stage.axis == CORPUS.axis and event["kind"] == "image_id":
                    shard = number
                yield event


def _of_commit(
    workspace: Workspace, stage: Stage, commit: Commit, names: Sequence[str]
) -> Iterator[Event]:
    where = {
        "run": workspace.folder,
        "group": stage.group,
        "stage": stage.name,
        "shard": commit.shard,
    }
    for table in sorted(commit.objects, key=lambda name: (name != DROPPED, name)):
        ref = commit.objects[table]
        if ref.rows:
            for key, row in _rows(workspace.storage, ref, names):
                shown = mask_records.hidden(workspace, stage.name, table, row)
                known = workspace.pipeline.reason_words
                words = known.get(row.get("reason", ""), "")
                event = {**where, "table": table, "kind": key, "row": shown, "words": words}
                yield event | {"says": in_words(shown, known)}


def _rows(
    storage: Storage, ref: ObjectRef, names: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    storage.verify(ref)
    with arrow_files.opened(storage, ref.path) as source:
        known = pq.read_schema(source).names
        columns = [name for name in known if name not in BULKY]
        for key in _keys(known):
            source.seek(0)
            if key == SERVED:
                matching = _serving(pq.read_table(source, columns=columns), names)
            else:
                matching = pq.read_table(
                    source, columns=columns, filters=[(key, "in", list(names))]
                )
            kind = "sentence_id" if key == SERVED else key
            yield from ((kind, row) for row in _plain(matching.slice(0, MOST_ROWS)))


def _keys(known: list[str]) -> list[str]:
    """Name the column of a table's own id and, where its items are images, of their sentences."""
    own = [name for name in KEYS if name in known][:1]
    theirs = ("sentence_id", SERVED) if own == ["image_id"] else ()
    return own + [name for name in theirs if name in known]


def _serving(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Keep the rows that one of these sentences is a text of."""
    lists = table[SERVED]
    hits = pc.is_in(pc.list_flatten(lists), value_set=pa.array(names, type=pa.string()))
    return tables.taken(table, pc.unique(pc.list_parent_indices(lists).filter(hits)))


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def verdict(events: list[Event]) -> str:
    """Say in one line how far the item came; that it was taken down, before all else."""
    taken = [removals.in_words(event["row"]) for event in events if event["stage"] == "takedown"]
    last = _outcome(events)
    if last["stage"] == "dataset" and last["kind"] == "sentence_id":
        return "; ".join(taken) or _served(last, events)
    return "; ".join(taken) or _reached(last)


def _served(last: Event, events: list[Event]) -> str:
    """Name the samples that a sentence is a text of, as far as they were looked up."""
    here = [e for e in events if (e["stage"], e["run"]) == ("dataset", last["run"])]
    keys = [str(event["row"]["key"]) for event in here]
    more = " and more" if len(keys) > MOST_NAMED else ""
    return f"published in {last['run']} as a text of sample {', '.join(keys[:MOST_NAMED])}{more}"


def _reached(last: Event) -> str:
    at = f"stage {last['stage']} of {last['run']}, shard {last['shard']:05d}"
    if last["table"] == DROPPED:
        detail = f" ({last['row']['detail']})" if last["row"]["detail"] else ""
        words = f": {last['words']}" if last["words"] else ""
        return f"dropped as {last['row']['reason']}{words}{detail}, by {at}"
    if last["stage"] == "dataset":
        return f"published in {last['run']} as sample {last['row']['key']}"
    if last["stage"] == "generation":
        return f"in the corpus since generation {last['row']['generation']}"
    return f"kept by {at}; no later stage has it"


def show(story: dict[str, Any]) -> None:
    """Print the way for people on standard error; of each stage what it added or changed."""
    from rich.console import Console

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"{story['id']}: {story['verdict']}", markup=False, style="bold")
    known: dict[str, Any] = {}
    for event in story["way"]:
        style = "red" if event["table"] == DROPPED else "cyan"
        where = f"{event['run']}  {event['stage']}  shard {event['shard']:05d}  {event['table']}"
        console.print(where, markup=False, style=style)
        for line in _told(event, known):
            console.print(f"    {_printable(line)}", markup=False)
        known |= event["row"]
    for group in story["groups"]:
        for line in lines(group):
            console.print(_printable(line), markup=False)


def _told(event: Event, known: dict[str, Any]) -> Iterator[str]:
    """Give a line for each thing that an event adds to what is known, or changes of it."""
    explained = event["row"] | ({"means": event["words"]} if event.get("words") else {})
    says = event.get("says") or []
    for name, value in explained.items():
        told = bool(says) and name in COLUMNS
        if value not in (None, "", []) and known.get(name) != value and not told:
            yield f"{name:16} {value}"
    if any(known.get(name) != event["row"].get(name) for name in COLUMNS):
        yield from says


def _printable(value: Any) -> str:
    """Keep control characters of web texts from the terminal."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value)
    )
