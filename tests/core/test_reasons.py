"""Reasons: tables that a run can only draw from, and that hold nothing that nobody gives."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from realsyn_tasks.core.contract import check_output
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import UndeclaredOutput
from realsyn_tasks.core.reasons import Reason, Reasons, Refused, Verdict
from realsyn_tasks.core.stage import Dropped, Output
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.extract import reasons as extract
from realsyn_tasks.fetching.reasons import FETCHING
from realsyn_tasks.formats.reasons import BAD_RECORDS
from realsyn_tasks.stages import PIPELINE
from tests.test_environments import CONTROL, HEAVY, run_python

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "realsyn_tasks"
SOUR, RED = Reason("sour", "tastes sour"), Reason("red", "is red", transient=True)
TABLE = Reasons({"taste": {"apple": (SOUR,), "pear": (SOUR, RED)}, "look": {"apple": (RED,)}})

Place = tuple[str, str]  # the room in which a reason is declared, and the name of its constant


# --- what a table is ---


def test_a_table_lists_each_reason_once_and_knows_who_may_give_it() -> None:
    assert list(TABLE) == [SOUR, RED]
    assert TABLE.of("taste", "pear") == (SOUR, RED)
    assert TABLE.of("look", "pear") == TABLE.of("smell", "apple") == ()


def test_a_reason_is_found_by_its_code() -> None:
    assert TABLE["red"] is RED
    assert TABLE.words("sour") == "tastes sour"
    assert "blue" not in TABLE and TABLE.words("blue") == ""
    with pytest.raises(KeyError, match="no reason has the code 'blue'; there are: sour, red"):
        TABLE["blue"]


def test_a_code_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="sour is declared twice"):
        Reasons({"taste": {"apple": (SOUR,), "pear": (Reason("sour", "has gone off"),)}})


def test_verdicts_and_exceptions_say_the_same() -> None:
    assert str(Verdict(SOUR)) == "sour"
    assert Refused(SOUR, "pH 3").verdict == Verdict(SOUR, "pH 3")
    assert str(Refused(SOUR, "pH 3")) == "sour pH 3"


# --- who may give which ---


@pytest.mark.parametrize(
    ("stage", "kind", "reason"),
    [
        ("filter_perplexity", "sentence", Reason("odd", "nobody declares this")),
        ("filter_perplexity", "sentence", extract.PII),  # another stage's
        ("filter_perplexity", "image", extract.PERPLEXITY_LOW),  # another kind's
        ("filter_perplexity", "sentence", Reason("perplexity_low", "in other words")),
        ("count_words", "sentence", extract.PII),
    ],
)
def test_what_is_not_in_the_table_for_a_stage_is_refused(
    stage: str, kind: str, reason: Reason
) -> None:
    output = Output(dropped=[Dropped(kind, "a", reason)])
    with pytest.raises(UndeclaredOutput, match=f"stage {stage} dropped a {kind} for the reason"):
        check_output(PIPELINE.stage(stage), output)


def test_what_is_in_the_table_passes() -> None:
    dropped = [Dropped("sentence", "a", extract.PERPLEXITY_LOW)]
    check_output(PIPELINE.stage("filter_perplexity"), Output(dropped=dropped))


def test_tables_name_stages_of_their_group_and_kinds_of_its_ways() -> None:
    for group in PIPELINE.groups:
        places = group.reason_table().places
        assert set(places) <= {stage.name for stage in group.stages}
        for kind, stages in group.ways.items():
            assert {name for name, kinds in places.items() if kind in kinds} <= set(stages)


def test_a_code_means_the_same_in_all_groups() -> None:
    words = {(reason.code, reason.words) for g in PIPELINE.groups for reason in g.reason_table()}
    assert len(words) == len(PIPELINE.reason_words)


def test_the_control_plane_reads_the_tables() -> None:
    code = """
import sys
from realsyn_tasks.stages import PIPELINE
print(PIPELINE.reason_words["no_match"])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
    words, modules = run_python(CONTROL, code).splitlines()
    assert words == PIPELINE.reason_words["no_match"]
    assert not HEAVY & set(modules.split())


# --- tables and code ---


# Every module but that of reasons itself, by its path in the package.
MODULES = [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]
MODULES.remove(Path("core/reasons.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse((PACKAGE / path).read_text(encoding="utf-8"))


def declared() -> dict[Place, Reason]:
    """Every reason by the place where it is declared."""
    by_place: dict[Place, Reason] = {}
    for path in (path for path in MODULES if path.name == "reasons.py"):
        room = path.parts[0]
        constants = vars(importlib.import_module(f"realsyn_tasks.{room}.reasons"))
        assigned = (node.targets[0] for node in tree(path).body if isinstance(node, ast.Assign))
        names = [target.id for target in assigned if isinstance(target, ast.Name)]
        by_place |= {
            (room, name): constants[name] for name in names if isinstance(constants[name], Reason)
        }
    assert len(by_place) > 80
    return by_place


DECLARED = declared()


@dataclass(frozen=True)
class Read:
    """What is looked at of a module, which is parsed once: whole trees would fill the memory."""

    given: frozenset[Place]  # the constants of modules `reasons` that it speaks of
    makes: bool  # whether it makes a reason


@cache
def read(path: Path) -> Read:
    nodes = list(ast.walk(tree(path)))
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    makes = any(isinstance(call, ast.Name) and call.id == "Reason" for call in calls)
    return Read(frozenset(given(nodes)), makes)


def given(nodes: Sequence[ast.AST]) -> Iterator[Place]:
    """Name the constants of modules `reasons` that a module speaks of, by where it has them."""
    aliases: dict[str, str] = {}
    for node in nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        package = (node.module or "").removeprefix("realsyn_tasks.")
        for alias in node.names:
            if alias.name == "reasons":
                aliases[alias.asname or alias.name] = package
            elif package.endswith(".reasons"):
                yield package.removesuffix(".reasons"), alias.name
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=constant) if name in aliases:
                yield aliases[name], constant


@cache
def reasons_given(within: str = "") -> frozenset[Reason]:
    """All reasons that the code of a room or a module gives, or of all rooms."""
    places = {
        place
        for path in MODULES
        if path.name != "reasons.py" and path.as_posix().startswith(within)
        for place in read(path).given
    }
    chosen = set(extract.SCORED) if ("extract", "SCORED") in places else set()
    return frozenset({DECLARED[place] for place in places if place in DECLARED} | chosen)


def test_reasons_are_made_in_modules_of_that_name_only() -> None:
    for path in MODULES:
        own = path.name == "reasons.py"
        assert own or not read(path).makes, f"{path} makes a reason of its own"


@pytest.mark.parametrize("place", DECLARED, ids=".".join)
def test_every_reason_is_in_a_table_and_given_by_somebody(place: Place) -> None:
    tables = [reason for group in PIPELINE.groups for reason in group.reason_table()]
    assert DECLARED[place] in [*tables, TAKEDOWN], "no stage of any table may give it"
    assert DECLARED[place] in reasons_given(), "no code gives it"


@pytest.mark.parametrize("group", PIPELINE.group_names)
def test_what_a_groups_code_gives_is_in_its_table(group: str) -> None:
    assert reasons_given(f"{group}/") - {TAKEDOWN} <= set(PIPELINE.group(group).reason_table())


@pytest.mark.parametrize("stage", PIPELINE.stages, ids=lambda stage: stage.name)
def test_what_a_stages_module_gives_is_in_the_table_for_it(stage: Stage) -> None:
    kinds = PIPELINE.group(stage.group).reason_table().places.get(stage.name, {})
    allowed = {reason for reasons in kinds.values() for reason in reasons}
    names_of_links = {"link_neighbours", "choose_representatives"}  # what dedup stages drop for
    if stage.name not in names_of_links:
        assert reasons_given(f"{stage.group}/{stage.name}.py") <= allowed


def test_what_lower_rooms_give_is_in_their_lists() -> None:
    assert reasons_given("formats/") | reasons_given("web/") == set(BAD_RECORDS)
    assert reasons_given("fetching/") | reasons_given("web/codings.py") == set(FETCHING)
