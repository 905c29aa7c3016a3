"""A batch's planner says what the run's planner says, of the shards that it works on.

But for one thing: what was gathered from all shards before is believed to follow from them, where
the run's planner would wait.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from realsyn_tasks.core import files
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.batch_planner import BatchPlanner
from realsyn_tasks.core.columns import Texts
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import ONE, Group, Pipeline, Stage
from realsyn_tasks.core.fingerprints import Fingerprints
from realsyn_tasks.core.outlines import Outline
from realsyn_tasks.core.planner import Planner, shards_of
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Promotion, Workspace
from tests.core.test_runner import run_all
from tests.core.toy import NUMBERS_AXIS, STAGES, TOY, open_toy, pipeline

Change = Callable[[Path], Workspace]


def untouched(root: Path) -> Workspace:
    return open_toy(str(root))


def revoked_first(root: Path) -> Workspace:
    workspace = open_toy(str(root))
    workspace.ledger("draw").revoke(1)
    return workspace


def revoked_later(root: Path) -> Workspace:
    workspace = open_toy(str(root))
    workspace.ledger("split").revoke(2)
    workspace.ledger("add").revoke(0)
    return workspace


def truncated(root: Path) -> Workspace:
    workspace = open_toy(str(root))
    marker = workspace.ledger("split").find(3)
    assert marker
    path = root / marker.objects["numbers"].path
    path.write_bytes(path.read_bytes()[:-1])
    return workspace


def failed(kind: str) -> Change:
    def change(root: Path) -> Workspace:
        workspace = open_toy(str(root), draw={"fail_shard": 3, "fail_as": kind, "start": 1})
        run_all(workspace)
        return workspace

    return change


def other_setting(root: Path) -> Workspace:
    return open_toy(str(root), draw={"start": 5})


def other_version(root: Path) -> Workspace:
    stages = tuple(replace(s, version=2) if s.name == "split" else s for s in STAGES)
    return open_toy(str(root), pipeline(stages))


CHANGES = {
    "untouched": untouched,
    "revoked first": revoked_first,
    "revoked later": revoked_later,
    "transient": failed("transient"),
    "permanent": failed("permanent"),
    "other setting": other_setting,
    "other version": other_version,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_batch_sees_what_the_plan_sees(tmp_path: Path, name: str) -> None:
    run_all(open_toy(str(tmp_path)))
    workspace = CHANGES[name](tmp_path)
    planner = Planner(workspace)
    for stage in workspace.stages():
        whole = planner.status(stage).states
        for batch in range(workspace.config.dispatch.batches(stage, len(whole))):
            shards = shards_of(workspace, stage, batch)
            states = BatchPlanner(workspace, stage, shards).states
            gathers = stage.name in ("add", "total")
            for shard in shards:
                waits = whole[shard] is ShardState.WAITING
                assert states[shard] is whole[shard] or (gathers and waits), (stage.name, shard)


def test_a_batch_looks_at_its_own_objects_and_leaves_others_to_their_readers(
    tmp_path: Path,
) -> None:
    run_all(open_toy(str(tmp_path)))
    workspace = truncated(tmp_path)
    split, add = (workspace.pipeline.stage(name) for name in ("split", "add"))
    assert BatchPlanner(workspace, split, [3]).states == {3: ShardState.DAMAGED}
    assert Planner(workspace).status(add).states[0] is ShardState.WAITING
    assert BatchPlanner(workspace, add, [0]).states == {0: ShardState.DONE}


def test_only_what_is_asked_for_runs(tmp_path: Path) -> None:
    from realsyn_tasks.core.runner import Runner
    from tests.support import tiny_model

    workspace = open_toy(str(tmp_path))
    report = Runner(workspace, tiny_model).run_batch(STAGES[0], 0, only=[1, 3])
    assert report.committed == [1], "shard 3 belongs to the other batch"
    assert sorted(workspace.ledger("draw").commits()) == [1]


def test_what_is_withdrawn_is_missing_whatever_there_was(tmp_path: Path) -> None:
    workspace = failed("permanent")(tmp_path)
    assert Planner(workspace).status(STAGES[0]).states[3] is ShardState.QUARANTINED
    for shard in (0, 3, 3):  # twice is once
        workspace.ledger("draw").withdraw(shard)
    states = Planner(workspace).status(STAGES[0]).states
    assert states[0] is states[3] is ShardState.MISSING


# -- what it costs --------------------------------------------------------------------------------

FIRST = (
    Stage("made", NUMBERS_AXIS, ()),
    Stage("fitted", ONE, ("made",)),
)
SECOND = (
    Stage("used", NUMBERS_AXIS, ("made", "fitted")),
    Stage("tuned", ONE, ("used",)),
    Stage("refined", NUMBERS_AXIS, ("used", "tuned")),
)
TWO_GROUPS = Pipeline(
    tuple(
        Group(name, TOY, stages, package="", asset="")
        for name, stages in (("first", FIRST), ("second", SECOND))
    )
)


def committed_run(root: Path, shards: int) -> Workspace:
    """A run of two groups of which everything is committed, and the first promoted."""
    opened = open_toy(str(root), TWO_GROUPS, name=f"with-{shards}", shards=shards)
    planner = Planner(opened)
    for stage in opened.stages():
        for shard in range(opened.config.shards(stage.axis)):
            opened.ledger(stage.name).commit(_commit_of(planner, stage, shard))
        if stage.name == "fitted":
            stages = {s.name: planner.status(s).digest for s in opened.stages("first")}
            pointer = Promotion(group="first", gate="", stages=stages).model_dump_json()
            opened.storage.replace(opened.promotion_path("first"), pointer.encode())
    return opened


def _commit_of(planner: Planner, stage: Stage, shard: int) -> Commit:
    inputs = planner.fingerprints.inputs(stage, shard)
    return Commit(
        stage=stage.name,
        shard=shard,
        fingerprint=planner.fingerprints.of_inputs(stage, inputs),
        attempt="",
        objects={},
        inputs=inputs,
    )


@pytest.fixture
def opened_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The small files that are read, by path."""
    read, names = files._content, []

    def noted(path: str) -> tuple[os.stat_result, bytes]:
        names.append(path)
        return read(path)

    monkeypatch.setattr(files, "_content", noted)
    return names


@pytest.mark.parametrize("name", ["made", "fitted", "used", "tuned", "refined"])
def test_a_batch_with_nothing_to_do_reads_as_much_in_a_large_run_as_in_a_small_one(
    tmp_path: Path, opened_files: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Fits and gathering stages too: what they gather is told by the index of its ledger."""
    monkeypatch.setattr(files, "SETTLE_NS", 0)
    stage, counts = TWO_GROUPS.stage(name), []
    for shards in (40, 80):
        run = committed_run(tmp_path, shards)
        Planner(run).status(TWO_GROUPS.stage("refined"))  # leaves the indices, as a plan does
        opened_files.clear()
        assert BatchPlanner(run, stage, [0]).states == {0: ShardState.DONE}
        counts.append(len(opened_files))
    assert counts[0] == counts[1] <= 6


def levels(count: int) -> Pipeline:
    """Levels of two stages, each of which reads both of the level before."""
    stages = [Stage("first", NUMBERS_AXIS, ())]
    before: tuple[str, ...] = ("first",)
    for level in range(count):
        names = (f"left{level}", f"right{level}")
        stages += [Stage(name, NUMBERS_AXIS, before) for name in names]
        before = names
    return Pipeline((Group("first", TOY, tuple(stages), package="", asset=""),))


def test_what_several_stages_read_in_line_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by every way that leads to it: there are 2**8 from the last level to the first."""
    run = open_toy(str(tmp_path), levels(8), shards=1)
    planner = Planner(run)
    for stage in run.stages():
        run.ledger(stage.name).commit(_commit_of(planner, stage, 0))
    looked, follow = [], BatchPlanner._follows

    def noted(planner: BatchPlanner, stage: Stage, marker: Outline) -> bool:
        looked.append(stage.name)
        return follow(planner, stage, marker)

    monkeypatch.setattr(BatchPlanner, "_follows", noted)
    last = run.pipeline.stage("left7")
    assert BatchPlanner(run, last, [0]).states == {0: ShardState.DONE}
    assert sorted(looked) == sorted({*looked}) and len(looked) == 1 + 7 * 2 + 1


@pytest.mark.parametrize("settle", [0, 60_000_000_000])
def test_a_fit_is_stale_once_what_it_gathers_has_other_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: int
) -> None:
    """Whether an index could be left or not, and although it is of before."""
    monkeypatch.setattr(files, "SETTLE_NS", settle)
    run, tuned = committed_run(tmp_path, 40), TWO_GROUPS.stage("tuned")
    Planner(run).status(tuned)
    with_other_content(run, "used")
    assert BatchPlanner(run, tuned, [0]).states == {0: ShardState.STALE}
    assert Planner(run, objects=False).status(tuned).states == {0: ShardState.STALE}


@pytest.mark.parametrize("name", CHANGES)
def test_all_shards_at_once_have_the_fingerprints_that_each_has(tmp_path: Path, name: str) -> None:
    run_all(open_toy(str(tmp_path)))
    workspace = CHANGES[name](tmp_path)
    fingerprints = Planner(workspace).fingerprints
    for stage in workspace.stages():
        shards = range(workspace.config.shards(stage.axis))
        each = [fingerprints.of(stage, shard) for shard in shards]
        inputs = fingerprints.inputs_of_all(stage)
        assert fingerprints.of_columns(stage, inputs, len(shards)) == each, stage.name


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages of which fingerprints are worked out, all at once or one by one."""
    monkeypatch.setattr(files, "SETTLE_NS", 0)
    of_columns, names = Fingerprints.of_columns, []

    def noted(
        self: Fingerprints, stage: Stage, inputs: Mapping[str, Texts], shards: int
    ) -> list[str]:
        names.append(stage.name)
        return of_columns(self, stage, inputs, shards)

    monkeypatch.setattr(Fingerprints, "of_columns", noted)
    return names


def test_fingerprints_that_are_known_to_follow_are_not_worked_out_again(
    tmp_path: Path, worked_out: list[str]
) -> None:
    run = committed_run(tmp_path, 40)
    for index in tmp_path.rglob("_commits.index"):
        index.unlink()
    for stages in (["made", "used", "refined"], []):
        worked_out.clear()
        planner = Planner(run)
        assert all(planner.status(stage).done for stage in run.stages())
        assert [name for name in worked_out if TWO_GROUPS.stage(name).axis != ONE] == stages


def other_start(run: Workspace) -> Workspace:
    stages = {**run.config.stages, "used": {"start": 1}}
    config = run.config.model_copy(update={"stages": stages})
    return Workspace.create(run.storage, config, run.pipeline)


def other_content(run: Workspace) -> Workspace:
    return with_other_content(run, "made")


def with_other_content(run: Workspace, stage: str) -> Workspace:
    """Let one shard of a stage have been made anew, with other content."""
    ledger = run.ledger(stage)
    commit = ledger.find(7)
    assert commit
    ledger.revoke(7)
    changed = {"it": ObjectRef(path="it", size=0, sha256="1")}
    ledger.commit(commit.model_copy(update={"objects": changed}))
    return run


def foreign_marker(run: Workspace) -> Workspace:
    ledger = run.ledger("used")
    commit = ledger.find(7)
    assert commit
    ledger.revoke(7)
    ledger.commit(commit.model_copy(update={"fingerprint": "0" * 64}))
    return run


@pytest.mark.parametrize("change", [other_start, other_content, foreign_marker])
def test_what_is_known_of_fingerprints_hides_no_change(
    tmp_path: Path, worked_out: list[str], change: Callable[[Workspace], Workspace]
) -> None:
    run = committed_run(tmp_path, 40)
    used = TWO_GROUPS.stage("used")
    assert Planner(run, objects=False).status(used).done
    changed = change(run)
    planner = Planner(changed, objects=False)
    each = {
        shard: outline.fingerprint == planner.fingerprints.of(used, shard)
        for shard, outline in changed.ledger("used").outlines().items()
    }
    assert not each[7]
    waits = ShardState.WAITING in planner.status(used).states.values()
    assert (
        waits
        or {shard: state is ShardState.DONE for shard, state in planner.status(used).states.items()}
        == each
    )


def test_a_plan_of_a_group_leaves_the_objects_of_others_to_their_readers(tmp_path: Path) -> None:
    run = committed_run(tmp_path, 4)
    ledger, made = run.ledger("made"), TWO_GROUPS.stage("made")
    commit = ledger.find(2)
    assert commit
    ledger.revoke(2)
    gone = {"it": ObjectRef(path="gone", size=1, sha256="1")}
    ledger.commit(commit.model_copy(update={"objects": gone}))
    assert Planner(run, group="second").status(made).states[2] is ShardState.DONE
    assert Planner(run, group="first").status(made).states[2] is ShardState.DAMAGED
    assert Planner(run).status(made).states[2] is ShardState.DAMAGED


def test_what_was_promoted_anew_makes_its_readers_stale(tmp_path: Path) -> None:
    run = committed_run(tmp_path, 4)
    ledger, planner = run.ledger("fitted"), Planner(run)
    ledger.revoke(0)
    other = _commit_of(planner, TWO_GROUPS.stage("fitted"), 0)
    changed = other.model_copy(update={"objects": {"it": ObjectRef(path="it", size=0, sha256="1")}})
    run.storage.replace("it", b"")
    ledger.commit(changed)
    used = TWO_GROUPS.stage("used")
    stages = {s.name: Planner(run).status(s).digest for s in run.stages("first")}
    pointer = Promotion(group="first", gate="", stages=stages).model_dump_json()
    run.storage.replace(run.promotion_path("first"), pointer.encode())
    assert BatchPlanner(run, used, [0]).states == {0: ShardState.STALE}
    assert Planner(run).status(used).states[0] is ShardState.STALE
