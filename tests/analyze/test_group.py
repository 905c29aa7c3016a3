"""The whole group on a version: with its build, without it, and after another analysis."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.versions import Version, versions
from realsyn_tasks.quality import gate
from realsyn_tasks.report.analysis import Analysis, newest
from realsyn_tasks.stages import PIPELINE
from tests.analyze.conftest import FIRST, analyse
from tests.fabricated import damage
from tests.support import resolved

OF_BUILD = ("drop_reasons", "drop_examples")


def version_of(root: Path) -> Version:
    [version] = versions(Storage.at(str(root)))
    return version


def run_of(root: Path, name: str = FIRST) -> Workspace:
    return Workspace.open(f"{root.as_uri()}/analyses/{name}", PIPELINE)


def analysis_of(root: Path) -> Analysis:
    analysis = newest(version_of(root))
    assert analysis
    return analysis


def contents(run: Workspace) -> dict[str, str]:
    """Digest what each stage holds."""
    planner = Planner(run)
    return {stage.name: planner.status(stage).digest for stage in run.stages()}


def test_every_table_that_is_handed_on_can_be_read(analysed: Path) -> None:
    analysis = analysis_of(analysed)
    for handed_on in PIPELINE.group("analyze").hands_on:
        table = analysis.table(handed_on.name)
        assert table is not None and table.num_rows, handed_on.name
        assert handed_on.key in table.column_names


def test_examples_and_central_pictures_can_be_shown(analysed: Path) -> None:
    analysis = analysis_of(analysed)
    named = {row["key"] for row in analysis.rows("examples")}
    named |= {key for row in analysis.rows("topics") for key in row["central"]}
    pictures = analysis.pictures()
    assert named and set(pictures) == named
    assert all(data.startswith(b"\xff\xd8") for data in pictures.values())


def test_again_it_gives_the_same_bytes(version_root: Path) -> None:
    again = analyse(version_of(version_root).uri, "again")
    assert again.earlier and again.earlier.config.name == FIRST
    first, second = contents(run_of(version_root)), contents(again)
    assert {name for name in first if first[name] != second[name]} <= {"map_images"}
    assert contents(analyse(version_of(version_root).uri, "again")) == second


def test_a_version_is_enough_but_for_what_its_build_alone_knows(
    version_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = "realsyn_tasks.runs.analyses.models_of"  # the version's models are of no deployment
    monkeypatch.setattr(named, lambda _, kinds: {kind: resolved(kind) for kind in kinds})
    before = contents(run_of(version_root))
    for folder in ("builds", "extracts", "corpus", "analyses"):
        shutil.rmtree(version_root / folder)
    after = contents(analyse(version_of(version_root).uri))
    gone = set(before) - set(after)
    assert gone == {"gather_drops"}
    assert {name for name in after if after[name] != before[name]} <= {"sum_measures"}
    analysis = analysis_of(version_root)
    assert [analysis.table(name) for name in OF_BUILD] == [None, None]
    assert {row["sampling"] for row in analysis.rows("balance")} == {"balanced"}
    assert analysis.rows("topics") and analysis.rows("examples")


def test_its_gate_wants_every_pair_read(version_root: Path) -> None:
    run = run_of(version_root)

    def lose(made: object) -> None:
        made.counts["pairs"] -= 1  # type: ignore[attr-defined]

    damage(run, "measure_pairs", lose)
    result = gate(run, "analyze")
    assert not result.passed and "pairs_unread" in result.summary


def test_who_reads_the_analysis_gets_none_before_it_is_complete(version_root: Path) -> None:
    run = run_of(version_root)
    run.storage.delete(run.promotion_path("analyze"))
    assert newest(version_of(version_root)) is None


def test_a_run_that_has_gone_on_is_not_read_as_if_it_had_not(version_root: Path) -> None:
    run = run_of(version_root)
    build = Workspace.open(f"{version_root.as_uri()}/builds/tiny", PIPELINE)
    build.storage.replace(build.promotion_path("sample"), b"{}")
    with pytest.raises(ConfigError, match=r"builds/tiny .* open it again"):
        run.sources["dataset"].runs()
