"""The plan of the house, held against the code: rooms, arrows that point down, who names whom."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from realsyn_tasks.stages import PIPELINE

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "realsyn_tasks"
GROUPS = PIPELINE.group_names

# From below to above: a module imports its own room and lower floors, never higher ones.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("text", "vectors"),
    ("web",),
    ("pictures",),
    ("models", "formats", "fetching"),
    ("kinds",),
    ("corpus",),
    ("datasets",),
    GROUPS,
    ("stages",),
    ("runs",),
    ("quality", "report", "takedown"),
    ("views",),
    ("sample_crawl",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
# What a group shows to the groups after it, and a room on top to its neighbours.
SHOWN = ("group", "schemas", "statistics")
# How texts are asked for and judged are pure functions: who teaches a model to write needs them.
PURE = {("tune", "synthesize"): ("guards", "material", "prompts", "reasons", "rules", "words")}
NEIGHBOURS = {("report", "takedown")}


def modules() -> dict[str, Path]:
    """Every module of the data plane by its name below the package."""
    paths = sorted(PACKAGE.rglob("*.py"))
    names = (path.relative_to(PACKAGE).with_suffix("").as_posix() for path in paths)
    return dict(zip((name.replace("/", ".") for name in names), paths, strict=True))


MODULES = modules()


def room_of(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


@dataclass(frozen=True)
class Read:
    """What is looked at of a file, which is parsed once: whole trees would fill the memory."""

    imports: frozenset[str]
    constants: frozenset[str]


@cache
def read(path: Path) -> Read:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    texts = frozenset(value for value in constants if isinstance(value, str))
    return Read(frozenset(imports(nodes)), texts)


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Name the modules of the data plane that a module imports, wherever it does."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("realsyn_tasks"):
            package = str(node.module).removeprefix("realsyn_tasks").removeprefix(".")
            for alias in node.names:
                inner = f"{package}.{alias.name}".removeprefix(".")
                known = inner in MODULES or f"{inner}.__init__" in MODULES
                yield inner if known else package
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names)
            yield from (n.partition(".")[2] for n in names if n.startswith("realsyn_tasks."))


def goes_up(name: str, imported: str) -> bool:
    mine, other = room_of(name), room_of(imported)
    if mine == other or not other or mine == "__init__":
        return False
    if mine in GROUPS and other in GROUPS:
        shown = imported.partition(".")[2] in (*SHOWN, *PURE.get((mine, other), ()))
        return not (shown and GROUPS.index(other) < GROUPS.index(mine))
    return FLOOR[other] >= FLOOR[mine] and (mine, other) not in NEIGHBOURS


def test_every_room_is_on_a_floor() -> None:
    assert {room_of(name) for name in MODULES} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("room", FLOOR)
def test_no_arrow_runs_up(room: str) -> None:
    wrong = {
        f"{name} imports {imported}"
        for name, path in MODULES.items()
        if room_of(name) == room
        for imported in read(path).imports
        if goes_up(name, imported)
    }
    assert not wrong


def outside_groups() -> list[Path]:
    """Every file of both planes that belongs to no stage group."""
    planes = [PACKAGE, PROJECT / "plugins", PROJECT / "dags"]
    paths = [path for plane in planes for path in sorted(plane.rglob("*.py"))]
    groups = {PACKAGE / group for group in GROUPS}
    return [path for path in paths if not groups & set(path.parents)]


def test_only_a_group_names_its_stages() -> None:
    """Whoever else needs a stage asks the groups' declarations."""
    stages = {stage.name for stage in PIPELINE.stages}
    named = {str(path): stages & read(path).constants for path in outside_groups()}
    assert {path: names for path, names in named.items() if names} == {}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_names_only_stages_of_its_own_or_before_it(group: str) -> None:
    known = {
        s.name for name in GROUPS[: GROUPS.index(group) + 1] for s in PIPELINE.group(name).stages
    }
    later = {stage.name for stage in PIPELINE.stages} - known
    for path in sorted((PACKAGE / group).glob("*.py")):
        assert not later & read(path).constants, path.name


def test_the_core_knows_no_stage_group_or_axis() -> None:
    axes = {str(axis) for stage in PIPELINE.stages for axis in (stage.axis, stage.keyed_by) if axis}
    names = {*GROUPS, *(s.name for s in PIPELINE.stages), *axes} - {"one"}
    for path in sorted((PACKAGE / "core").glob("*.py")):
        assert not names & read(path).constants, path.name
