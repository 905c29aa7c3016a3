"""What a long-lived process knows of a run's ledgers is what a planner would work out anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from realsyn_tasks.core import files, ledger_index
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.commits import Failure
from realsyn_tasks.core.ledger_view import LETTERS, LedgerView, Snapshot, StageView
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.progress import BatchProgress, Progress
from realsyn_tasks.core.storage import Tagged
from realsyn_tasks.core.workspace import Workspace

Opened = Callable[[str], Workspace]
STAGE, BEHIND = "filter_images", "dedup_images"


@pytest.fixture
def run(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(files, "SETTLE_NS", 0)  # a file of this moment counts as settled
    monkeypatch.setattr(ledger_index, "WORTHWHILE", 1)
    return opened("extract")


@pytest.fixture
def view(run: Workspace) -> LedgerView:
    made = LedgerView(run)
    made.snapshot()
    return made


def letters(snapshot: Snapshot) -> dict[str, str]:
    return {name: stage.letters for name, stage in snapshot.stages.items()}


def as_planned(run: Workspace, objects: bool = False) -> dict[str, dict[int, ShardState]]:
    planner = Planner(run, objects=objects)
    return {stage.name: dict(planner.status(stage).states) for stage in run.stages()}


def states(snapshot: Snapshot) -> dict[str, dict[int, ShardState]]:
    return {name: dict(stage.status.states) for name, stage in snapshot.stages.items()}


def withdrawn(run: Workspace) -> None:
    run.ledger(STAGE).withdraw(1)


def replaced(run: Workspace) -> None:
    ledger = run.ledger(STAGE)
    old = ledger.commits()[1]
    ledger.revoke(1)
    ledger.commit(old.model_copy(update={"fingerprint": "another", "attempt": "another"}))


def adopted(run: Workspace) -> None:
    ledger = run.ledger(BEHIND)
    old = ledger.commits()[1]
    ledger.revoke(1)
    ledger.commit(old.model_copy(update={"origin": "extracts/other"}))


def fail(run: Workspace, failure_class: str) -> None:
    stage = run.pipeline.stage(STAGE)
    fingerprint = Planner(run).fingerprints.of(stage, 1)
    run.ledger(STAGE).revoke(1)
    note = Failure(
        stage=STAGE, shard=1, fingerprint=fingerprint, failure_class=failure_class, error="Bad: it"
    )
    run.ledger(STAGE).fail(note)


def failed(run: Workspace) -> None:
    fail(run, "transient")


def quarantined(run: Workspace) -> None:
    fail(run, "permanent")


CHANGES: dict[Callable[[Workspace], None], tuple[str, str]] = {  # letters of shard 1, behind too
    withdrawn: ("m", "w"),
    replaced: ("s", "w"),
    adopted: ("d", "a"),
    failed: ("f", "w"),
    quarantined: ("q", "i"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_with_all_that_follows_from_it(
    run: Workspace, view: LedgerView, change: Callable[[Workspace], None]
) -> None:
    before = view.snapshot()
    assert set("".join(letters(before).values())) == {"d"}
    change(run)
    after = view.snapshot()
    assert after.number == before.number + 1
    assert states(after) == as_planned(run)
    assert (after.stages[STAGE].letters[1], after.stages[BEHIND].letters[1]) == CHANGES[change]


def test_nothing_is_read_or_judged_again_while_nothing_changes(
    run: Workspace, view: LedgerView, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = view.snapshot()
    monkeypatch.setattr(run.storage, "read_tagged", lambda prefix, names: _none_of(names))
    monkeypatch.setattr(run.storage, "tagged_contents", lambda *given: pytest.fail("read again"))
    monkeypatch.setattr(view.planner._judge, "states", lambda *given: pytest.fail("judged again"))
    after = view.snapshot()
    assert after.number == before.number
    assert all(after.stages[name] is stage for name, stage in before.stages.items())


def _none_of(names: Sequence[str]) -> Iterator[Tagged]:
    assert not names, "read again"
    return iter(())


def test_a_change_of_a_late_stage_leaves_the_early_ones_alone(
    run: Workspace, view: LedgerView
) -> None:
    before = view.snapshot()
    run.ledger(BEHIND).withdraw(0)
    after = view.snapshot()
    assert after.stages["parse"] is before.stages["parse"]
    assert after.stages[BEHIND].letters == "md"


def test_damaged_objects_are_told_once_somebody_has_looked(
    run: Workspace, view: LedgerView
) -> None:
    os.remove(_object_of(run, 1))
    assert view.snapshot().stages[STAGE].letters == "dd"
    assert not view.snapshot().looked_at
    number = view.snapshot().number
    assert STAGE in list(view.look_at_objects())
    after = view.snapshot()
    assert after.looked_at and after.number > number
    assert after.stages[STAGE].letters == "dx"
    assert states(after) == as_planned(run, objects=True)


def test_that_objects_were_looked_at_is_no_change(view: LedgerView) -> None:
    number = view.snapshot().number
    list(view.look_at_objects())
    assert (view.snapshot().looked_at, view.snapshot().number) == (True, number)


def test_a_mended_object_is_told_when_it_is_looked_at_again(
    run: Workspace, view: LedgerView
) -> None:
    path = Path(_object_of(run, 1))
    shutil.move(path, path.with_suffix(".aside"))
    list(view.look_at_objects())
    shutil.move(path.with_suffix(".aside"), path)
    assert list(view.look_at_objects()) == []
    view.look_again()
    list(view.look_at_objects())
    assert view.snapshot().stages[STAGE].letters == "dd"


def _object_of(run: Workspace, shard: int) -> str:
    root = run.storage.uri.removeprefix("file://")
    return f"{root}/{run.ledger(STAGE).commits()[shard].objects['images'].path}"


def test_what_is_promoted_counts_for_those_that_read_it(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = opened("sample")
    view = LedgerView(run)
    assert set(view.snapshot().stages["generate_texts"].letters) == {"d"}
    run.storage.delete(run.promotion_path("retrieve"))
    assert set(view.snapshot().stages["generate_texts"].letters) == {"w"}


def test_a_batch_at_work_shows_until_it_is_silent_for_long(
    run: Workspace, view: LedgerView, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ledger(STAGE).withdraw(0)
    run.ledger(STAGE).withdraw(1)
    stage = run.pipeline.stage(STAGE)
    monkeypatch.setattr("realsyn_tasks.core.progress.PAUSE", 0.0)
    Progress(run, stage, 1, {0: 1.0, 1: 1.0}).items(0, 1, 10)
    assert view.snapshot().stages[STAGE].letters == "mr"
    [report] = view.snapshot().stages[STAGE].running.values()
    assert isinstance(report, BatchProgress) and report.at > 0
    monkeypatch.setattr("realsyn_tasks.core.progress.SILENCE", -1.0)
    assert view.snapshot().stages[STAGE].letters == "mm"


def test_letters_come_with_how_often_they_repeat() -> None:
    assert StageView(None, "ddddf" + "d" * 12 + "fq").runs == "d4fd12fq"  # type: ignore[arg-type]
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_a_torn_note_counts_as_none(run: Workspace, view: LedgerView) -> None:
    failed(run)
    run.storage.replace(f"{run.folder}/{STAGE}/_failures/00001.json", b'{"stage"')
    assert view.snapshot().stages[STAGE].letters == "dm"
