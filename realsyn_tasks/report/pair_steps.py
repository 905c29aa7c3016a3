"""The pictures of a build on their way to pairs, also before it is published: what became of each.

Read shard by shard of the corpus, by the markers of its stages: each picture with the texts that it
has so far and, where it went no further, the stage and the reason. A window is as many shards as
hold some thousand pictures, so that a look at a build takes as long however large it is. Of a shard
whose corpus is gone there are the pairs that were made of it, without their pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import arrow_files, chunks, tables
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import STAGE
from realsyn_tasks.extract.schemas import CORPUS_IMAGES
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.synthesize.group import GROUP as SYNTHESIZE
from realsyn_tasks.synthesize.schemas import PAIRS

WINDOW = 5_000  # pictures
MOST_SHARDS = 40  # of a window
KINDS = ("image", "pair")  # of what is dropped
STEPS = ("matched", "paired", "in_band", "published")  # that a picture may have come to, in order
FATES = pa.schema([(name, pa.string()) for name in ("step", "stage", "reason", "detail")])
_MADE = (
    "text1",
    "text2",
    "text3",
    "syn_text",
    "recaption",
    "sentence_ids",
    "text_urls",
    "text_licences",
)
_SCORED = ("realistic_scores", "relevance", "syn_source", "syn_score", "tags")
TEXTS = pa.schema([PAIRS.field(name) for name in ("image_id", *_MADE, *_SCORED)])
IMAGES = pa.schema(
    [field for field in PAIRS if field.name in CORPUS_IMAGES.names]
    + [CORPUS_IMAGES.field(name) for name in ("offset", "length")]
)
WAY = pa.schema(
    [*IMAGES, *list(TEXTS)[1:], ("cluster_id", pa.int32()), ("shard", pa.int32()), *FATES]
)


@dataclass(frozen=True)
class Window:
    """The pictures of some shards of a build."""

    pictures: pa.Table  # WAY
    first: int  # shard
    end: int  # the shard after the last one
    shards: int  # of the build
    missing: tuple[str, ...] = ()  # what is gone of these shards, in words


def window(
    run: Workspace, first: int = 0, chosen: Sequence[int] | None = None, wanted: int = WINDOW
) -> Window:
    """Give the pictures from a shard on, or of some chosen shards, until there are enough.

    IndexError where the build has no such shard.
    """
    shards = shards_of(run)
    if not 0 <= first < max(1, shards):
        raise IndexError(f"{run.uri} has no shard {first} of {shards}")
    waiting = [shard for shard in (range(shards) if chosen is None else chosen) if shard >= first]
    parts: list[Left] = []
    rows = 0
    while waiting and rows < wanted and len(parts) < MOST_SHARDS:
        parts.append(left_of(run, waiting.pop(0)))
        rows += parts[-1].pictures.num_rows
    pictures = pa.concat_tables([WAY.empty_table(), *(part.pictures for part in parts)])
    missing = tuple(dict.fromkeys(part.missing for part in parts if part.missing))
    return Window(pictures, first, waiting[0] if waiting else shards, shards, missing)


def shards_of(run: Workspace) -> int:
    """Count the shards of a build's corpus."""
    return run.config.shards(CORPUS.axis)


def _commits(run: Workspace, shard: int) -> Iterator[tuple[str, Commit]]:
    """Give what the stages that tell of pictures have committed of a shard, in order."""
    for stage in telling(run):
        if commit := run.ledger(stage.name).find(shard):
            yield stage.name, commit


def telling(run: Workspace) -> list[Stage]:
    """Give the stages over the corpus that bring pictures to a step, or may drop some."""
    steps = {_stage_of(step)[0] for step in STEPS} | {SYNTHESIZE.hands_on[0].stage}
    return [
        stage
        for stage in run.stages()
        if stage.axis == CORPUS.axis
        and (stage.name in steps or any(stage.reasons_for(kind) for kind in KINDS))
    ]


class Left(NamedTuple):
    """What there is of a shard, and what is gone of it, in words."""

    pictures: pa.Table  # WAY
    missing: str = ""


def left_of(run: Workspace, shard: int) -> Left:
    """Give the pictures of one shard with what became of them, or the pairs that are left."""
    commits = dict(_commits(run, shard))
    made = tuple(commit.digest for commit in commits.values())
    key = (run.uri, run.config.digest(), shard, made)
    work = _Shard(run, shard, commits)
    try:
        return Left(_KEPT.of(key, work.pictures))
    except (ConfigError, DamagedObject, FileNotFoundError) as error:
        return Left(work.without_corpus(), str(error))


def of_shard(run: Workspace, shard: int) -> pa.Table:
    """Give the pictures of one shard of the corpus with what became of them; WAY."""
    return left_of(run, shard).pictures


_KEPT: Recent[pa.Table] = Recent(48)


def picture_of(run: Workspace, row: Mapping[str, Any]) -> bytes:
    """Read the picture of a row of WAY as the crawl had it."""
    pixels = run.sources[STAGE].commits()[row["shard"]].objects["pixels"]
    with run.storage.open(pixels.path) as tar:
        return read_at(tar, row["offset"], row["length"])


@dataclass(frozen=True)
class _Shard:
    run: Workspace
    shard: int
    commits: dict[str, Commit]

    def pictures(self) -> pa.Table:
        return self._way(self._images())

    def without_corpus(self) -> pa.Table:
        """Give the pairs that were made of the shard; no picture can be read of them."""
        [handed] = SYNTHESIZE.hands_on
        pairs = self._table(handed.stage, handed.table)
        if pairs is None:
            return WAY.empty_table()
        known = [name for name in IMAGES.names if name in pairs.column_names]
        columns: dict[str, Any] = {name: pairs[name] for name in known}
        columns |= {name: [0] * pairs.num_rows for name in IMAGES.names if name not in known}
        return self._way(tables.build(IMAGES, columns))

    def _way(self, images: pa.Table) -> pa.Table:
        texts = self._texts()
        names = images["image_id"].to_pylist()
        clusters = self._clusters()
        columns = {name: images[name] for name in images.column_names}
        theirs = chunks.taken(texts, _rows_in(images["image_id"], texts["image_id"]))
        columns |= {name: theirs[name] for name in TEXTS.names if name not in columns}
        columns |= self._fates(names)
        columns["cluster_id"] = [clusters.get(name) for name in names]
        columns["shard"] = [self.shard] * len(names)
        return tables.build(WAY, columns)

    def _table(self, stage: str, table: str, columns: list[str] | None = None) -> pa.Table | None:
        commit = self.commits.get(stage)
        if commit is None or table not in commit.objects:
            return None
        pieces = arrow_files.pieces(self.run.storage, commit.objects[table], columns)
        return pa.concat_tables(list(pieces))

    def _images(self) -> pa.Table:
        source = self.run.sources[STAGE]
        commit = source.commits()[self.shard]
        pieces = arrow_files.pieces(self.run.storage, commit.objects["images"], IMAGES.names)
        images = pa.concat_tables(list(pieces))
        hidden = source.hidden_ids(self.shard, "images")
        gone = pc.is_in(images["image_id"], pa.array(sorted(hidden), pa.string()))
        return images.filter(pc.invert(gone))

    def _texts(self) -> pa.Table:
        """Give the texts of each picture that has any, of whatever stage has come furthest."""
        [pairs], [matches] = SYNTHESIZE.hands_on, RETRIEVE.hands_on
        paired = self._table(pairs.stage, pairs.table, TEXTS.names)
        paired = TEXTS.empty_table() if paired is None else paired
        matched = self._table(matches.stage, matches.table, [*_OF_MATCH, "rank"])
        if matched is None:
            return paired
        done = pc.is_in(matched["image_id"], paired["image_id"])
        return pa.concat_tables([paired, _as_pairs(matched.filter(pc.invert(done)))])

    def _clusters(self) -> dict[str, int]:
        published = _stage_of("published")
        chosen = self._table(*published, ["image_id", "cluster_id"])
        columns = chosen.to_pydict() if chosen is not None else {"image_id": [], "cluster_id": []}
        return dict(zip(columns["image_id"], columns["cluster_id"], strict=True))

    def _fates(self, names: list[str]) -> dict[str, list[str]]:
        """Say of each picture how far it came, and what ended its way."""
        steps = self._steps()
        ends: dict[str, tuple[str, str, str]] = {}
        for stage, commit in self.commits.items():
            if any(commit.dropped.get(kind) for kind in KINDS):
                for row in self._dropped(stage):
                    ends[row["id"]] = (stage, row["reason"], row["detail"])
        fates = [(steps.get(name, ""), *ends.get(name, ("", "", ""))) for name in names]
        columns = list(zip(*fates, strict=True)) or [()] * len(FATES)
        return {name: list(values) for name, values in zip(FATES.names, columns, strict=True)}

    def _dropped(self, stage: str) -> list[dict[str, Any]]:
        table = self._table(stage, DROPPED)
        rows: list[dict[str, Any]] = table.to_pylist() if table is not None else []
        return [row for row in rows if row["kind"] in KINDS]

    def _steps(self) -> dict[str, str]:
        """Give the last step that each picture has come to; none has come to the first."""
        reached: dict[str, str] = {}
        for step in STEPS:
            table = self._table(*_stage_of(step), ["image_id"])
            names = table["image_id"].to_pylist() if table is not None else ()
            reached |= dict.fromkeys(names, step)
        return reached


def _rows_in(names: pa.ChunkedArray, known: pa.ChunkedArray) -> pa.Array:
    """Give the row of each name among those known; null where it is none of them."""
    rows = pc.index_in(names, known)
    return pa.array(pc.fill_null(rows, 0).to_numpy(), pa.int64(), mask=pc.is_null(rows).to_numpy())


def _as_pairs(matches: pa.Table) -> pa.Table:
    """Give the matches of each picture as the columns of a pair."""
    rows: dict[str, dict[str, Any]] = {}
    for match in tables.ordered(matches, ["image_id", "rank"]).to_pylist():
        blank = {"image_id": match["image_id"], **{name: [] for name in _LISTS}}
        mine = rows.setdefault(match["image_id"], blank)
        mine[f"text{match['rank']}"] = match["text"]
        for column, name in _LISTS.items():
            mine[column].append(match[name])
    return tables.from_rows(TEXTS, rows.values())


def _stage_of(step: str) -> tuple[str, str]:
    """Name the stage that brings pictures to a step, and its table."""
    if step == STEPS[0]:
        [matches] = RETRIEVE.hands_on
        return matches.stage, matches.table
    quantities = {each.name: each for each in (*SYNTHESIZE.quantities, *SAMPLE.quantities)}
    return quantities[step].stage, quantities[step].table


_LISTS = {  # column of a pair -> of its matches
    "sentence_ids": "sentence_id",
    "text_urls": "document_url",
    "text_licences": "licence",
    "realistic_scores": "score",
    "relevance": "relevance",
}
_OF_MATCH = ("image_id", "text", *_LISTS.values())
