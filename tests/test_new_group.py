"""A new stage group is one folder (tests/letters) and one line: the one below."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Pipeline
from realsyn_tasks.core.errors import GateFailed, UndeclaredOutput
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.report.funnel import funnel
from realsyn_tasks.report.status import status
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from tests.letters.group import GROUP, SHEETS
from tests.support import run_group

GROWN = Pipeline((*PIPELINE.groups, GROUP))


def opened(root: Path, **settings: Any) -> Workspace:
    config = RunConfig(
        kind="alphabet",
        name="small",
        axes={SHEETS: 2},
        models={},
        stages={"spell": settings},
    )
    return Workspace.create(Storage.at(str(root)), config, GROWN)


def test_its_stage_runs_its_gate_judges_and_its_promotion_publishes(tmp_path: Path) -> None:
    run = opened(tmp_path)
    run_group(run, "letters")
    result = gate(run, "letters")
    assert result.passed, result.summary
    assert promote(run, "letters")["uri"].endswith("/alphabet")
    assert (tmp_path / "alphabet").read_text() == "alphabets/small"
    [step] = funnel(run)
    assert (step.name, step.items) == ("spelt", 8)
    assert Workspace.open(run.uri, GROWN).promotion("letters")


@pytest.mark.parametrize(
    ("alphabet", "why"), [("abcd", "letters"), ("abcdefgx", "letter"), ("bcdfghbc", "vowels")]
)
def test_its_gate_keeps_what_is_wrong_from_being_promoted(
    tmp_path: Path, alphabet: str, why: str
) -> None:
    run = opened(tmp_path, alphabet=alphabet)
    run_group(run, "letters")
    result = gate(run, "letters")
    assert not result.passed and why in result.summary
    with pytest.raises(GateFailed):
        promote(run, "letters")


def test_a_column_that_is_not_declared_stops_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UndeclaredOutput, match=r"columns spot int64 are not declared"):
        run_group(opened(tmp_path, column="spot"), "letters")


def test_its_runs_are_found_by_their_kind(tmp_path: Path) -> None:
    run = opened(tmp_path)
    assert run.uri.endswith("/alphabets/small")
    assert status(run)
