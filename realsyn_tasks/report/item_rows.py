"""Reads the rows and drops of items out of the shards that bear them, stage by stage.

Of a table only the row groups are read that can hold an id, by the statistics of its footer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, tables
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.declaration import ONE, Stage
from realsyn_tasks.core.keyed_tables import PARTITION
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import mask_records
from realsyn_tasks.report.descriptions import in_words

SERVED = "sentence_ids"  # of a pair
KEYS = ("image_id", "sentence_id", "link_id", "document_id", "id")
BULKY = frozenset({"embedding", "image", "query"})
MOST_ROWS = 20  # of one table and id: a popular sentence serves many images
Event = dict[str, Any]
Shards = dict[str, set[int]]  # axis -> shards


def events_of(run: Workspace, names: Sequence[str], shards: Shards) -> Iterator[Event]:
    """Give all rows and drops of some ids in some shards of a run, in order of its stages.

    Drops come before rows. A row that is keyed with a shard of another axis leads there. Fits and
    partitions of the work are passed over: what they hold of an item its own shard has as well.
    """
    known = {axis: set(numbers) for axis, numbers in shards.items()}
    for stage in run.stages():
        if stage.collects or stage.axis == ONE or stage.axis.cut or not known.get(stage.axis):
            continue
        commits = run.ledger(stage.name).find_each(sorted(known[stage.axis]))
        for number in sorted(commits):
            for event in _of_commit(run, stage, commits[number], names):
                if stage.keyed_by and not stage.keyed_by.cut and PARTITION in event["row"]:
                    known.setdefault(stage.keyed_by, set()).add(event["row"][PARTITION])
                yield event


def _of_commit(
    run: Workspace, stage: Stage, commit: Commit, names: Sequence[str]
) -> Iterator[Event]:
    where = {"run": run.folder, "group": stage.group, "stage": stage.name, "shard": commit.shard}
    where["models"] = commit.models
    words = run.pipeline.reason_words
    for table in sorted(commit.objects, key=lambda name: (name != DROPPED, name)):
        ref = commit.objects[table]
        for key, name, row in _rows(run.storage, ref, names) if ref.rows else ():
            shown = mask_records.hidden(run, stage.name, table, row)
            said = {"words": words.get(row.get("reason", ""), ""), "says": in_words(shown, words)}
            yield {**where, "table": table, "kind": key, "id": name, "row": shown, **said}


def _rows(
    storage: Storage, ref: ObjectRef, names: Sequence[str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give the rows of a table that bear an id: as what, which, and the row."""
    with arrow_files.committed(storage, ref) as source:
        file = pq.ParquetFile(source)
        known = file.schema_arrow.names
        for key in keys_of(known):
            rows = matching(file, key, names, [name for name in known if name not in BULKY])
            for row in rows.slice(0, MOST_ROWS * len(names)).to_pylist():
                if key != SERVED:
                    yield key, row[key], row
                for name in names if key == SERVED else ():
                    if name in row[key]:
                        yield "sentence_id", name, row


def rows_with(storage: Storage, ref: ObjectRef, column: str, name: str) -> list[dict[str, Any]]:
    """Give the rows of a committed table that have an id in a column."""
    with arrow_files.committed(storage, ref) as source:
        file = pq.ParquetFile(source)
        columns = [each for each in file.schema_arrow.names if each not in BULKY]
        rows: list[dict[str, Any]] = matching(file, column, [name], columns).to_pylist()
        return rows


def keys_of(known: Sequence[str]) -> list[str]:
    """Name the column of a table's own id and, where its items are images, of their sentences."""
    own = [name for name in KEYS if name in known][:1]
    theirs = ("sentence_id", SERVED, "link_id") if own == ["image_id"] else ()
    return own + [name for name in theirs if name in known]


def matching(
    file: pq.ParquetFile, key: str, names: Sequence[str], columns: Sequence[str]
) -> pa.Table:
    """Read the rows that have one of some ids in a column, which may be of lists."""
    wanted = pa.array(sorted(names), pa.string())
    parts = [file.schema_arrow.empty_table().select(list(columns))]
    for number in _groups(file, key, sorted(names)):
        values = file.read_row_group(number, columns=[key])[key]
        rows = _hits(values, wanted)
        if len(rows):
            parts.append(tables.taken(file.read_row_group(number, columns=list(columns)), rows))
    return pa.concat_tables(parts)


def _hits(values: pa.ChunkedArray, wanted: pa.Array) -> np.ndarray[Any, Any]:
    if not pa.types.is_list(values.type):
        return np.flatnonzero(pc.is_in(values, value_set=wanted).to_numpy(zero_copy_only=False))
    inside = pc.is_in(pc.list_flatten(values), value_set=wanted)
    return np.unique(pc.list_parent_indices(values).filter(inside).to_numpy())


def _groups(file: pq.ParquetFile, key: str, names: Sequence[str]) -> Iterable[int]:
    """Number the row groups whose statistics leave room for one of some ids."""
    paths = [file.schema.column(n).path for n in range(len(file.schema))]
    if key not in paths:
        return range(file.num_row_groups)
    column = paths.index(key)
    return [n for n in range(file.num_row_groups) if _may_hold(file, n, column, names)]


def _may_hold(file: pq.ParquetFile, number: int, column: int, names: Sequence[str]) -> bool:
    bounds = file.metadata.row_group(number).column(column).statistics
    if bounds is None or not bounds.has_min_max:
        return True
    return any(bounds.min <= name <= bounds.max for name in names)
