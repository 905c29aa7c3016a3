"""Finds items by anything that names them, in all runs of a root, through indices only.

`Search` knows where rows are (item_index) and reads them (item_rows). What a text may mean is in
item_names; what became of an item is told by inspection.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.declaration import ONE
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.entries import MD5
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.keys import Bearing, key_of_id
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.datasets import shards as dataset_shards
from realsyn_tasks.datasets.versions import Version, versions
from realsyn_tasks.extract import mask_records
from realsyn_tasks.kinds import ANALYSIS, CORPUS, CRAWL, EVALUATION, EXTRACT, TUNING
from realsyn_tasks.report import item_index, item_md5, item_rows
from realsyn_tasks.report.item_index import Items
from realsyn_tasks.report.item_names import ROW_DIGITS, Asked
from realsyn_tasks.report.item_rows import Event, Shards
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.takedown import lookup

IMAGE, LINK, DOCUMENT, SENTENCE = "image_id", "link_id", "document_id", "sentence_id"
MOST_SHARDS = 8  # in which one item is followed: a logo stands in every shard of a crawl
MOST_ITEMS = 50  # of one address or phrase
SCANNED_ROWS = 2_000_000  # for a phrase, at most
SCANNED_BYTES = 1_000_000_000  # of pictures, for an MD5, at most
OPENED = 300_000  # bytes of pictures that are digested in the time that one more shard takes
AT_ONCE = 64  # shards whose sentences are held against a phrase together
NO_SENTENCES = pa.table({SENTENCE: pa.array([], pa.string()), "text": pa.array([], pa.string())})
Sentences = tuple[Workspace, Bearing, int, int]  # shard and rows of a table of sentences
PHRASE, OF_BYTES = "a phrase", "an MD5"
OF_VERSIONS = (ANALYSIS.name, TUNING.name, EVALUATION.name)


@dataclass(frozen=True)
class Scan:
    """How far a phrase, or an MD5 of what was not published, was looked for."""

    items: tuple[str, ...]
    shards: int
    of: int
    what: str
    left: int = 0  # sentences, or bytes of pictures, that were not looked at

    @property
    def left_out(self) -> str:
        """Say what was not looked at, and how to look there; empty where all was."""
        if self.shards == self.of:
            return ""
        held = f"{self.left:,} sentences"
        advice = "give the whole sentence, or its page's address, which the index knows"
        if self.what == OF_BYTES:
            held = f"{self.left / 1e9:.1f} GB of pictures"
            advice = "ask again to look further, or give its SHA-256 or address"
        return f"{self.of - self.shards} shards with {held} are left out: {advice}"


class Search:
    """All runs of a root, or its extracts and some builds, each with the index of its items."""

    def __init__(self, runs: Runs, builds: Collection[str] | None = None) -> None:
        """Open the runs; `builds` are folders."""
        self.storage = runs.storage
        extracts = runs.of_kind(EXTRACT)
        every = (run for run in runs if run.config.kind not in OF_VERSIONS)  # those make no item
        self.runs = list(every) if builds is None else [*extracts, *_of(runs, builds)]

    @cached_property
    def items_by_run(self) -> dict[str, Items]:
        """The indices by the folders of the runs."""
        return {run.folder: item_index.of_run(run) for run in self.runs}

    @cached_property
    def generations(self) -> list[Generation]:
        """What was promoted into the corpus."""
        return generations(self.storage)

    def known(self, names: Iterable[str]) -> set[str]:
        """Give those of some ids that any run may know."""
        keys = {key_of_id(name): name for name in names}
        return {
            keys[key] for items in self.items_by_run.values() for key in items.places(keys.keys())
        }

    # -- what a text names ---------------------------------------------------------------------

    def named(self, asked: Asked) -> list[tuple[str, ...]]:
        """Give the items that a text may name, each by all of its ids; none where nobody knows it.

        Pictures come first, then pages, then whatever else.
        """
        direct = [name for name in asked.ids if name in self.known(asked.ids)]
        direct += [name for name in self._published(asked) if name not in direct]
        by_kind = self._at_addresses(asked.addresses)
        links = by_kind.pop(LINK, [])
        images = [(image, *links) for image in by_kind.pop(IMAGE, [])]
        others = [] if images else [tuple(links)] if links else []
        items = [*images, *others, *((name,) for names in by_kind.values() for name in names)]
        taken = {name for item in items for name in item}
        return [*((name,) for name in direct if name not in taken), *items][:MOST_ITEMS]

    def _published(self, asked: Asked) -> list[str]:
        """Name the images that are asked for by what was published of them."""
        by_key = (self._sample(version, asked.sample) for version in versions(self.storage))
        mine = [image for image in by_key if image] if asked.sample else []
        if not asked.digests:
            return sorted(set(mine))
        datasets = lookup.in_datasets(self.storage, asked.digests, shown=MOST_ITEMS)
        return sorted({row[IMAGE] for item in datasets for row in item["rows"]})

    def _sample(self, version: Version, key: str) -> str:
        """Give the image of a sample; empty where the version has none of that key."""
        shard, every = int(key[:-ROW_DIGITS]), dataset_shards.shards(version)
        if shard >= len(every):
            return ""
        table = dataset_shards.read_table(version, every[shard].table.path, ["key", IMAGE])
        rows = table.filter(pc.equal(table["key"], key))
        return str(rows[IMAGE][0]) if rows.num_rows else ""

    def _at_addresses(self, addresses: Sequence[str]) -> dict[str, list[str]]:
        """Give the ids of what stands at some addresses, by the column of ids that tells them."""
        ids: dict[str, set[str]] = defaultdict(set)
        for items in self.items_by_run.values():
            for address in addresses:
                for bearing, shard in _places(items, address):
                    for name in _ids_at(items.run, bearing, shard, address):
                        ids[_kind(bearing)].add(name)
        ids[LINK] -= ids[IMAGE]
        return {kind: sorted(ids[kind]) for kind in (IMAGE, LINK, DOCUMENT)}

    def on_page(self, names: Sequence[str], most: int) -> list[str]:
        """Give the ids of the pictures of some documents, as far as they were taken for any."""
        ids: dict[str, None] = {}
        for items in self.items_by_run.values():
            shards = {shard for place in items.places(_keys(names)).values() for _, shard in place}
            for bearing in items.bearings:
                if bearing.ids[:1] in ((IMAGE,), (LINK,)):
                    for shard in sorted(shards)[:MOST_SHARDS]:
                        ids |= dict.fromkeys(_of_documents(items.run, bearing, shard, names))
        return list(ids)[:most]

    def scan(self, asked: Asked) -> Scan | None:
        """Look for what no index knows in as much as takes seconds; None: it is no such thing."""
        if asked.is_phrase:
            return self.phrase(asked.text)
        md5 = [entry.value for entry in asked.digests if entry.kind == MD5]
        return self.md5(md5[0]) if md5 else None

    def md5(self, value: str) -> Scan:
        """Look for pictures with an MD5 among all of the crawls: noted ones, and some more."""
        ids: list[str] = []
        left, looked, every, beyond = SCANNED_BYTES, 0, 0, 0
        for run in self._extracts():
            for commit, note in item_md5.shards_of(run):
                size = 0 if note is not None else commit.objects["pixels"].size
                costs = max(size, OPENED) if note is None else 0
                every += 1
                if costs <= left or left == SCANNED_BYTES:  # one at least, however large it is
                    hashes = item_md5.noted(self.storage, commit) if note is None else note
                    ids += item_md5.images_with(hashes, value)
                    left, looked = left - costs, looked + 1
                else:
                    beyond += size
        return Scan(tuple(dict.fromkeys(ids))[:MOST_ITEMS], looked, every, OF_BYTES, beyond)

    def phrase(self, text: str) -> Scan:
        """Look for a piece of a sentence in as many shards as SCANNED_ROWS allow."""
        every = list(self._with_sentences())
        due = list(_affordable(every, SCANNED_ROWS))
        ids: list[str] = []
        looked = 0
        while looked < len(due) and len(ids) < MOST_ITEMS:
            some = due[looked : looked + AT_ONCE]
            ids, looked = ids + self._with_phrase(some, text), looked + len(some)
        beyond = sum(rows for *_, rows in every[looked:])
        return Scan(tuple(dict.fromkeys(ids))[:MOST_ITEMS], looked, len(every), PHRASE, beyond)

    def _with_phrase(self, shards: Sequence[Sentences], text: str) -> list[str]:
        """Give the ids of the sentences of some shards that have a phrase."""
        read = self.storage.each(_sentences, shards)
        table = pa.concat_tables([piece for pieces in read for piece in pieces] or [NO_SENTENCES])
        hits = pc.match_substring(table["text"], text, ignore_case=True)
        ids: list[str] = table.filter(hits)[SENTENCE].to_pylist()
        return ids

    def _with_sentences(self) -> Iterator[Sentences]:
        """Give the tables of sentences of all extracts, with their rows."""
        for run in self._extracts():
            for bearing in self.items_by_run[run.folder].bearings:
                if bearing.ids == (SENTENCE,) and "text" in _columns(run, bearing):
                    outlines = run.ledger(bearing.stage).outlines()
                    for shard, tables in zip(outlines.shards, outlines.tables, strict=True):
                        yield run, bearing, shard, int(json.loads(tables).get(bearing.table, 0))

    # -- what became of it ---------------------------------------------------------------------

    def masks(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Give what masking made of some sentences, or made them of."""
        return [
            mask
            for run in self._extracts()
            for name in names
            for mask in mask_records.masks_of(run, name, self._masked(run, name))
        ]

    def _masked(self, run: Workspace, name: str) -> list[int]:
        return self.shards(run, [name], mask_records.STAGE, mask_records.TABLE)[:MOST_SHARDS]

    def _extracts(self) -> Iterator[Workspace]:
        return (run for run in self.runs if run.config.kind == EXTRACT.name)

    def shards(self, run: Workspace, names: Sequence[str], stage: str, table: str) -> list[int]:
        """Number the shards of a stage whose table bears some ids."""
        items = self.items_by_run[run.folder]
        places = (place for each in items.places(_keys(names)).values() for place in each)
        mine = {n for n, b in enumerate(items.bearings) if (b.stage, b.table) == (stage, table)}
        return sorted({shard for number, shard in places if number in mine})

    def rows(
        self, run: Workspace, stage: str, table: str, column: str, name: str
    ) -> Iterator[dict[str, Any]]:
        """Give the rows of a stage's table that bear an id in a column, of a few shards."""
        shards = self.shards(run, [name], stage, table)[:MOST_SHARDS]
        for commit in run.ledger(stage).find_each(shards).values():
            if ref := commit.objects.get(table):
                yield from item_rows.rows_with(run.storage, ref, column, name)

    def events(self, names: Sequence[str]) -> Iterator[tuple[Workspace, list[Event]]]:
        """Give the rows and drops of some ids, run by run, where there are any."""
        of_extracts: dict[str, set[int]] = {}
        for run in self.runs:
            shards = self._shards_by_axis(self.items_by_run[run.folder], names)
            if run.config.kind == EXTRACT.name:
                of_extracts[run.config.name] = shards.get(CRAWL.axis, set())
            elif added := set(self._in_corpus(run, of_extracts)):
                shards[CORPUS.axis] = shards.get(CORPUS.axis, set()) | added
            if events := list(item_rows.events_of(run, names, shards)):
                yield run, events

    def _shards_by_axis(self, items: Items, names: Sequence[str]) -> Shards:
        """Give the shards that bear some ids, of each id the first MOST_SHARDS of an axis."""
        by_axis: Shards = {}
        for places in items.places(_keys(names)).values():
            mine: Shards = {}
            for number, shard in places:
                axis = items.run.pipeline.stage(items.bearings[number].stage).axis
                if axis != ONE and not axis.cut:
                    mine.setdefault(axis, set()).add(shard)
            for axis_name, several in mine.items():
                by_axis.setdefault(axis_name, set()).update(sorted(several)[:MOST_SHARDS])
        return by_axis

    def _in_corpus(self, run: Workspace, of_extracts: dict[str, set[int]]) -> Iterator[int]:
        """Number the shards of a build's corpus that shards of extracts became."""
        extract_by_generation = {g.generation: g.extract for g in self.generations}
        first = 0
        for pinned in corpus_of(run.config.sources).generations:
            extract = extract_by_generation.get(pinned.generation, "")
            yield from (first + shard for shard in of_extracts.get(extract, ()))
            first += pinned.shards


def _of(runs: Runs, folders: Collection[str]) -> Iterator[Workspace]:
    return (runs.at(f"{runs.storage.uri}/{folder}", runs.pipeline) for folder in folders)


def _keys(names: Iterable[str]) -> set[int]:
    return {key_of_id(name) for name in names}


def _places(items: Items, address: str) -> Iterator[tuple[Bearing, int]]:
    """Give the tables and shards that may bear an address; of each table MOST_SHARDS at most."""
    keys = {bearing.key_of(address) for bearing in items.bearings}
    shards: dict[int, set[int]] = defaultdict(set)
    for number, shard in (place for each in items.places(keys).values() for place in each):
        shards[number].add(shard)
    for number in sorted(shards):
        for shard in sorted(shards[number])[:MOST_SHARDS]:
            yield items.bearings[number], shard


def _ids_at(run: Workspace, bearing: Bearing, shard: int, address: str) -> list[str]:
    table = _read(run, bearing, shard, bearing.columns)
    return [] if table is None else bearing.ids_at(run, shard, table, address)


def _read(run: Workspace, bearing: Bearing, shard: int, columns: Sequence[str]) -> pa.Table | None:
    """Read columns of a table; None where the shard no longer has it, or it lacks one."""
    commit = run.ledger(bearing.stage).find(shard)
    ref = commit.objects.get(bearing.table) if commit else None
    if ref is None or not ref.rows:
        return None
    return item_index.read_columns(run.storage, ref, columns)


def _kind(bearing: Bearing) -> str:
    """Say what stands at an address of a table: what is no picture or page is known by that."""
    kind = bearing.ids[0] if bearing.ids else ""
    return kind if kind in (IMAGE, DOCUMENT) else LINK


def _of_documents(
    run: Workspace, bearing: Bearing, shard: int, documents: Sequence[str]
) -> list[str]:
    if DOCUMENT not in _columns(run, bearing):
        return []
    table = _read(run, bearing, shard, [bearing.ids[0], DOCUMENT])
    if table is None:
        return []
    mine = pc.is_in(table[DOCUMENT], value_set=pa.array(documents, pa.string()))
    ids: list[str] = table.filter(mine)[bearing.ids[0]].to_pylist()
    return ids


def _columns(run: Workspace, bearing: Bearing) -> Sequence[str]:
    schema = run.pipeline.stage(bearing.stage).schemas().get(bearing.table)
    names: list[str] = schema.names if schema is not None else []
    return names


def _affordable(shards: Sequence[Sentences], most: int) -> Iterator[Sentences]:
    """Give shards until they have as many sentences; one at least."""
    left = most
    for shard in shards:
        if left > 0:
            yield shard
        left -= shard[-1]


def _sentences(of: Sentences) -> list[pa.Table]:
    """Read the ids and texts of a shard's sentences."""
    run, bearing, shard, _ = of
    commit = run.ledger(bearing.stage).find(shard)
    ref = commit.objects.get(bearing.table) if commit else None
    return list(arrow_files.pieces(run.storage, ref, NO_SENTENCES.column_names)) if ref else []
