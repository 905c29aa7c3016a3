"""What the runs that a version came from left out: dropped items with what is known of them.

Nothing is shown of items that were dropped so that nobody sees them, nor of what was taken down;
personal data in the texts of others is masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import DROPPED, Commit, Ledger
from realsyn_tasks.core.config import CONFIG_NAME, RunConfig
from realsyn_tasks.core.declaration import Group, Stage
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.matches import Matcher
from realsyn_tasks.corpus.pinned import PinnedCorpus
from realsyn_tasks.datasets.pinned import PinnedVersion, RunRef
from realsyn_tasks.extract.group import GROUP as EXTRACT
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.synthesize.group import GROUP as SYNTHESIZE
from realsyn_tasks.text.pii import KINDS, mask_pii

GROUPS = (EXTRACT, RETRIEVE, SYNTHESIZE, SAMPLE)
KEYS = {"image": "image_id", "pair": "image_id", "sentence": "sentence_id"}
SAID = ("text", "text1", "caption", "alt", "title")  # the first that there is
PLACES = ("document_url", "licence", "url", "offset", "length")
UNSEEN = frozenset(  # reasons of items of which nothing is shown
    {
        *("pii", "opt_out", "unusable_picture", "blocklisted", "nsfw", "violence"),
        *("evaluation_image", "evaluation_caption"),
    }
)
PIXELS = "pixels"
AT_ONCE = 1000  # markers held in memory
HOLDER = "holder"  # which stage and shard told where a picture's bytes are
Row = dict[str, Any]


@dataclass(frozen=True)
class LeftOut:
    """A dropped item: why, and what some table of its run says of it."""

    kind: str
    id: str
    reason: str
    detail: str
    known: Row = field(default_factory=dict)

    @property
    def unseen(self) -> bool:
        """Say whether nothing of it may be shown."""
        return self.reason in UNSEEN


class Run:
    """One run that a version came from, read through its ledgers alone.

    Markers are read of the shards that are looked at, and kept of those that are asked for one by
    one: a run of many shards has gigabytes of them.
    """

    def __init__(self, reader: PinnedVersion, run: RunRef) -> None:
        self.name = run.folder
        self.storage = reader.storage
        self._reader, self._run = reader, run
        self.groups: tuple[Group, ...] = tuple(g for g in GROUPS if g.name in run.groups)
        self._commits: dict[tuple[str, int], Commit | None] = {}

    def outlines(self, stage: str) -> Outlines:
        """Give the outlines of a stage's markers."""
        return self._ledger(stage).outlines()

    def commits(self, stage: str, shards: Iterable[int]) -> Iterator[Commit]:
        """Read the markers of some shards of a stage, in the order named; they are not kept."""
        ledger, numbers = self._ledger(stage), iter(shards)
        while few := list(islice(numbers, AT_ONCE)):
            yield from ledger.find_each(few).values()

    def commit(self, stage: str, shard: int) -> Commit | None:
        """Read the marker of one shard of a stage, or of the corpus, once."""
        if stage == CORPUS.name:
            return self._corpus.get(shard)
        if (stage, shard) not in self._commits:
            self._commits[stage, shard] = self._ledger(stage).find(shard)
        return self._commits[stage, shard]

    def _ledger(self, stage: str) -> Ledger:
        return self._reader.ledger(self._run, stage)

    @cached_property
    def _corpus(self) -> dict[int, Commit]:
        if self._pinned is None:
            return {}
        return {commit.shard: commit for commit in self._pinned.commits()}

    @cached_property
    def _pinned(self) -> PinnedCorpus | None:
        data = self.storage.read(f"{self._run.folder}/{CONFIG_NAME}")
        source = RunConfig.model_validate_json(data).sources.get(CORPUS.name)
        return PinnedCorpus(self.storage, source.reference) if source else None

    def dropped(self, stage: Stage, commit: Commit) -> list[LeftOut]:
        """List what a shard dropped, with what tables of its shard say of it."""
        ref = commit.objects.get(DROPPED)
        rows = list(_rows(self.storage, ref)) if ref and ref.rows else []
        known = self.known(stage, commit.shard, rows)
        return [
            LeftOut(
                row["kind"],
                row["id"],
                row["reason"],
                row["detail"],
                known.get((KEYS.get(row["kind"], ""), row["id"]), {}),
            )
            for row in rows
        ]

    def kept(self, stage: Stage, commit: Commit, kind: str) -> list[str]:
        """List the ids of the items of a kind that a shard kept."""
        key = KEYS.get(kind, "")
        for name in stage.writes:
            ref = commit.objects.get(name)
            if ref and ref.rows and key in stage.schemas()[name].names:
                return [row[key] for row in _rows(self.storage, ref, [key])]
        return []

    def known(self, stage: Stage, shard: int, rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
        """Give what the shard's own tables say of items: those nearest before the stage first."""
        known: dict[tuple[str, str], Row] = {}
        for key in dict.fromkeys(KEYS[row["kind"]] for row in rows if row["kind"] in KEYS):
            missing = {row["id"] for row in rows if KEYS.get(row["kind"]) == key}
            for name, commit, table in self._tables(stage, shard, key):
                for row in self._of(commit, table, key, missing) if missing else ():
                    said = {column: value for column, value in row.items() if value is not None}
                    placed = {HOLDER: (name, shard)} if "offset" in said else {}
                    known[key, row[key]] = said | placed | known.get((key, row[key]), {})
                missing = {item for item in missing if not _is_whole(known.get((key, item)), key)}
        return known

    def _tables(self, stage: Stage, shard: int, key: str) -> Iterator[tuple[str, Commit, str]]:
        """Name the tables over the stage's own axis that may know an item, nearest first."""
        stages = [each for group in self.groups for each in group.declared]
        before = stages[: 1 + next(n for n, s in enumerate(stages) if s.name == stage.name)]
        for each in reversed(before):
            commit = self.commit(each.name, shard) if each.axis == stage.axis else None
            if commit and not each.keyed_by:
                schemas = each.schemas()
                yield from ((each.name, commit, t) for t in schemas if _tells(schemas[t], key))
        corpus = self.commit(CORPUS.name, shard) if stage.axis == CORPUS.axis else None
        if corpus:
            yield CORPUS.name, corpus, "images" if key == KEYS["image"] else "sentences"

    def _of(self, commit: Commit, table: str, key: str, wanted: set[str]) -> Iterator[Row]:
        ref = commit.objects.get(table)
        if ref is None or not ref.rows:
            return
        hidden: set[str] = set()
        if commit.stage == CORPUS.name and self._pinned:
            hidden |= self._pinned.hidden_ids(commit.shard, table)
        ids = pa.array(sorted(wanted - hidden), pa.string())
        for piece in arrow_files.pieces(self.storage, ref):
            columns = [name for name in (key, *SAID, *PLACES) if name in piece.column_names]
            yield from piece.select(columns).filter(pc.is_in(piece[key], ids)).to_pylist()

    def picture(self, known: Row) -> bytes:
        """Read the bytes of a picture that a table tells the place of; none where it does not."""
        if known.get("offset") is None or not known.get("length"):
            return b""
        name, shard = known[HOLDER]
        holders = [name] if name == CORPUS.name else [s.name for s in EXTRACT.declared]
        for stage in reversed(holders):
            commit = self.commit(stage, shard)
            if commit and PIXELS in commit.objects:
                with self.storage.open(commit.objects[PIXELS].path) as source:
                    return read_at(source, known["offset"], known["length"])
        return b""


def _is_whole(known: Row | None, key: str) -> bool:
    """Say whether no further table needs to be asked of an item."""
    wanted = {"document_url"} | ({"offset"} if key == KEYS["image"] else set())
    return known is not None and wanted <= known.keys()


def _tells(schema: pa.Schema, key: str) -> bool:
    return key in schema.names and any(name in schema.names for name in (*SAID, *PLACES))


def _rows(storage: Storage, ref: ObjectRef, columns: list[str] | None = None) -> Iterator[Row]:
    for piece in arrow_files.pieces(storage, ref, columns):
        yield from piece.to_pylist()


def said_of(known: Row) -> str:
    """Give what is said of an item, its personal data masked; "" where nothing is."""
    texts = (known.get(name) for name in SAID)
    return mask_pii(next((text for text in texts if text), ""), KINDS)[0]


class TakenDown:
    """What requests mean, of whatever generation."""

    def __init__(self, storage: Storage) -> None:
        log = tombstones.state(storage).log
        requests = storage.each(partial(tombstones.read, storage), [line.request for line in log])
        self._matcher = Matcher.of(*requests)

    def means(self, item: str, known: Row) -> bool:
        """Say whether an item, or the page it is from, was taken down."""
        urls = [known.get("url"), known.get("document_url")]
        return item in self._matcher.images or any(map(self._matcher.of_address, urls))
