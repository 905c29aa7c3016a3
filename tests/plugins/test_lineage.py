"""OpenLineage: events that a lineage tool joins into one chain, from the crawl to the dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.openlineage.extractors import ExtractorManager
from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
from airflow.sdk import Asset, BaseOperator
from airflow.utils.state import TaskInstanceState
from openlineage.client import OpenLineageClient
from openlineage.client.transport.file import FileConfig, FileTransport

from realsyn_airflow import lineage, operators
from realsyn_airflow.gates import GateOperator
from realsyn_airflow.opening import OpenOperator
from realsyn_airflow.operators import PromoteOperator
from realsyn_tasks.stages import PIPELINE

ROOT, CRAWL = "s3://bucket/data", "s3://crawls/first"
EXTRACT, BUILD = f"{ROOT}/extracts/first", f"{ROOT}/builds/demo"
DATASET = f"{ROOT}/datasets/realsyn-demo/v-1"
ANALYSIS = f"{ROOT}/analyses/realsyn-demo-v-1"
EVALUATION = f"{ROOT}/evaluations/heads"
UNTOLD = ("nominal_start_time", "nominal_end_time", "owners", "tags", "job_description")
ANSWERS = {
    "open-extract": {"build": EXTRACT},
    "open-build": {"build": BUILD},
    "open-analysis": {"build": ANALYSIS},
    "open-evaluation": {"build": EVALUATION},
}


class Ti:
    """As much of a task instance as the operators use."""

    dag_id, run_id, task_id, map_index = "dag", "manual__1", "task", -1

    def xcom_push(self, key: str, value: Any) -> None: ...


class Run:
    """As much of a run as the provider asks for."""

    run_id = "manual__1"


class Events(dict[Any, Any]):
    """Asset events, one for any asset."""

    def __missing__(self, key: Any) -> Any:
        self[key] = type("Event", (), {"extra": None})()
        return self[key]


def answer(self: Any, words: Any, context: Any) -> dict[str, Any]:
    """Stand in for the data plane: only what it returns matters here."""
    if words[0] == "promote":
        return {"uri": DATASET} if words[1] == "sample" else {}
    return ANSWERS.get(words[0], {})


def tasks() -> Iterator[tuple[BaseOperator, dict[str, Any]]]:
    """All that a crawl goes through, with each task's params."""
    runs = {"extract": EXTRACT, "build": BUILD, "analysis": ANALYSIS, "evaluation": EVALUATION}
    for kind, run in runs.items():
        form = {"root": ROOT, "crawl": CRAWL, "scale": "demo", "version": DATASET}
        form["versions"] = DATASET
        yield OpenOperator(task_id=f"open_{kind}", kind=kind), form
        for group in (each.name for each in PIPELINE.groups_of(kind)):
            for stage in PIPELINE.group(group).stages:
                words = {"stage": stage.name, "build": run, "batch": 0}
                yield operators.ShardBatchOperator(task_id=stage.name, **words), {}
            yield GateOperator(task_id=f"gate_{group}", group=group, build=run), {}
            asset = Asset(f"asset_{group}")
            made = PromoteOperator(task_id=f"promote_{group}", group=group, build=run, asset=asset)
            yield made, {}


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the provider's own adapter writes to a file for each of them."""
    for name in ("call", "start"):
        monkeypatch.setattr(f"realsyn_airflow.seam.LocalProcess.{name}", answer)
    path = tmp_path / "events.jsonl"
    transport = FileTransport(FileConfig(log_file_path=str(path), append=True))
    adapter = OpenLineageAdapter(OpenLineageClient(transport=transport))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for task, params in tasks():
        task.execute({"params": params, "ti": Ti(), "outlet_events": Events()})
        found = ExtractorManager().extract_metadata(
            Run(), task, task_instance_state=TaskInstanceState.SUCCESS, task_instance=Ti()
        )
        adapter.complete_task(
            run_id="01900000-0000-7000-8000-000000000000",
            job_name=f"dag.{task.task_id}",
            end_time=now.isoformat(),
            task=found,
            **dict.fromkeys(UNTOLD),
        )
    return [json.loads(line) for line in path.read_text().splitlines()]


def names(event: dict[str, Any], side: str) -> set[tuple[str, str]]:
    return {(dataset["namespace"], dataset["name"]) for dataset in event[side]}


def test_the_chain_leads_from_the_crawl_to_the_dataset(events: list[dict[str, Any]]) -> None:
    reached = {lineage.named(CRAWL)}
    for event in events:  # in the order in which they happen
        inputs, outputs = names(event, "inputs"), names(event, "outputs")
        assert outputs, event["job"]["name"]
        if event["job"]["name"] in {"dag.fit_neighbourhoods", "dag.key_corpus"}:
            inputs -= {lineage.named(f"{ROOT}/corpus")}  # older generations
        assert inputs <= reached, f"{event['job']['name']} reads what nothing has written"
        reached |= outputs
    assert lineage.named(DATASET) in reached
    assert ("s3://bucket", "data/extracts/first/parse") in reached


def test_a_stage_names_what_the_table_says(events: list[dict[str, Any]]) -> None:
    [event] = [event for event in events if event["job"]["name"] == "dag.merge_matches"]
    assert names(event, "outputs") == {("s3://bucket", "data/builds/demo/merge_matches")}
    stages = PIPELINE.stage("merge_matches").reads[1:]
    assert {"pool_candidates", "judge_candidates", "cap_hubs"} < set(stages)
    assert names(event, "inputs") == {
        ("s3://bucket", "data/corpus"),
        *(("s3://bucket", f"data/builds/demo/{stage}") for stage in stages),
    }


def test_each_of_several_versions_is_read() -> None:
    words = ["open-evaluation", "--versions", f"{DATASET}, s3://bucket/data/datasets/other"]
    read = lineage.of_opening(words, EVALUATION).inputs
    assert read == (DATASET, "s3://bucket/data/datasets/other")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/data/root/builds/x", ("file", "/data/root/builds/x")),
        ("file:///data/root/", ("file", "/data/root")),
        ("s3://bucket/a/b", ("s3://bucket", "a/b")),
        ("s3://ann:s3cret@bucket/a", ("s3://bucket", "a")),
        ("s3://bucket/a?X-Amz-Signature=s3cret", ("s3://bucket", "a")),
    ],
)
def test_names_follow_openlineages_conventions(uri: str, expected: tuple[str, str]) -> None:
    assert lineage.named(uri) == expected


SECRET = "s3cret-k3y"


def test_no_key_gets_into_an_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by datasets, nor by the form and the task that the provider itself adds."""
    backends = {"encoder": {"ours": "lab.models:Encoder"}}
    monkeypatch.setenv("REALSYN_BACKENDS", json.dumps(backends | {"token": {"x": SECRET}}))
    for name in ("call", "start"):
        monkeypatch.setattr(f"realsyn_airflow.seam.LocalProcess.{name}", answer)
    path = tmp_path / "events.jsonl"
    transport = FileTransport(FileConfig(log_file_path=str(path), append=True))
    adapter = OpenLineageAdapter(OpenLineageClient(transport=transport))
    keyed = f"s3://ann:{SECRET}@bucket/data"
    form = {"root": "s3://bucket", "models": {"encoder": {"name": "ours"}}}
    opening = OpenOperator(task_id="open", kind="extract")
    batch = operators.ShardBatchOperator(task_id="parse", stage="parse", build=keyed, batch=0)
    for task, crawl in ((opening, f"{keyed}/a?X-Amz-Signature={SECRET}"), (batch, "")):
        params = {"root": keyed, "crawl": crawl}
        task.execute({"params": params, "ti": Ti(), "outlet_events": Events()})
        found = ExtractorManager().extract_metadata(
            Run(), task, task_instance_state=TaskInstanceState.SUCCESS, task_instance=Ti()
        )
        adapter.complete_task(
            run_id="01900000-0000-7000-8000-000000000000",
            job_name=f"dag.{task.task_id}",
            end_time="2026-01-01T00:00:00+00:00",
            task=found,
            run_facets={"airflow": provider_facet(task, form)},  # type: ignore[dict-item]
            **dict.fromkeys(UNTOLD),  # type: ignore[arg-type]
        )
    told = path.read_text()
    assert "bucket" in told and "encoder" in told
    assert SECRET not in told


def provider_facet(task: BaseOperator, form: dict[str, Any]) -> Any:
    """What the provider tells of a run and a task, whatever the operator says."""
    from airflow.providers.openlineage.plugins.facets import AirflowRunFacet
    from airflow.providers.openlineage.utils.utils import DagRunInfo, TaskInfo

    run = type("DagRun", (), {"conf": form, "dag_id": "dag", "run_id": "manual__1"})()
    return AirflowRunFacet(
        dag={}, dagRun=DagRunInfo(run), taskInstance={}, task=TaskInfo(task), taskUuid=""
    )
