"""Another build over the same corpus need not do again what one has done: byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import reuse
from realsyn_tasks.core.adoption import adopt
from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_builds
from realsyn_tasks.runs.repairs import Selection, plan
from realsyn_tasks.stages import PIPELINE
from tests.retrieve.grown import STAGES, commits, contents, matched, opened, promote_generation
from tests.retrieve.worlds import Corpus
from tests.support import run_group

PROBES = PIPELINE.stage("probe_images")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a promoted build over all of its corpus; not to be written to."""
    root = tmp_path_factory.mktemp("done")
    promote_generation(root, 1, Corpus(1, images=30, sentences=150, shards=3))
    matched(opened(root, "first", []))
    return root


@pytest.fixture
def root(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "root"))


def another(root: Path, name: str = "second", **changes: dict[str, Any]) -> Workspace:
    """A build over the same corpus at another scale."""
    stages = {stage: {**values, **changes.get(stage, {})} for stage, values in STAGES.items()}
    [build] = open_builds(str(root), ["20"], name, [], Choices(stages=stages))
    return build


def build_of(root: Path, name: str) -> Workspace:
    return Workspace.open(f"{root.as_uri()}/builds/{name}", PIPELINE)


def adopted(build: Workspace, failed: bool = False) -> Workspace:
    planner = Planner(build)
    for stage in build.stages("retrieve"):
        adopt(build, planner, stage, failed)
    return build


def origins(build: Workspace, stage: str) -> dict[int, str]:
    return {shard: commit.origin for shard, commit in commits(build, stage).items()}


def test_nothing_is_left_to_do_of_another_scale_fits_included(root: Path) -> None:
    build = adopted(another(root))
    planner = Planner(build)
    assert {stage.name: planner.batches(stage) for stage in build.stages("retrieve")} == {
        stage.name: [] for stage in build.stages("retrieve")
    }
    assert contents(build) == contents(build_of(root, "first"))
    for stage in build.stages("retrieve"):
        assert set(origins(build, stage.name).values()) == {"builds/first"}, stage.name


def test_a_batch_adopts_fits_too(root: Path) -> None:
    build = another(root)
    reports = run_group(build, "retrieve")
    assert all(not report.committed for each in reports.values() for report in each)
    assert [report.adopted for report in reports["fit_lists"]] == [[0]]


def test_only_what_other_settings_change_is_done(root: Path) -> None:
    build = adopted(another(root, search_lists={"hub_penalty": 0.5}))
    assert set(origins(build, "probe_images").values()) == {"builds/first"}
    assert origins(build, "search_lists") == {}
    assert Planner(build).batches(PIPELINE.stage("search_lists"))


def test_what_was_withdrawn_here_is_not_adopted_again(root: Path) -> None:
    build = adopted(another(root))
    build.ledger("probe_images").withdraw(1)
    adopted(build)
    assert sorted(origins(build, "probe_images")) == [0, 2]


def test_what_a_donor_has_taken_back_is_had_from_nobody(root: Path) -> None:
    """Its reader has found it damaged, say, while others still name it."""
    adopted(another(root))
    first = build_of(root, "first")
    [spoilt] = [commits(first, "probe_images")[1].attempt]
    first.ledger("probe_images").withdraw(1)
    third = adopted(another(root, "third"))
    assert third.config.donors == ("second", "first")  # as alike, and of the same target
    assert sorted(origins(third, "probe_images")) == [0, 2]
    run_group(first, "retrieve", until="probe_images")  # anew, under another name
    assert adopted(third) and commits(third, "probe_images")[1].attempt != spoilt
    assert contents(third)["probe_images"] == contents(first)["probe_images"]


def test_a_damaged_object_is_not_adopted(root: Path) -> None:
    for path in (root / "builds/first/probe_images/shard=00001").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    build = adopted(another(root))
    assert sorted(origins(build, "probe_images")) == [0, 2]
    whole = contents(build_of(root, "first"))
    run_group(build, "retrieve")
    assert contents(build) == whole


def test_a_donor_that_is_gone_is_told_and_made_up_for(root: Path) -> None:
    build = adopted(another(root))
    whole = contents(build)
    shutil.rmtree(root / "builds" / "first")
    rows = plan(str(root), build.uri, Selection()).rows
    [why] = {row.why for row in rows if row.state == "damaged"}
    assert "gone" in why and "adopted from builds/first" in why
    matched(build_of(root, "second"))
    assert contents(build) == whole
    assert set(origins(build, "probe_images").values()) == {""}


def test_a_shard_that_failed_for_good_elsewhere_fails_here_where_that_is_wanted(
    root: Path,
) -> None:
    first = build_of(root, "first")
    fingerprint = commits(first, "probe_images")[2].fingerprint
    first.ledger("probe_images").revoke(2)
    note = Failure(
        stage="probe_images",
        shard=2,
        fingerprint=fingerprint,
        failure_class="permanent",
        error="broken",
    )
    first.ledger("probe_images").fail(note)
    build = adopted(another(root))
    assert Planner(build).status(PROBES).states[2] == "missing"
    adopted(build, failed=True)
    assert Planner(build).status(PROBES).states[2] == "quarantined"


def test_two_that_adopt_at_once_leave_one_marker_each(root: Path) -> None:
    build = another(root)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(adopted, [build_of(root, "second"), build_of(root, "second")]))
    assert contents(build) == contents(build_of(root, "first"))


class Counted:
    """Counts the small objects of each run's stage that are read by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        read_each: Callable[..., Any] = LocalStorage.read_each

        def counting(storage: LocalStorage, paths: list[str]) -> Any:
            self.paths += paths
            return read_each(storage, paths)

        monkeypatch.setattr(LocalStorage, "read_each", counting)

    def of(self, start: str) -> int:
        return sum(path.startswith(start) for path in self.paths)


def test_a_look_up_costs_a_read_for_each_shard_that_is_lacking(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Donors with other settings of a stage are asked for nothing, nor is the second for more."""
    adopted(another(root))
    other = another(root, "third", search_lists={"hub_penalty": 0.5})
    planner = Planner(other)
    counted = Counted(monkeypatch)
    names = [stage.name for stage in PIPELINE.group("retrieve").stages]
    for name in names[: names.index("search_lists")]:
        adopt(other, planner, PIPELINE.stage(name))
    assert other.config.donors == ("second", "first")
    assert counted.of("builds/second/probe_images/_commits") == 3
    assert counted.of("builds/first/probe_images/_commits") == 0
    search = PIPELINE.stage("search_lists")
    before = len(counted.paths)
    assert reuse.adoptable(other, planner, search, [0, 1]) == {}
    assert len(counted.paths) == before


def test_an_adopted_marker_is_the_donors_but_for_its_origin(root: Path) -> None:
    build = adopted(another(root))

    def plain(commit: Commit) -> Commit:
        return commit.model_copy(update={"origin": ""})

    mine, theirs = (
        commits(build, "merge_matches"),
        commits(build_of(root, "first"), "merge_matches"),
    )
    assert {n: plain(c) for n, c in mine.items()} == theirs
