"""Crawls as they arrive: which are whole and new, and which are set aside.

    {root}/crawls/{crawl}/…                as delivered; the marker, written last, makes it whole
    {root}/quarantine/{extract}.json       why a crawl is not tried again until it is released
    {root}/known/{extract}.json            that it brought nothing new (corpus.known_crawls)

A crawl is ready when its marker is there and its listing was the same twice. It is set aside when
it cannot be read, or when its extract is complete and its gate has failed, say because its files
are cut off; any other failure is another night's work. One of which the corpus holds every image
already is no bad one: promotion notes it, and it is not tried again either.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from realsyn_tasks.core.config import CONFIG_NAME, Frozen
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.gate_results import result_of_present_state, stored_record
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.names import slug
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.prefixes import allowed
from realsyn_tasks.core.records import derived_record
from realsyn_tasks.core.screen import terminal
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.corpus.known_crawls import KnownCrawl, forget, known_crawls
from realsyn_tasks.extract.group import GROUP
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.runs.crawl import UnreadableCrawl, format_of
from realsyn_tasks.stages import PIPELINE

CRAWLS = "crawls"
QUARANTINE = "quarantine"
MARKER = "_SUCCESS"  # as Hadoop and Spark call it
SETTLE_SECONDS = 5.0

INGESTED, READY, ARRIVING, QUARANTINED = "ingested", "ready", "arriving", "quarantined"
KNOWN = "known"  # nothing of it is new
CUT_OFF = "cut_off"  # the gate's check
REFUSED = "refused"  # its folder is a link out of the prefixes of this deployment, or no URI


@dataclass(frozen=True)
class Arrivals:
    """Where crawls arrive, and how to tell that one is whole.

    An empty `marker` trusts the listing alone. `settle_seconds` lie between the two looks. With
    `only`, the URI of a crawl, no other one is looked at.
    """

    root: str
    folder: str = ""  # URI; empty: ROOT/crawls
    marker: str = MARKER
    settle_seconds: float = SETTLE_SECONDS
    only: str = ""


@dataclass(frozen=True)
class Crawl:
    """A crawl, the name of its extract, and where it stands."""

    crawl: str
    name: str
    state: str
    why: str = ""
    page: str = ""  # of the gate that it failed

    def record(self) -> dict[str, str]:
        """Give the crawl as JSON."""
        return asdict(self)


class Quarantined(Frozen):
    """Why a crawl is left alone until somebody releases it."""

    crawl: str
    name: str
    reason: str  # gate_failed | cut_off | unreadable
    why: str
    page: str = ""


def crawls(arrivals: Arrivals) -> list[Crawl]:
    """Give every crawl that has arrived, or begun to, sorted by name."""
    storage = Storage.at(arrivals.root)
    corpus = generations(storage)
    taken = {g.extract: g.crawl_uri for g in corpus}
    ingested = {g.crawl_uri: g.generation for g in corpus}
    aside = {note.crawl: note for note in quarantined(storage)}
    known = {note.crawl: note for note in known_crawls(storage)}
    arrived: list[Crawl] = []
    for uri in sorted(_arrived(arrivals, storage)):
        name = extract_name(uri, taken)
        if uri in ingested:
            arrived.append(Crawl(uri, name, INGESTED, f"generation {ingested[uri]}"))
        elif uri in aside:
            note = aside[uri]
            arrived.append(Crawl(uri, name, QUARANTINED, f"{note.reason}: {note.why}", note.page))
        elif uri in known:
            arrived.append(Crawl(uri, name, KNOWN, known[uri].why))
        elif why := _refusal(uri):
            arrived.append(Crawl(uri, name, REFUSED, why))
        else:
            arrived.append(Crawl(uri, name, READY))
    return _settled(arrived, arrivals)


def ready(arrivals: Arrivals) -> list[Crawl]:
    """Give the crawls to extract now: whole, new, and not set aside."""
    return [crawl for crawl in crawls(arrivals) if crawl.state == READY]


def _refusal(uri: str) -> str:
    try:
        allowed(uri)
    except ConfigError as error:
        return str(error)
    return ""


def _arrived(arrivals: Arrivals, storage: Storage) -> list[str]:
    elsewhere = Storage.at(arrivals.folder) if arrivals.folder else storage
    folders = elsewhere.folders("" if arrivals.folder else CRAWLS)
    uris = [f"{elsewhere.uri}/{folder}" for folder in folders]
    return [uri for uri in uris if arrivals.only in ("", uri)]


def extract_name(uri: str, taken: Mapping[str, str]) -> str:
    """Name the extract of a crawl by its folder; by its URI too where that would not be unique.

    `taken` tells which crawl an extract in the corpus was of.
    """
    folder = PurePosixPath(uri).name
    name = slug(folder)
    unique = name == folder and taken.get(name, uri) == uri
    return name if unique else f"{name}-{digest(uri)[:6]}"


def _settled(arrived: list[Crawl], arrivals: Arrivals) -> list[Crawl]:
    """Find out, by two looks at what seems ready, which crawls have not arrived yet."""
    before = {crawl.crawl: _listing(crawl.crawl) for crawl in arrived if crawl.state == READY}
    whole = {uri for uri, listing in before.items() if _has_marker(listing, arrivals.marker)}
    if whole:
        time.sleep(arrivals.settle_seconds)
    still = {uri for uri in whole if _listing(uri) == before[uri]}
    return [
        _arriving(crawl, crawl.crawl in whole, arrivals.marker)
        if crawl.state == READY and crawl.crawl not in still
        else crawl
        for crawl in arrived
    ]


def _arriving(crawl: Crawl, whole: bool, marker: str) -> Crawl:
    why = "its files still change" if whole else f"its marker {marker} is not there"
    return Crawl(crawl.crawl, crawl.name, ARRIVING, why)


def _listing(uri: str) -> list[tuple[str, int]]:
    return Storage.at(uri).listing("", recursive=True)


def _has_marker(listing: list[tuple[str, int]], marker: str) -> bool:
    return any(path == marker for path, _ in listing) if marker else bool(listing)


def quarantined(storage: Storage) -> list[Quarantined]:
    """Read the notes of all crawls that are set aside."""
    paths = [path for path, _ in storage.listing(QUARANTINE) if path.endswith(".json")]
    advice = "the crawl is tried again, and set aside again if its gate still fails"
    notes = [derived_record(storage, path, Quarantined, advice) for path in paths]
    return [note for note in notes if note is not None]


def set_aside(arrivals: Arrivals) -> dict[str, Any]:
    """Set aside what is ready, was tried, and has a verdict against it; name what has none.

    Meant to follow each extract; a crawl that nobody has tried is left alone.
    """
    storage = Storage.at(arrivals.root)
    storage.sweep(QUARANTINE)
    aside, unfinished = [], []
    for crawl in ready(replace(arrivals, settle_seconds=0.0)):
        note = _verdict(storage, crawl)
        if note:
            data = note.model_dump_json(indent=1).encode()
            path = f"{QUARANTINE}/{note.name}.json"
            if not storage.put_if_absent(path, data):  # a damaged one, or the same of somebody else
                storage.replace(path, data)
            aside.append(note.model_dump())
        elif storage.exists(f"{EXTRACT.folder}/{crawl.name}/{CONFIG_NAME}"):
            unfinished.append(crawl.crawl)
    return {"quarantined": aside, "unfinished": unfinished}


def _verdict(storage: Storage, crawl: Crawl) -> Quarantined | None:
    if storage.exists(f"{EXTRACT.folder}/{crawl.name}/{CONFIG_NAME}"):
        run = Workspace.open(f"{storage.uri}/{EXTRACT.folder}/{crawl.name}", PIPELINE)
        pinned = crawl_of(run.config.sources)
        if pinned and pinned.uri == crawl.crawl:
            return _of_gate(run, crawl)  # whoever opened it may have said how to read it
    try:
        format_of(crawl.crawl)
    except UnreadableCrawl as error:
        known = {"crawl": crawl.crawl, "name": crawl.name}
        return Quarantined(**known, reason="unreadable", why=str(error))
    return None


def _of_gate(run: Workspace, crawl: Crawl) -> Quarantined | None:
    """Give the gate's verdict, if it is one over all of the crawl, as it is now."""
    planner = Planner(run)
    result = result_of_present_state(run, GROUP.name)
    complete = all(planner.status(stage).complete for stage in run.stages())
    if result is None or result.passed or not complete:
        return None
    cut = _cut_off(run)
    return Quarantined(
        crawl=crawl.crawl,
        name=crawl.name,
        reason="cut_off" if cut else "gate_failed",
        why=cut or result.summary,
        page=result.uri,
    )


def _cut_off(run: Workspace) -> str:
    """Say what the gate saw of files that end in the middle; "" if that did not fail it."""
    record = stored_record(run, GROUP.name)
    findings = record.findings if record else ()
    cut = (finding for finding in findings if finding.name == CUT_OFF and finding.blocks)
    return next((finding.sentence() for finding in cut), "")


def release(root: str, crawl: str) -> Quarantined | KnownCrawl:
    """Let a crawl be tried again, by the name of its extract or its URI.

    One that brought nothing new is forgotten likewise. ConfigError names those that are set aside
    if this one is neither.
    """
    storage, aside = Storage.at(root), quarantined_as(root, crawl)
    if isinstance(aside, KnownCrawl):
        forget(storage, aside.name)
    else:
        storage.delete(f"{QUARANTINE}/{aside.name}.json")
    return aside


def quarantined_as(root: str, crawl: str) -> Quarantined | KnownCrawl:
    """Give the note of what `release` would let be tried again, by the same."""
    storage = Storage.at(root)
    notes = quarantined(storage)
    candidates: list[Quarantined | KnownCrawl] = [*notes, *known_crawls(storage)]
    for aside in candidates:
        if crawl in (aside.name, aside.crawl):
            return aside
    names = ", ".join(note.name for note in notes) or "none"
    raise ConfigError(f"no crawl {crawl!r} is quarantined in {root}; quarantined: {names}")


def show(arrived: list[Crawl]) -> None:
    """Print the crawls for people."""
    from rich.table import Table

    table = Table(title="crawls", title_justify="left")
    for name in ("crawl", "extract", "state", "why", "page"):
        table.add_column(name, overflow="fold")
    for crawl in arrived:
        table.add_row(crawl.crawl, crawl.name, crawl.state, crawl.why, crawl.page)
    terminal(200).print(table)
