"""Why pairs differ between two versions: what the corpus, the requests, and the drops say of them.

Of each pair the first cause that explains it, the most telling first. Every table is read once, in
pieces; only ids of what changed are held.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation
from realsyn_tasks.datasets.changes import (
    TEXTS,
    Changes,
    Mask,
    first_without,
    ids_of,
    sentences_at,
)
from realsyn_tasks.datasets.differences import Difference, Side
from realsyn_tasks.kinds import EXTRACT

AT_ONCE = 256  # markers that are read together
OF_PAIRS, OF_SENTENCES = ("image", "pair"), ("sentence",)  # kinds of what is dropped
WRITTEN = ("syn_text", "recaption")
OF_PAGE = ("caption", "alt", "licence", "raw_image_url", "document_url", "crawled")
SCORED = ("realistic_scores", "relevance", "syn_score", "tags")
# The groups that decide columns: texts, synthetic texts and scores.
RETRIEVE, SYNTHESIZE = "retrieve", "synthesize"
Ids = NDArray[np.bytes_]
Reasons = Iterator[tuple[Ids, "Why"]]


class Cause(StrEnum):
    """What explains that a pair differs."""

    TAKEN_DOWN = "taken_down"  # by a request: the pair, or a text of it
    GENERATION = "generation"  # of the corpus, that one of the versions was not made from
    DROPPED = "dropped"  # by the build of the version that lacks it, or by an extract
    BETTER_TEXT = "better_text"  # a sentence of a new generation
    LOST_TEXT = "lost_text"  # a sentence that is not there any more
    REORDERED = "reordered"  # the same texts
    SETTINGS = "settings"  # or models or code: of a group of stages
    FOLLOWS = "follows"  # from something else that changed: clusters, scores
    PAGE = "page"  # what the picture's page says
    UNKNOWN = "unknown"  # nothing that is still there tells


@dataclass(frozen=True)
class Why:
    """A cause, and where it lies: a stage and its reason, a generation, a request, a group."""

    change: str  # added | removed | changed
    cause: Cause
    at: str = ""
    reason: str = ""


@dataclass
class Explained:
    """Which cause each row of the changes has, as a number in `whys`; (n,) int32."""

    whys: list[Why]
    codes: NDArray[np.int32]

    @staticmethod
    def nothing(count: int) -> Explained:
        """Begin with no cause for any row."""
        return Explained([], np.full(count, -1, dtype=np.int32))

    def give(self, rows: NDArray[np.int64], why: Why) -> None:
        """Let rows have a cause, unless they have one."""
        open_rows = rows[self.codes[rows] < 0]
        if len(open_rows):
            if why not in self.whys:
                self.whys.append(why)
            self.codes[open_rows] = self.whys.index(why)

    def give_by_id(self, rows: NDArray[np.int64], ids: Ids, reasons: Reasons) -> None:
        """Give the rows with these ids, (m,) each, the causes of their ids."""
        order = np.argsort(ids, kind="stable")
        ascending = ids[order]
        for names, why in reasons if len(ids) else ():
            low = np.searchsorted(ascending, names)
            high = np.searchsorted(ascending, names, side="right")
            hits = high > low
            self.give(rows[order[_spans(low[hits], high[hits])]], why)

    def counts(self) -> list[tuple[Why, int]]:
        """Count the rows of each cause, the most frequent first."""
        counted = np.bincount(self.codes, minlength=len(self.whys))
        pairs = list(zip(self.whys, counted.tolist(), strict=True))
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0].cause, pair[0].at))


def _spans(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give all places of some spans."""
    lengths = high - low
    ends = np.cumsum(lengths)
    steps = np.arange(int(ends[-1]) if len(ends) else 0)
    places: NDArray[np.int64] = steps + np.repeat(low - (ends - lengths), lengths)
    return places


def explain(changes: Changes, old: Side, new: Side, different: list[Difference]) -> Explained:
    """Find the cause of every row of the changes between two sides."""
    known = Explained.nothing(len(changes.rows))
    _absent(known, changes, changes.removed, "removed", away=new, here=old)
    _absent(known, changes, changes.added, "added", away=old, here=new)
    _texts(known, changes, old, new, different)
    _rest(known, changes, different)
    return known


def _absent(
    known: Explained, changes: Changes, mask: Mask, change: str, away: Side, here: Side
) -> None:
    """Tell why pairs that one side has are not in the other."""
    rows = np.flatnonzero(mask)
    ids = np.asarray(changes.rows["id"][rows])
    known.give_by_id(rows, ids, _taken_down(away, "image", change))
    known.give_by_id(rows, ids, _dropped(away.build, OF_PAIRS, change))
    for generation in _only(away, here):
        known.give_by_id(rows, ids, _dropped(_extract_of(away, generation), OF_PAIRS, change))
    for generation in _only(here, away):
        known.give_by_id(rows, ids, _items(here, generation, "images", "image_id", change))
    known.give(rows, Why(change, Cause.UNKNOWN))


def _texts(
    known: Explained, changes: Changes, old: Side, new: Side, different: list[Difference]
) -> None:
    """Tell why pairs of both sides have other realistic texts."""
    rows = np.flatnonzero(changes.differ_in(*TEXTS))
    before, after = (
        sentences_at(side.version, np.asarray(changes.rows[name][rows]))
        for side, name in ((old, "old"), (new, "new"))
    )
    left, came = first_without(before, after), first_without(after, before)
    lost, got = left != b"", came != b""
    known.give_by_id(rows[lost], left[lost], _taken_down(new, "sentence", "changed"))
    for generation in _only(new, old):
        better = _items(new, generation, "sentences", "sentence_id", "changed", Cause.BETTER_TEXT)
        known.give_by_id(rows[got], came[got], better)
    known.give_by_id(rows[lost], left[lost], _dropped(new.build, OF_SENTENCES, "changed"))
    for generation in _only(old, new):
        gone = _items(old, generation, "sentences", "sentence_id", "changed", Cause.LOST_TEXT)
        known.give_by_id(rows[lost], left[lost], gone)
    if any(difference.group == RETRIEVE for difference in different):
        known.give(rows, Why("changed", Cause.SETTINGS, RETRIEVE))
    known.give(rows[~lost & ~got], Why("changed", Cause.REORDERED))
    known.give(rows, Why("changed", Cause.UNKNOWN))


def _rest(known: Explained, changes: Changes, different: list[Difference]) -> None:
    """Tell why pairs whose realistic texts are the same differ in something else."""
    unknown = Why("changed", Cause.UNKNOWN)
    written = np.flatnonzero(changes.differ_in(*WRITTEN))
    known.give(written, _by_settings(different, SYNTHESIZE, unknown))
    known.give(np.flatnonzero(changes.differ_in(*OF_PAGE)), Why("changed", Cause.PAGE))
    scored = np.flatnonzero(changes.differ_in(*SCORED))
    follows = Why("changed", Cause.FOLLOWS, "scores")
    known.give(scored, _by_settings(different, SYNTHESIZE, follows))
    clusters = np.flatnonzero(changes.differ_in("cluster_id"))
    known.give(clusters, Why("changed", Cause.FOLLOWS, "clusters"))


def _by_settings(different: list[Difference], group: str, otherwise: Why) -> Why:
    """Blame the settings or models of a group where they differ."""
    mine = any(difference.group == group for difference in different)
    return Why("changed", Cause.SETTINGS, group) if mine else otherwise


def _only(here: Side, away: Side) -> list[Generation]:
    """Give the generations that one side was made from and the other was not."""
    return [g for number, g in here.generations.items() if number not in away.generations]


def _taken_down(side: Side, kind: str, change: str) -> Reasons:
    """Give the items of a kind that were under a tombstone, with the request of each."""
    for gone in side.takedown.removed if side.takedown else ():
        table = pq.read_table(io.BytesIO(side.version.storage.read(gone.path)))
        mine = table.filter(pc.equal(table["kind"], kind))
        for request in sorted(set(mine["request"].to_pylist())):
            ids = mine.filter(pc.equal(mine["request"], request))["id"]
            yield ids_of(ids), Why(change, Cause.TAKEN_DOWN, request)


def _dropped(run: Workspace | None, kinds: tuple[str, ...], change: str) -> Reasons:
    """Give what a run dropped of some kinds, by stage and reason, shard by shard."""
    for stage in run.stages() if run else ():
        if run and any(stage.reasons_for(kind) for kind in kinds):
            for commit in _droppers(run, stage, kinds):
                yield from _drops_of(run, stage, commit, kinds, change)


def _droppers(run: Workspace, stage: Stage, kinds: tuple[str, ...]) -> Iterator[Commit]:
    """Give the commits of a stage that dropped anything of some kinds."""
    ledger = run.ledger(stage.name)
    outlines = ledger.outlines()
    counted = zip(outlines.shards, outlines.dropped, strict=True)
    shards = [shard for shard, dropped in counted if dropped]
    for start in range(0, len(shards), AT_ONCE):
        for commit in ledger.find_each(shards[start : start + AT_ONCE]).values():
            if DROPPED in commit.objects and any(commit.dropped.get(kind) for kind in kinds):
                yield commit


def _drops_of(
    run: Workspace, stage: Stage, commit: Commit, kinds: tuple[str, ...], change: str
) -> Reasons:
    wanted = pa.array(kinds)
    columns = ["kind", "id", "reason"]
    for piece in arrow_files.pieces(run.storage, commit.objects[DROPPED], columns):
        mine = piece.filter(pc.is_in(piece["kind"], wanted))
        for reason in pc.unique(mine["reason"]).to_pylist():
            ids = mine.filter(pc.equal(mine["reason"], reason))["id"]
            yield ids_of(ids), Why(change, Cause.DROPPED, stage.name, reason)


def _extract_of(side: Side, generation: Generation) -> Workspace | None:
    """Open the extract that a generation was promoted from, while it is there."""
    storage, folder = side.version.storage, f"{EXTRACT.folder}/{generation.extract}"
    if not side.build or not storage.exists(f"{folder}/{CONFIG_NAME}"):
        return None
    return Workspace.open(f"{storage.uri}/{folder}", side.build.pipeline)


def _items(
    side: Side,
    generation: Generation,
    table: str,
    key: str,
    change: str,
    cause: Cause = Cause.GENERATION,
) -> Reasons:
    """Give the ids of a table of a generation."""
    why = Why(change, cause, str(generation.generation))
    for shard in generation.shards:
        for piece in arrow_files.pieces(side.version.storage, shard.objects[table], [key]):
            yield ids_of(piece[key]), why
