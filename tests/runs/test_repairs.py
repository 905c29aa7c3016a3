"""Repairs: what the plan of one says, and that the same bytes come of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic_core import to_json
from typer.testing import CliRunner

from realsyn_tasks import cli
from realsyn_tasks.core.answers import ShardState, StageStatus
from realsyn_tasks.core.commits import Failure
from realsyn_tasks.core.config import Dispatch
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.shards import as_ranges, in_ranges
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.kinds import CRAWL
from realsyn_tasks.report import repair_page
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.runs.repairs import (
    TRANSIENT,
    Repair,
    Selection,
    _rows,
    _steps,
    plan,
    show,
    withdraw,
)
from realsyn_tasks.stages import PIPELINE
from tests import fabricated
from tests.crawls import write_tiny_warc
from tests.support import run_group, tiny_model


@pytest.fixture
def extract(tmp_path: Path) -> Workspace:
    return fabricated.extract(tmp_path, shards=4)


def rows(found: Repair, when: str = "named") -> dict[str, tuple[str, str]]:
    return {row.stage: (row.state, row.shards) for row in found.rows if row.when == when}


def test_nothing_is_named_where_all_is_committed(extract: Workspace) -> None:
    assert plan(extract.storage.uri, "", Selection()) == Repair()


def test_the_plan_tells_state_and_reason_of_each_shard(extract: Workspace) -> None:
    fingerprint = Planner(extract).fingerprints.of(PIPELINE.stage("dedup_images"), 3)
    ledger = extract.ledger("dedup_images")
    for shard in (1, 2, 3):
        ledger.revoke(shard)
    error = "SLOW_DOWN: try again"
    ledger.fail(
        Failure(
            stage="dedup_images",
            shard=3,
            fingerprint=fingerprint,
            failure_class="transient",
            error=error,
        )
    )
    found = plan(extract.storage.uri, "", Selection())
    told = {(row.state, row.shards): row.why for row in found.rows}
    assert told == {
        ("missing", "1-2"): "has no marker",
        ("failed", "3"): f"failed (transient: {error})",
    }
    assert found.shards == 3
    assert found.steps == (), "without a stage, the stage groups are run as they are"


def test_named_shards_are_done_first_and_the_rest_of_the_group_then(extract: Workspace) -> None:
    for shard in (0, 2, 3):
        extract.ledger("dedup_images").revoke(shard)
    extract.ledger("dedup_sentences").revoke(1)
    selection = Selection(stage="dedup_images", shards="2-3")
    found = plan("", extract.uri, selection)
    assert rows(found) == {"dedup_images": ("missing", "2-3")}
    later = rows(found, "then")
    assert later["dedup_sentences"] == ("missing", "1")
    assert later["dedup_images"] == ("missing", "0")
    assert [step.shards for step in found.steps] == ["2", "3"]
    assert {step.build for step in found.steps} == {extract.uri}


def test_force_withdraws_what_is_committed_and_a_dry_run_does_not(extract: Workspace) -> None:
    selection = Selection(stage="filter_images", shards="0,2-3", force=True)
    assert rows(plan("", extract.uri, selection)) == {"filter_images": ("done", "0,2-3")}
    assert len(extract.ledger("filter_images").commits()) == 4
    withdraw("", extract.uri, selection)
    assert sorted(extract.ledger("filter_images").commits()) == [1]
    withdraw("", extract.uri, selection)
    assert sorted(extract.ledger("filter_images").commits()) == [1]


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(stage="nothing"), "there are: all"),
        (Selection(group="nothing"), "there are: all, extract"),
        (Selection(force=True), "name it"),
        (Selection(shards="3"), "name it"),
        (Selection(stage="parse", shards="4"), "shards 0 to 3"),
        (Selection(stage="parse", shards="three"), "such as 3-7,12"),
        (Selection(stage="parse", shards="7-3"), "backwards"),
    ],
)
def test_what_means_nothing_is_refused(
    extract: Workspace, selection: Selection, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        plan("", extract.uri, selection)


def test_the_plan_is_a_table_for_people(
    extract: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    extract.ledger("parse").revoke(1)
    show(plan("", extract.uri, Selection()))
    printed = capsys.readouterr().err
    assert "has no marker" in printed
    assert "extracts/pages" in printed
    show(Repair())
    assert "nothing to repair" in capsys.readouterr().err


def test_each_reason_is_told_in_whole_and_what_it_hides(
    extract: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    planner = Planner(extract)
    long = "SLOW_DOWN " * 100 + "<script>"
    for shard in range(4):
        fingerprint = planner.fingerprints.of(PIPELINE.stage("filter_images"), shard)
        extract.ledger("filter_images").revoke(shard)
        extract.ledger("filter_images").fail(
            Failure(
                stage="filter_images",
                shard=shard,
                fingerprint=fingerprint,
                failure_class="transient",
                error="a timeout" if shard else long,
            )
        )
    found = plan(extract.storage.uri, "", Selection(stage="filter_images"))
    told = {reason.shards: reason.why for reason in found.reasons}
    assert told["1-3"] == "failed (transient: a timeout)"
    assert long in told["0"]
    [hidden] = found.hidden
    assert "dedup_images" in hidden.stages and "filter_images" not in hidden.stages
    assert f"{len(hidden.stages)} more stages can only be judged after these" in hidden.words
    page = repair_page.render(found)
    assert long.removesuffix("<script>") in page and "<script>" not in page
    assert hidden.words in page and "1-3" in page
    show(found)
    printed = capsys.readouterr().err
    assert hidden.words in " ".join(printed.split())
    assert "waiting" not in printed


def test_the_page_of_a_plan_is_the_same_while_things_are(extract: Workspace) -> None:
    extract.ledger("parse").revoke(1)
    found = plan(extract.storage.uri, "", Selection())
    uri = repair_page.store(extract.storage, found)
    assert uri == repair_page.store(extract.storage, plan(extract.storage.uri, "", Selection()))
    words = ["repair", "--root", extract.storage.uri, "--page", "--json"]
    result = CliRunner().invoke(cli.app, words)
    assert json.loads(result.stdout)["preview"] == uri
    assert "has no marker" in Path(uri.removeprefix("file://")).read_text()


def test_a_forced_repair_gives_the_same_bytes_and_nothing_after_it_runs(tmp_path: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    run = open_extract(str(tmp_path), str(tmp_path / "crawl"), "tiny", Choices())
    run_group(run, "extract")
    before = {stage.name: Planner(run).status(stage).digest for stage in run.stages()}
    found = withdraw("", run.uri, Selection(stage="filter_sentences", shards="1", force=True))
    for step in found.steps:
        stage = run.pipeline.stage(step.stage)
        runner = Runner(run, tiny_model)
        report = runner.run_batch(stage, step.batch, in_ranges(step.shards))
        assert report.committed == [1]
    assert {stage.name: Planner(run).status(stage).digest for stage in run.stages()} == before
    assert plan("", run.uri, Selection()).rows == ()


@pytest.mark.parametrize("text", ["0", "3-7,12", "0-1,5,9-11"])
def test_ranges_read_back_as_they_were(text: str) -> None:
    assert as_ranges(in_ranges(text)) == text


def test_transient_failures_belong_to_one_stage(extract: Workspace) -> None:
    with pytest.raises(ConfigError, match="belong to one stage"):
        plan(extract.storage.uri, "", Selection(shards=TRANSIENT))
    found = plan(extract.storage.uri, "", Selection(stage="parse", shards=TRANSIENT))
    assert found.shards == 0, "nothing of it was fetched"


# -- very many shards -----------------------------------------------------------------------------

MOST = 30_000  # shards that are planned for
ARGUMENT = 128 * 1024  # bytes of one word of a command line, at most
XCOM = 512 * 1024  # bytes of what a task leaves for others, as far as we go


def every_other(extract: Workspace, batches: int) -> tuple[Workspace, StageStatus]:
    """A stage of very many shards of which every other one is missing: the longest ranges."""
    config = extract.config.model_copy(
        update={
            "axes": {**extract.config.axes, CRAWL.axis: MOST},
            "dispatch": Dispatch(max_batches=batches),
        }
    )
    run = Workspace(extract.storage, extract.folder, config, PIPELINE)
    states = {n: ShardState.MISSING if n % 2 else ShardState.DONE for n in range(MOST)}
    return run, StageStatus(PIPELINE.stage("parse"), states, Outlines.of([]))


@pytest.mark.parametrize("batches", [1, 300, 1000])
def test_steps_over_very_many_shards_stay_small(extract: Workspace, batches: int) -> None:
    run, status = every_other(extract, batches)
    named = Selection(stage="parse", shards="0-29999").named(status)
    steps = _steps(run, status, named)
    assert len(steps) == batches
    assert [n for step in steps for n in in_ranges(step.shards)] == status.unsettled
    assert max(len(step.shards) for step in steps) < ARGUMENT
    table = _rows(run, status, named, "named") * 2 * len(run.stages())
    assert len(to_json(Repair(tuple(table), tuple(steps)))) < XCOM
    assert {row.count for row in table} == {MOST // 2}
    assert all(row.shards.endswith(",...") for row in table)


def test_a_choice_of_every_other_shard_fits_a_command_line(extract: Workspace) -> None:
    """It is the form's text, run through the same shell words."""
    _, status = every_other(extract, 300)
    words = as_ranges(status.unsettled)
    assert len(words) < ARGUMENT
    assert Selection(stage="parse", shards=words).named(status) == status.unsettled
