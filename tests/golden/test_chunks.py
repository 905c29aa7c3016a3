"""Every stage makes the same of inputs whose columns come in pieces too many to be joined.

With Arrow's limit made small, the pieces of nearly every column would pass it together, as those of
a large shard do. What joins them anyway would fail at full size only: nothing outside of
`core.chunks` may.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from realsyn_tasks.core import chunks
from realsyn_tasks.stages import PIPELINE
from tests import further_world
from tests.hard_world import Hard, content, in_pieces, runs

PACKAGE = Path(chunks.__file__).parents[1]
JOINS = {"combine_chunks", "concat_arrays", "sort_by", "take"}
ALLOWED = {"core/chunks.py", "extract/fetch.py"}  # `take` of answers
# Stages that read no column of texts, bytes or lists by their inputs, and why.
WITHOUT = {
    "parse": "reads the files of a crawl",
    "locate_images": "reads an index of numbers, and works on the disk",
    "fit_band": "reads scores",
    "solve_cap": "reads numbers of pairs",
    "gather_drops": "reads what other runs dropped, a block of rows after the other",
    "draw_questions": "reads the files of evaluation sets",
    **{
        stage.name: "moves groups of rows as they are stored (tests/core/test_exchange.py)"
        for stage in PIPELINE.stages
        if stage.collects
    },
}


Content = dict[tuple[str, str], str]


class Further(NamedTuple):
    """Runs that the small world lacks, as they are, and made the hard way."""

    plain: Content
    pieced: Content
    hard: Hard


@pytest.fixture(scope="module")
def further(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Further:
    base = tmp_path_factory.mktemp("further")
    plain, pieced = (shutil.copytree(pristine, base / name / "root") for name in ("a", "b"))
    hard = Hard(pieced)
    with further_world.places(base) as places:
        made = content(further_world.make(plain, places))
        with in_pieces(hard):
            again = further_world.make(pieced, places)
        return Further(made, content(again), hard)


@pytest.fixture(scope="module")
def plain(pristine: Path) -> Content:
    return content(runs(pristine))


def test_pieces_make_no_difference(hard: Hard, plain: Content) -> None:
    assert content(runs(hard.root)) == plain


def test_pieces_make_no_difference_to_what_the_small_world_lacks(further: Further) -> None:
    assert further.pieced == further.plain


def test_every_stage_was_held_against_itself(further: Further, plain: Content) -> None:
    made = {stage for _, stage in (*plain, *further.plain)}
    assert made == {stage.name for stage in PIPELINE.declared}


def test_every_stage_read_columns_that_would_have_passed_the_limit(
    hard: Hard, further: Further
) -> None:
    """A stage that cannot meet any is named in WITHOUT, and why."""
    too_long = hard.too_long + further.hard.too_long
    others = {stage.name for stage in PIPELINE.stages if not too_long[stage.name]}
    assert others == set(WITHOUT)
    assert not set(WITHOUT) & (hard.with_texts | further.hard.with_texts)


def test_nothing_else_joins_chunks() -> None:
    joining = {
        path.relative_to(PACKAGE).as_posix(): f"line {node.lineno}: {node.func.attr}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in JOINS
    }
    assert {name: line for name, line in joining.items() if name not in ALLOWED} == {}
    assert not ALLOWED - set(joining), "they join nothing any more"
