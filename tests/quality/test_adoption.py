"""Whole stage groups of another run: its gate's verdict and its promotion count here too."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.quality.adoption import adopt_groups
from realsyn_tasks.runs.promotion import promote
from tests import fabricated


@pytest.fixture
def first(tmp_path: Path) -> Workspace:
    """A build with its first two groups done and gated, and the first of them promoted."""
    extract = fabricated.extract(tmp_path)
    gate(extract, "extract").raise_if_failed()
    promote(extract, "extract")
    build = fabricated.build(tmp_path)
    for group in ("retrieve", "synthesize"):
        fabricated.commit_build_group(build, group)
        gate(build, group).raise_if_failed()
        if group == "retrieve":
            promote(build, group)
    return build


def second(first: Workspace, **changes: object) -> Workspace:
    values = {"name": "second", "scale": "small", "target": 7, "donors": (first.config.name,)}
    config = first.config.model_copy(update=values | changes)
    return Workspace.create(first.storage, config, first.pipeline)


def result(run: Workspace, group: str) -> bytes:
    return run.storage.read(f"{run.folder}/_gates/{group}/result.json")


def test_what_was_gated_and_promoted_there_is_promoted_here(
    first: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(first, "synthesize")
    build = second(first)
    monkeypatch.setattr("realsyn_tasks.quality.gates._judge", None)  # nothing is judged again
    done = adopt_groups(build)
    assert (done.groups, done.left) == (("retrieve", "synthesize"), "")
    for group in done.groups:
        assert build.promotion(group) == first.promotion(group)
        assert result(build, group) == result(first, group)
        page = build.storage.read(f"{build.folder}/_gates/{group}/index.html").decode()
        assert build.folder in page
    assert adopt_groups(build) == done


def test_what_nobody_has_promoted_is_not_promoted(first: Workspace) -> None:
    """There a person may have said no, or not have been asked yet."""
    done = adopt_groups(second(first))
    assert (done.groups, done.left) == (("retrieve",), "synthesize")
    assert "promoted" in done.why


def test_a_group_with_anything_left_to_do_is_left(first: Workspace) -> None:
    promote(first, "synthesize")
    build = second(first, seed=1)
    done = adopt_groups(build)
    assert (done.groups, done.left) == ((), "retrieve")
    assert done.why.startswith(build.stages("retrieve")[0].name)
    assert done.why.endswith("to do")
    assert build.promotion("retrieve") is None


def test_under_other_rules_the_gate_has_to_be_run(
    first: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_tasks.quality.gates.rules_of", lambda *given: "other")
    done = adopt_groups(second(first))
    assert (done.left, done.why) == ("retrieve", "its gate has to be run")


def test_the_target_is_in_the_state_of_the_sample_alone(first: Workspace) -> None:
    """Else no gate's verdict could be another scale's."""
    from realsyn_tasks.core.gate_results import evidence_of, state_of

    same = first.config.model_copy(update={"target": 99})
    other = Workspace(first.storage, first.folder, same, first.pipeline)

    def state(run: Workspace, group: str) -> str:
        return state_of(evidence_of(run, group))

    assert state(first, "retrieve") == state(other, "retrieve")
    assert state(first, "sample") != state(other, "sample")
