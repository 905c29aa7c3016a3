"""Each stage group's DAG on a tiny crawl: real data-plane processes, commits, gates, promotion."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from airflow.api.common.trigger_dag import trigger_dag
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select

from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from tests.airflow_home import DATA_PYTHON, PROJECT, TINY_STAGES, tiny_data_python

pytestmark = pytest.mark.usefixtures("stored")
SCAN_SAID = ("plan.scan", "failure", -1)
# All groups' DAGs are the same wiring (test_integrity); a real scheduler runs them in tests/e2e.
GROUPS = ("synthesize", "analyze")
TARGET = "6"
# What comes before a group, in one process of the data plane.
MATCH = """
import sys; from pathlib import Path; from tests.crawls import write_tiny_warc
from realsyn_tasks.runs.opening import open_build, open_extract
from tests.e2e.test_pipeline import CHOICES, finish
root, scale = sys.argv[1:]
crawl = Path(root) / "crawls/tiny"
write_tiny_warc(crawl)
finish(open_extract(root, str(crawl), "", CHOICES), "extract")
finish(open_build(root, scale, "", [], CHOICES), "retrieve")
"""
PUBLISH = """
import sys; from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.stages import PIPELINE; from tests.e2e.test_pipeline import finish
finish(Workspace.open(sys.argv[1], PIPELINE), "sample")
"""


@pytest.fixture(scope="module", autouse=True)
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        python = tiny_data_python(tmp_path_factory.mktemp("bin"))
        patch.setenv("REALSYN_DATA_PYTHON", str(python))
        patch.setattr("time.sleep", lambda seconds: None)  # dag.test() sleeps while it skips tasks
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


class Outcome:
    """What became of a run of dag.test()."""

    def __init__(self, run: Any) -> None:
        self.state = str(run.state)
        tasks = run.get_task_instances()
        self.states = {(ti.task_id, ti.map_index): str(ti.state) for ti in tasks}
        self.labels = {ti.rendered_map_index for ti in tasks if ti.map_index >= 0}
        with create_session() as session:
            found = session.scalars(select(XComModel).where(XComModel.run_id == run.run_id))
            self.xcoms = {
                (x.task_id, x.key, x.map_index): XComModel.deserialize_value(x) for x in found
            }

    def ran(self) -> set[str]:
        """Name the stages of which a batch ran well."""
        done = (task for (task, _), state in self.states.items() if state == "success")
        return {task.removeprefix("stages.") for task in done if task.startswith("stages.")}

    def returned(self, task: str) -> Any:
        return self.xcoms.get((task, "return_value", -1))


def run(group: str, conf: dict[str, Any]) -> Outcome:
    """Run a group's DAG; the tasks that stand for lists are passed, as the scheduler does."""
    return Outcome(_dag(group).test(run_conf=conf, mark_success_pattern=r"plan\.(?!scan$).*"))


def _dag(group: str) -> DAG:
    import runpy

    dag: DAG = runpy.run_path(str(PROJECT / f"dags/realsyn_{group}.py"))["dag"]
    return dag


def data_plane(code: str, *words: str) -> None:
    command = [DATA_PYTHON, "-c", code, *words]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def outcomes(root: Path) -> dict[str, Outcome]:
    """The runs of two groups of a build, and what comes before them without Airflow."""
    build = f"{root.as_uri()}/builds/{TARGET}"
    data_plane(MATCH, str(root), TARGET)
    found = {"synthesize": run("synthesize", {"build": build})}
    assert found["synthesize"].state == "success", found["synthesize"].states
    data_plane(PUBLISH, build)
    return {**found, "analyze": run("analyze", {"version": build})}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_runs_its_stages_passes_its_gate_and_is_promoted(
    outcomes: dict[str, Outcome], group: str
) -> None:
    outcome = outcomes[group]
    assert outcome.state == "success", outcome.states
    plan = outcome.returned("plan.scan")
    assert outcome.ran() == {stage for stage, batches in plan.items() if batches}
    assert outcome.returned("gate")["passed"]
    assert outcome.returned("promote")


@pytest.mark.parametrize("group", GROUPS)
def test_a_stage_maps_over_the_list_that_the_plan_left_for_it(
    outcomes: dict[str, Outcome], group: str
) -> None:
    outcome = outcomes[group]
    for stage, batches in outcome.returned("plan.scan").items():
        assert outcome.returned(f"plan.{stage}") == batches
        mapped = {index for task, index in outcome.states if task == f"stages.{stage}"}
        assert mapped == (set(range(len(batches))) or {-1})


def test_a_stage_that_is_off_is_skipped(outcomes: dict[str, Outcome]) -> None:
    states = outcomes["synthesize"].states
    assert states["stages.caption_images", -1] == "skipped"
    assert states["stages.generate_texts", 0] == "success"


def test_batches_are_named(outcomes: dict[str, Outcome]) -> None:
    assert "tag_images batch 00000" in outcomes["synthesize"].labels


def test_what_was_published_is_analysed(outcomes: dict[str, Outcome], root: Path) -> None:
    assert outcomes["analyze"].returned("open").startswith(f"{root.as_uri()}/analyses/realsyn-")
    assert outcomes["analyze"].returned("promote")["version"].startswith(root.as_uri())


def test_run_again_there_is_nothing_to_do_but_the_gate(
    outcomes: dict[str, Outcome], root: Path
) -> None:
    again = run("synthesize", {"build": f"{root.as_uri()}/builds/{TARGET}"})
    assert again.state == "success"
    assert again.ran() == set()
    assert again.returned("gate")["passed"]
    claims = sorted(path.name for path in (root / f"claims/synthesize.{TARGET}").iterdir())
    assert claims == ["000001.json", "000002.json"], "the first run had ended"


def test_a_run_beside_another_of_the_same_build_fails_at_once_and_names_that(
    outcomes: dict[str, Outcome], root: Path
) -> None:
    by = DagRunTriggeredByType.TEST
    trigger_dag("realsyn_retrieve", run_id="first", conf={"build": "x"}, triggered_by=by)
    claim = {"what": f"synthesize.{TARGET}", "number": 9}
    owner = {"dag": "realsyn_retrieve", "run": "first"}  # as if it were one of synthesize
    held = root / f"claims/synthesize.{TARGET}/000009.json"
    held.write_text(json.dumps({**claim, "owner": owner}), encoding="utf-8")
    second = run("synthesize", {"build": f"{root.as_uri()}/builds/{TARGET}"})
    assert second.state == "failed"
    assert second.states["plan.scan", -1] == "failed"
    assert "run first of realsyn_retrieve is at this work" in second.xcoms[SCAN_SAID]
    assert "/dags/realsyn_retrieve/runs/first" in second.xcoms[SCAN_SAID]
    held.unlink()


def test_without_a_crawl_the_run_fails_at_once_and_names_the_field() -> None:
    outcome = run("extract", {"crawl": ""})
    assert outcome.state == "failed"
    assert outcome.states["open", -1] == "failed"
    assert outcome.ran() == set()


def test_a_build_is_pinned_first_and_opened_over_that(tmp_path: Path) -> None:
    """By the real operators, Airflow's state of a task, and the data plane; no box is run."""
    rows = {"images": 9, "sentences": 9}
    shard = GenerationShard(objects={}, rows=rows)
    about = {"crawl": "a", "crawl_uri": "a", "extract": "a", "config_digest": "c", "digest": "d"}
    pointer = tmp_path / generation_path(1)
    pointer.parent.mkdir(parents=True)
    pointer.write_text(Generation(generation=1, shards=(shard,), **about).model_dump_json())
    form = {"root": str(tmp_path), "scale": TARGET, "stages": TINY_STAGES, "generations": None}
    outcome = Outcome(_dag("build").test(run_conf=form, mark_success_pattern="^(?!pin$|open$).*"))
    pins = outcome.returned("pin")
    assert (pins["generations"], pins["words"]) == ([1], "generation 1")
    assert outcome.returned("open") == [{"build": f"{tmp_path.as_uri()}/builds/{TARGET}"}]
    with create_session() as session:
        kept = list(session.scalars(select(TaskStateStoreModel)))
        assert [(each.task_id, each.value) for each in kept] == [("pin", '"1"')]


def test_a_form_that_cannot_work_fails_before_any_box(tmp_path: Path) -> None:
    outcome = Outcome(_dag("build").test(run_conf={"root": str(tmp_path), "scale": "15x"}))
    assert outcome.state == "failed"
    states = {state for (task, _), state in outcome.states.items() if task != "pin"}
    assert (outcome.states["pin", -1], states) == ("failed", {"upstream_failed"})
    assert not list(tmp_path.iterdir())


def markers(folder: Path) -> dict[str, list[str]]:
    found = {path.name: json.loads(path.read_text()) for path in (folder / "_commits").iterdir()}
    return {
        name: sorted(ref["sha256"] for ref in marker["objects"].values())
        for name, marker in found.items()
        if not name.startswith(".")
    }


def test_a_dry_repair_shows_its_plan_and_runs_nothing(
    outcomes: dict[str, Outcome], root: Path
) -> None:
    form = {"root": str(root), "build": f"{root.as_uri()}/builds/{TARGET}"}
    named = {"stage": "tag_images", "shards": "0", "force": True, "dry_run": True}
    outcome = run("backfill", {**form, **named})
    assert outcome.state == "success"
    [row] = outcome.returned("plan")["rows"]
    assert (row["stage"], row["state"], row["shards"]) == ("tag_images", "done", "0")
    assert outcome.states["withdraw", -1] == "skipped"
    assert "success" not in {outcome.states[f"shards.{pool}", -1] for pool in ("cpu", "gpu", "llm")}


def test_a_forced_repair_runs_the_named_shard_again_and_no_other(
    outcomes: dict[str, Outcome], root: Path
) -> None:
    folder = root / "builds" / TARGET / "tag_images"
    before, untouched = markers(folder), (folder / "_commits/00001.json").stat().st_mtime_ns
    old = (folder / "_commits/00000.json").read_text()
    form = {"root": str(root), "build": f"{root.as_uri()}/builds/{TARGET}", "finish": False}
    outcome = run("backfill", {**form, "stage": "tag_images", "shards": "0", "force": True})
    assert outcome.state == "success"
    assert outcome.returned("withdraw") == {"withdrawn": 1}
    assert outcome.states["shards.gpu", 0] == "success"
    assert markers(folder) == before, "the same bytes"
    assert (folder / "_commits/00000.json").read_text() != old, "by another try"
    assert (folder / "_commits/00001.json").stat().st_mtime_ns == untouched


def test_a_takedown_is_a_dry_run_unless_the_form_says_otherwise(tmp_path: Path) -> None:
    form = {"root": str(tmp_path), "urls": "https://a.example/x.jpg\nnonsense", "approval": False}
    dry = run("takedown", form)
    assert dry.state == "success"
    assert dry.returned("plan")["first_bad_lines"][0]["line"] == 2
    assert dry.states["approval", -1] == dry.states["take_down", -1] == "skipped"
    assert [path.name for path in (tmp_path / "takedowns").iterdir()] == ["previews"]
    preview = dry.returned("plan")["preview"].removeprefix("file://")
    assert "Nothing has been removed" in Path(preview).read_text()
    wet = run("takedown", {**form, "dry_run": False, "note": "case 7"})
    assert wet.state == "success"
    receipt = wet.returned("take_down")["receipt"].removeprefix("file://")
    assert "case 7" in Path(receipt).read_text()
    assert list(tmp_path.glob("takedowns/log/0001.json"))


def test_ingest_without_crawls_finds_nothing_to_do(tmp_path: Path) -> None:
    outcome = run("ingest", {"root": str(tmp_path), "settle_seconds": 0})
    assert outcome.state == "success"
    assert outcome.returned("discover") == []
    assert outcome.states["bad_crawls", -1] == "success"
