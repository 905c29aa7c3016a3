"""Every stage makes the same of inputs whose columns come in pieces too many to be joined.

With Arrow's limit made small, the pieces of nearly every column would pass it together, as those of
a large shard do. What joins them anyway would fail at full size only: nothing outside of
`core.chunks` may.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from realsyn_tasks.core import chunks
from realsyn_tasks.core.inputs import ShardInputs
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.stages import PIPELINE
from tests import world
from tests.golden.test_stages import NOT_IN_THIS_WORLD

PACKAGE = Path(chunks.__file__).parents[1]
MOST = 24  # bytes or items of one array
ROWS = (2, 1, 3)  # of one piece after the other
PLACES = ("extracts/first", "extracts/second", "builds/all")
JOINS = {"combine_chunks", "concat_arrays", "sort_by", "take"}
# `take` of answers, and of rows on disk, of which one batch was written whole
ALLOWED = {
    "core/chunks.py",
    "extract/fetch.py",
    "retrieve/search_lists.py",
    "retrieve/stored.py",
}
OF_NUMBERS = {"parse", "locate_images", "fit_band", "solve_cap"}  # files of a crawl, and numbers


def in_pieces(table: pa.Table) -> pa.Table:
    """The same rows in pieces of a few, each column's values where they were."""
    starts, pieces = [0], []
    while starts[-1] < table.num_rows:
        pieces.append(table.slice(starts[-1], ROWS[len(pieces) % len(ROWS)]))
        starts.append(starts[-1] + pieces[-1].num_rows)
    return pa.concat_tables(pieces) if pieces else table


@pytest.fixture(scope="module")
def too_long() -> Counter[str]:
    """How many columns past the limit each stage has read."""
    return Counter()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, too_long: Counter[str]) -> Path:
    """The small world, made of inputs in pieces."""
    root = tmp_path_factory.mktemp("chunked")
    read, gathered = ShardInputs._read, ShardInputs._gathered

    def cut(stage: str, table: pa.Table) -> pa.Table:
        too_long[stage] += sum(chunks.extent(column) > MOST for column in table.columns)
        return in_pieces(table)

    def read_in_pieces(self: ShardInputs, *given: object) -> pa.Table:
        return cut(self._stage.name, read(self, *given))  # type: ignore[arg-type]

    def gathered_in_pieces(self: ShardInputs, *given: object) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in gathered(self, *given):  # type: ignore[arg-type]
            yield shard, cut(self._stage.name, table)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MOST", MOST)
        patch.setattr(ShardInputs, "_read", read_in_pieces)
        patch.setattr(ShardInputs, "_gathered", gathered_in_pieces)
        world.make(root)
    return root


def content(root: Path) -> Iterator[tuple[str, str, str]]:
    """Each stage of each run, and the digest of all that it made."""
    for place in PLACES:
        run = Workspace.open(f"{root.as_uri()}/{place}", PIPELINE)
        planner = Planner(run)
        yield from ((place, stage.name, planner.status(stage).digest) for stage in run.stages())


def test_pieces_make_no_difference(made: Path, pristine: Path) -> None:
    assert list(content(made)) == list(content(pristine))


def test_columns_would_have_passed_the_limit(made: Path, too_long: Counter[str]) -> None:
    of_tables = {stage.name for stage in PIPELINE.declared} - NOT_IN_THIS_WORLD - OF_NUMBERS
    assert {name for name in of_tables if not too_long[name]} == set()


def test_nothing_else_joins_chunks() -> None:
    joined = {
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.func.attr}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix() not in ALLOWED
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in JOINS
    }
    assert joined == set()
