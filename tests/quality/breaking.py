"""Ways to break what a stage put out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Dropped
from tests.fabricated import set_column
from tests.fabricated_contents import Made

BETWEEN = "expect_column_values_to_be_between"
NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
TOGETHER = "expect_compound_columns_to_be_unique"
MATCH = "expect_column_values_to_match_regex"
NOT_MATCH = "expect_column_values_to_not_match_regex"
IN_SET = "expect_column_values_to_be_in_set"
EQUAL = "expect_column_pair_values_to_be_equal"
LENGTH = "expect_column_value_lengths_to_be_between"
ROWS = "expect_table_row_count_to_be_between"
DIFFERENT = "expect_column_unique_value_count_to_be_between"
PROPORTION = "expect_column_proportion_of_unique_values_to_be_between"
BROKEN_FILTER = Reason("broken_filter", "a test breaks it")
Finding = tuple[str, str]  # what was expected, about what


@dataclass(frozen=True)
class Breakage:
    """A change of one stage's output, and what must be found."""

    name: str
    group: str
    stage: str
    change: Callable[[Made], None]
    finds: frozenset[Finding]
    shards: tuple[int, ...] = (0,)

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"

    @property
    def column(self) -> str:
        """Name the column that it changes, and that alone is told; empty if it is of more."""
        if not isinstance(self.change, OfColumn) or self.shards != (0,):
            return ""
        own = f"{self.change.table}.{self.change.column}"
        return own if {about for _, about in self.finds} == {own} else ""


def bundles(listed: Iterable[Breakage]) -> list[list[Breakage]]:
    """Put together what one gate can find: breakages of a group, each of a column of its own.

    What is expected of a column depends on its values alone. All others stay on their own.
    """
    bundled: list[list[Breakage]] = []
    for each in listed:
        for bundle in bundled:
            columns = {other.column for other in bundle}
            if each.column and bundle[0].group == each.group and not {"", each.column} & columns:
                bundle.append(each)
                break
        else:
            bundled.append([each])
    return bundled


@dataclass(frozen=True)
class OfColumn:
    """Gives the first rows of a column other values."""

    table: str
    column: str
    values: Callable[[pa.Table], Any]

    def __call__(self, made: Made) -> None:
        set_column(made, self.table, self.column, self.values(made.tables[self.table]))


def put(table: str, column: str, values: Any) -> OfColumn:
    """Overwrite the first values of a column."""
    return OfColumn(table, column, lambda _: values)


def repeat_first(table: str, column: str) -> OfColumn:
    """Give the second row the value of the first."""
    return OfColumn(table, column, lambda old: [old[column][0].as_py()] * 2)


def swap(table: str, column: str) -> Callable[[Made], None]:
    """Exchange the values of the first two rows."""

    def change(made: Made) -> None:
        first, second = made.tables[table][column].to_pylist()[:2]
        set_column(made, table, column, [second, first])

    return change


def keep(table: str, rows: int) -> Callable[[Made], None]:
    """Lose the rest of a table without a word."""

    def change(made: Made) -> None:
        made.tables[table] = made.tables[table].slice(0, rows)

    return change


def drop(table: str, kind: str, key: str, rows: int) -> Callable[[Made], None]:
    """Drop all but the first rows, with a reason."""

    def change(made: Made) -> None:
        names = made.tables[table][key].to_pylist()
        gone = dict.fromkeys(name for name in names if name not in names[:rows])
        made.dropped += [Dropped(kind, name, BROKEN_FILTER) for name in gone]
        kept = [name not in gone for name in names]
        made.tables[table] = made.tables[table].filter(pa.array(kept))

    return change


def drop_more(kind: str, reason: str, count: int) -> Callable[[Made], None]:
    """Report drops of items that came in besides."""
    more = [Dropped(kind, f"{number:032x}", Reason(reason, "")) for number in range(count)]
    return lambda made: made.dropped.extend(more)


def everywhere(table: str, column: str, value: Any) -> Callable[[Made], None]:
    """Give every row the same value."""

    def change(made: Made) -> None:
        set_column(made, table, column, [value] * made.tables[table].num_rows)

    return change


def measure(name: str, value: float) -> Callable[[Made], None]:
    """Change a measure of a fit."""
    return lambda made: made.measures.update({name: value})


def count(**counts: int) -> Callable[[Made], None]:
    """Change what a stage counted."""
    return lambda made: made.counts.update(counts)


def another_rank(made: Made) -> None:
    """Give every image a fourth text."""
    table = made.tables["matches"]
    rows = [{**row, "rank": 4, "score": 0.1} for row in table.to_pylist() if row["rank"] == 3]
    more = pa.Table.from_pylist(rows, schema=table.schema)
    made.tables["matches"] = pa.concat_tables([table, more]).sort_by(
        [("image_id", "ascending"), ("rank", "ascending")]
    )


def personal_caption(made: Made) -> None:
    """Publish a caption that was refused for its personal data."""
    set_column(made, "pairs", "caption", "Call Ann on 555 0100.")
    set_column(made, "pairs", "caption_verdict", "pii")


def other_texts_in_tar(made: Made) -> None:
    """Put another text1 into the tar, of the same length."""
    text = made.tables["pairs"]["text1"][0].as_py().encode()
    made.blobs["samples"] = made.blobs["samples"].replace(text, text[::-1], 1)


def other_image_in_tar(made: Made) -> None:
    """Damage the first image in the tar."""
    data = bytearray(made.blobs["samples"])
    data[600] ^= 0xFF
    made.blobs["samples"] = bytes(data)


def other_json_in_tar(made: Made) -> None:
    """Put another synthetic text into the tar."""
    text = json.dumps(made.tables["pairs"]["syn_text"][0].as_py()).encode()
    made.blobs["samples"] = made.blobs["samples"].replace(text, b'"' + text[-2:0:-1] + b'"', 1)


def at_chance(made: Made) -> None:
    """Let the texts of images fit no better than any others."""
    lows = [name for name in made.measures if name.endswith("_low")]
    made.measures |= dict.fromkeys(lows, 0.0)


BOTH = (0, 1)


def breakages(group: str, stage: str, rows: Iterable[tuple[Any, ...]]) -> list[Breakage]:
    listed = []
    for name, change, finds, *shards in rows:
        wanted = finds if isinstance(finds, list) else [finds]
        listed.append(Breakage(name, group, stage, change, frozenset(wanted), *shards))
    return listed


def copy_text1(made: Made) -> None:
    """Let the synthetic text repeat text1 in other letters."""
    set_column(made, "pairs", "syn_text", made.tables["pairs"]["text1"][0].as_py().upper())
