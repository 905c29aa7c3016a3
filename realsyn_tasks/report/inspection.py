"""What became of one thing, and why: its whole way, stage by stage, by anything that names it.

A URL, a digest, a key of a sample, an id, a sentence or a piece of one: item_names says what a text
may be, item_search finds it by the indices of all runs, item_fates says how far it came. A sentence
is followed under both its ids where personal data was masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from realsyn_tasks.core import ids
from realsyn_tasks.core.commits import DROPPED
from realsyn_tasks.core.declaration import Group, Pipeline
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.generations import generation_path
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.extract import mask_records
from realsyn_tasks.extract.duplicate_groups import group_of
from realsyn_tasks.extract.group import GROUP as EXTRACT_GROUP
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.report import item_fates, item_names, removals
from realsyn_tasks.report.item_fates import DATASET, GENERATION, TAKEDOWN, Fate, State
from realsyn_tasks.report.item_rows import Event
from realsyn_tasks.report.item_search import DOCUMENT, IMAGE, Scan, Search
from realsyn_tasks.runs.arrivals import CRAWLS
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.sample.group import GROUP as SAMPLE_GROUP
from realsyn_tasks.text.pii import KINDS, mask_pii

MOST_PICTURES = 20  # of a page
Story = dict[str, Any]


def inspect(root: str, text: str, pipeline: Pipeline) -> Story:
    """Tell what became of whatever a text names, in all runs of a root.

    What nobody knows is said to be never seen, with the crawls that were looked at. ConfigError for
    an empty text.
    """
    return story_of(Search(Runs(root, pipeline)), text)


def story_of(search: Search, text: str) -> Story:
    """Tell the same by a search that is at hand."""
    asked = item_names.read(text)
    if not asked.text:
        raise ConfigError("name something: a URL, a digest, an id, a sample's key, a sentence")
    scan: Scan | None = None
    items = search.named(asked)
    stories = _stories(search, items)
    if not stories and (scan := search.scan(asked)):
        stories = _stories(search, [(name,) for name in scan.items])
    story = stories[0] if stories else _never_seen(search, scan)
    others = [_brief(other) for other in stories[1:]]
    scanned = _scanned(scan) if scan else None
    shown = mask_pii(asked.text, KINDS)[0] if asked.is_phrase else asked.text
    return {"asked": shown, **story, "others": others, "scanned": scanned}


def _scanned(scan: Scan) -> dict[str, Any]:
    words = {"as": scan.what, "left_out": scan.left_out}
    return {"shards": scan.shards, "of": scan.of, **words}


def verdict_of(search: Search, text: str) -> dict[str, Any]:
    """Say in short what became of whatever a text names."""
    return {"asked": text, **_brief(story_of(search, text))}


def _brief(story: Story) -> dict[str, Any]:
    return {name: story[name] for name in ("id", "kind", "state", "verdict")}


def _stories(search: Search, items: Sequence[tuple[str, ...]]) -> list[Story]:
    """Tell the story of each item that any run has a row of; what is published comes first."""
    stories = [story for names in items if (story := _story(search, names))]
    return sorted(stories, key=lambda story: story["state"] != State.PUBLISHED)


def _never_seen(search: Search, scan: Scan | None) -> Story:
    looked_at = crawls_of(search)
    said = f"never seen: none of {len(looked_at)} crawls that were extracted has it"
    if scan:
        said += f"; as {scan.what} it was looked for in {scan.shards} of {scan.of} shards"
        said += f"; {scan.left_out}" if scan.left_out else ""
    change = item_fates.CHANGES[State.NEVER_SEEN]
    last = Fate("", State.NEVER_SEEN, said, change=change)
    return {"id": "", "kind": "", **_answer([last]), "looked_at": looked_at, **_nothing()}


def _nothing() -> Story:
    return {"names": [], "way": [], "groups": [], "pictures": [], "kept": None}


def crawls_of(search: Search) -> list[dict[str, str]]:
    """List the crawls of a root: what was extracted of them, and what waits."""
    number = {g.extract: f"generation {g.generation}" for g in search.generations}
    looked_at = []
    for run in search.runs:
        if crawl := crawl_of(run.config.sources):
            state = number.get(run.config.name, "not in the corpus")
            looked_at.append({"crawl": crawl.uri, "run": run.folder, "state": state})
    return looked_at


def waiting(search: Search) -> list[str]:
    """Name the folders of crawls that nothing was extracted of."""
    known = {row["crawl"].rstrip("/").rsplit("/", 1)[-1] for row in crawls_of(search)}
    names = (folder.rsplit("/", 1)[-1] for folder in search.storage.folders(CRAWLS))
    return [name for name in names if name not in known]


def _answer(fates: Sequence[Fate]) -> Story:
    last = item_fates.foremost(fates)
    answer = last.record()
    return {
        **{name: answer[name] for name in ("state", "verdict", "thresholds", "change", "reason")},
        "fates": [each.record() for each in fates],
    }


def _story(search: Search, names: Sequence[str]) -> Story | None:
    """Tell what all runs made of an item; None where none has a row of it."""
    masks = search.masks(names)
    others = {mask[name] for mask in masks for name in ("sentence_id", "original_id")}
    every = [*names, *sorted(others - set(names))]
    runs = list(search.events(every))
    if more := _further(search, runs, every):
        every = [*more, *every]
        runs = list(search.events(every))
    if not runs:
        return None
    ways = [(run, [*events, *_handed_on(search, run, events)]) for run, events in runs]
    fates = [item_fates.fate(run, events) for run, events in ways]
    answer = _answer(fates)
    answer["verdict"] = mask_records.told(masks, names[0]) + answer["verdict"]
    events = [event for _, way in ways for event in way]
    kind = _kind(events)
    groups = list(_groups(search, every))
    return {
        "id": next((e["id"] for e in events if e["kind"] == kind and e["id"] in every), names[0]),
        "kind": kind,
        "names": every,
        **answer,
        "way": events,
        "groups": groups,
        "kept": _kept(search, groups, every) if answer["state"] == State.DUPLICATE else None,
        "pictures": _pictures(search, every) if kind == DOCUMENT else [],
        "looked_at": crawls_of(search),
    }


def _kind(events: Sequence[Event]) -> str:
    kinds = [str(event["kind"]) for event in events]
    return IMAGE if IMAGE in kinds else kinds[0]


def _further(
    search: Search, runs: Sequence[tuple[Workspace, list[Event]]], names: Sequence[str]
) -> list[str]:
    """Give the other id of a picture that came by its address: the image's, or the link's."""
    rows = [event["row"] for _, events in runs for event in events if event["kind"] != DOCUMENT]
    images = {row[IMAGE] for row in rows if row.get("link_id") and row.get(IMAGE)}
    urls = {row["url"] for row in rows if row.get(IMAGE) in names and row.get("url")}
    links = search.known(sorted({ids.sentence_id(url) for url in urls}))
    return sorted((images | links) - set(names))


def _groups(search: Search, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give the groups of near-duplicates that an item is of; further copies of itself are none."""
    for run in search.runs:
        if run.config.kind == EXTRACT.name:
            groups = (group_of(run, name, partial(search.shards, run)) for name in names)
            yield from (g for g in groups if g and any(r["id"] != g["kept"] for r in g["merged"]))


def _kept(
    search: Search, groups: Sequence[dict[str, Any]], names: Sequence[str]
) -> dict[str, Any] | None:
    """Say what became of the one that a copy went for."""
    kept = next((group["kept"] for group in groups if group["kept"] not in names), None)
    story = _story(search, [kept]) if kept else None
    return _brief(story) if story else None


def _pictures(search: Search, names: Sequence[str]) -> list[dict[str, Any]]:
    """Say in short what became of the pictures of a page."""
    images = search.on_page(names, MOST_PICTURES)
    events: dict[str, list[tuple[Workspace, list[Event]]]] = {image: [] for image in images}
    for run, several in search.events(images):
        for image in images:
            if mine := [event for event in several if event["id"] == image]:
                events[image].append((run, mine))
    briefs = (_picture(search, image, runs) for image, runs in events.items() if runs)
    return [brief for brief in briefs if brief]


def _picture(
    search: Search, image: str, runs: Sequence[tuple[Workspace, list[Event]]]
) -> dict[str, Any] | None:
    rows = [event["row"] for _, events in runs for event in events]
    if any(row.get("link_id") == image and row.get(IMAGE) for row in rows):
        return None  # it came, and is told as an image
    fates = [
        item_fates.fate(run, [*events, *_handed_on(search, run, events)]) for run, events in runs
    ]
    last = item_fates.foremost(fates)
    url = next((row["url"] for row in rows if row.get("url")), "")
    return {"id": image, "kind": IMAGE, "url": url, "state": last.state, "verdict": last.verdict}


# -- beyond the stages ----------------------------------------------------------------------------


def _handed_on(search: Search, run: Workspace, events: Sequence[Event]) -> Iterator[Event]:
    """Say where what the run made of an item was taken on: a generation, a dataset."""
    last = item_fates.outcome(events)
    if _is_handed_on(last, EXTRACT_GROUP):
        yield from _in_generation(search, run, last)
    if _is_handed_on(last, SAMPLE_GROUP):
        yield from _in_dataset(run, [e for e in events if e["stage"] == last["stage"]])


def _is_handed_on(event: Event, group: Group) -> bool:
    stages = [handed_on.stage for handed_on in group.hands_on]
    return event["stage"] in stages and event["table"] != DROPPED


def _in_generation(search: Search, run: Workspace, kept: Event) -> Iterator[Event]:
    mine = {"says": [], "of": run.folder}
    for generation in search.generations:
        if generation.extract == run.config.name:
            row = {"generation": generation.generation, "crawl": generation.crawl}
            folder = generation_path(generation.generation).rsplit("/", 1)[0]
            yield {**kept, "run": folder, "stage": GENERATION, "row": row, **mine}
            name = kept["row"][kept["kind"]]
            for removal in removals.removals_of(search.storage, generation, name):
                yield {**kept, "run": folder, "stage": TAKEDOWN, "row": removal, **mine}


def _in_dataset(run: Workspace, exported: list[Event]) -> Iterator[Event]:
    """Name the sample of an image, or those that a sentence is a text of."""
    if (publication := published(run)) is None:
        return
    for event in exported:
        row = {"version": publication.version, "key": event["row"]["key"]}
        where = {"run": publication.path, "stage": DATASET, "of": run.folder}
        yield {**event, **where, "row": row, "says": []}
