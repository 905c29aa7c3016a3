"""Every stage makes the same of inputs whose columns come in pieces too many to be joined.

With Arrow's limit made small, the pieces of nearly every column would pass it together, as those of
a large shard do. What joins them anyway would fail at full size only: nothing outside of
`core.chunks` may.
"""

from __future__ import annotations

import ast
from pathlib import Path

from realsyn_tasks.core import chunks
from realsyn_tasks.stages import PIPELINE
from tests.golden.test_stages import NOT_IN_THIS_WORLD
from tests.hard_world import Hard, content

PACKAGE = Path(chunks.__file__).parents[1]
JOINS = {"combine_chunks", "concat_arrays", "sort_by", "take"}
# `take` of answers, and of rows on disk, of which one batch was written whole
ALLOWED = {
    "core/chunks.py",
    "extract/fetch.py",
    "retrieve/search_lists.py",
    "retrieve/stored.py",
}
OF_NUMBERS = {"parse", "locate_images", "fit_band", "solve_cap"}  # files of a crawl, and numbers


def test_pieces_make_no_difference(hard: Hard, pristine: Path) -> None:
    assert content(hard.root) == content(pristine)


def test_columns_would_have_passed_the_limit(hard: Hard) -> None:
    of_tables = {stage.name for stage in PIPELINE.declared} - NOT_IN_THIS_WORLD - OF_NUMBERS
    assert {name for name in of_tables if not hard.too_long[name]} == set()


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
