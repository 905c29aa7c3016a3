"""What holds for every DAG, and that the DAGs say what the table of stages says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from airflow.configuration import conf
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG

from realsyn_airflow import failures, groups
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.operators import DataPlaneOperator, ShardBatchOperator
from realsyn_tasks.stages import PIPELINE

PROJECT = Path(__file__).resolve().parents[2]
NAMES = (
    *("ingest", "extract", "retrieve", "synthesize", "sample", "analyze", "tune"),
    *("evaluate", "build", "renew", "backfill", "takedown"),
)
IDS = [f"realsyn_{name}" for name in NAMES]
NAMES_OF_FORMS = ("build", "extract", "analyze", "tune", "evaluate")
HEAVY = {
    *("torch", "faiss", "numpy", "pandas", "pyarrow", "boto3", "great_expectations"),
    *("kubernetes", "transformers", "onnxruntime", "spacy", "datasets"),
}


@cache
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(PROJECT / "dags"))


@pytest.fixture(params=IDS)
def dag(request: pytest.FixtureRequest) -> DAG:
    return bag().dags[request.param]


def test_every_dag_file_imports() -> None:
    assert bag().import_errors == {}
    assert sorted(bag().dags) == sorted(IDS)


def test_a_dag_says_what_it_is(dag: DAG) -> None:
    assert "realsyn" in dag.tags
    assert len(dag.tags) == 2
    assert dag.description
    assert len(dag.doc_md.splitlines()) > 1
    assert dag.owner == "realsyn"


def test_runs_of_other_builds_go_beside_each_other(dag: DAG) -> None:
    looks_around = dag.schedule is not None  # a second run would see, and do, the same
    assert dag.max_active_runs == (1 if looks_around else groups.MAX_ACTIVE_RUNS)
    assert groups.MAX_ACTIVE_RUNS > 1 and not dag.catchup


def test_what_runs_by_itself_does_so_only_when_switched_on(dag: DAG) -> None:
    scheduled = dag.schedule is not None
    assert scheduled == (dag.dag_id in {"realsyn_ingest", "realsyn_renew"})
    assert bool(dag.is_paused_upon_creation) == scheduled


def test_every_task_is_retried_by_failure_class(dag: DAG) -> None:
    for task in dag.tasks:
        assert task.retries >= 2, task.task_id
        assert task.retry_policy is failures.RETRY_POLICY, task.task_id
        assert task.retry_exponential_backoff, task.task_id


def test_no_task_runs_for_ever(dag: DAG) -> None:
    for task in dag.tasks:
        timeout = task.execution_timeout
        if isinstance(task, ApprovalOperator):
            timeout = task.response_timeout
        assert timeout, task.task_id


def test_what_reads_a_whole_run_has_as_long_as_a_batch(dag: DAG) -> None:
    for task in dag.tasks:
        if task.task_id.split(".")[-1] in ("gate", "promote"):
            assert task.execution_timeout == groups.BATCH_TIMEOUT, task.task_id


def test_pools_bound_what_computes_and_nothing_that_waits(dag: DAG) -> None:
    known = json.loads((PROJECT / "include/airflow/pools.json").read_text())
    for task in dag.tasks:
        operator = getattr(task, "operator_class", type(task))
        if issubclass(operator, DataPlaneOperator):
            assert task.pool in known, task.task_id
        if issubclass(operator, RunGroupOperator):
            assert task.pool == "default_pool", f"{task.task_id} would wait for its own pool"


@pytest.mark.parametrize("group", PIPELINE.group_names)
def test_the_order_of_stages_is_the_tables(group: str) -> None:
    dag = bag().dags[f"realsyn_{group}"]
    table = PIPELINE.group(group).stages
    for stage in table:
        task = dag.get_task(f"stages.{stage.name}")
        assert issubclass(task.operator_class, ShardBatchOperator)
        assert task.pool == groups.POOLS[stage.needs.name]
        made = {s.name for s in table}
        own = {f"stages.{name}" for name in PIPELINE.needed(stage) if name in made}
        assert task.upstream_task_ids == {*own, f"plan.{stage.name}"}


@pytest.mark.parametrize("group", PIPELINE.group_names)
def test_only_a_gate_over_all_stages_leads_to_promotion(group: str) -> None:
    dag = bag().dags[f"realsyn_{group}"]
    stages = {f"stages.{stage.name}" for stage in PIPELINE.group(group).stages}
    assert dag.get_task("gate").upstream_task_ids == stages
    # The gate runs in any case: where the plan failed, another run may be at this very work.
    assert dag.get_task("approval").upstream_task_ids == {"gate", "plan.scan"}
    assert dag.get_task("promote").upstream_task_ids == {"approval"}
    for name in ("approval", "promote"):
        assert dag.get_task(name).trigger_rule == "all_success"
    assert [leaf.task_id for leaf in dag.leaves] == ["promote"]
    assert len(dag.get_task("promote").outlets) == 1


def test_an_analysis_waits_for_publication_and_fails_no_build() -> None:
    dag = bag().dags["realsyn_build"]
    analyze, sample = dag.get_task("analyze"), dag.get_task("sample")
    assert analyze.upstream_task_ids == {"sample", "open"}
    assert analyze.trigger_rule == "all_success"
    assert analyze.partial_kwargs["may_fail"]
    assert not sample.partial_kwargs.get("may_fail")
    assert [leaf.task_id for leaf in dag.leaves] == ["summary"]


def test_a_renewal_hands_on_each_field_that_shapes_its_build() -> None:
    dags = bag().dags
    box = dags["realsyn_renew"].get_task("build")
    handed_on = {*box.passing, *box.fields}
    assert handed_on == {"name", *dags["realsyn_renew"].params} - {"minimum_images"}
    assert handed_on <= set(dags["realsyn_build"].params)


def test_maps_stay_within_airflows_limit() -> None:
    from realsyn_tasks.core.config import Dispatch

    limit = conf.getint("core", "max_map_length")
    most = Dispatch.model_json_schema()["properties"]["max_batches"]["maximum"]
    assert most == groups.MAX_BATCHES <= limit


def test_no_dag_file_imports_anything_heavy() -> None:
    found = {name.partition(".")[0] for name in parsed()["modules"]}
    assert found & HEAVY == set()


def test_parsing_costs_little_beyond_importing_airflow() -> None:
    """CPU time for all files; loose, for it only has to notice a heavy import."""
    assert parsed()["seconds"] < 5.0


@cache
def parsed() -> dict[str, Any]:
    """Parse all files in a process of its own, with all that can wake a DAG."""
    woken = {"REALSYN_ROOT": "s3://b", "REALSYN_INGEST": '{"queue": "https://q"}'}
    return dict(json.loads(_python(PARSE, **woken)))


PARSE = """
import json, runpy, sys, time
import airflow.sdk, airflow.providers.standard.operators.hitl
import airflow.providers.standard.operators.trigger_dagrun
started = time.process_time()
for name in sys.argv[1:]:
    runpy.run_path(f"dags/realsyn_{name}.py")
spent = time.process_time() - started
print(json.dumps({"modules": sorted(sys.modules), "seconds": spent}))
"""
SERIALISE = """
import json, runpy, sys
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization
dags = [runpy.run_path(f"dags/realsyn_{name}.py")["dag"] for name in sys.argv[1:]]
print([SerializedDagModel.hash(DagSerialization.to_dict(dag)) for dag in dags])
"""


def test_parsed_twice_a_dag_is_the_same() -> None:
    """By the hash that decides whether Airflow stores another version of the DAG."""
    assert _python(SERIALISE, seed="1") == _python(SERIALISE, seed="2")


def _python(code: str, seed: str = "0", **variables: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, **variables}
    done = subprocess.run(
        [sys.executable, "-c", code, *NAMES],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


SHOWN_BESIDE = {"type", "title", "description", "enum", "examples", "format"}
SHOWN_BESIDE |= {"minimum", "maximum", "maxLength"}
_AGAINST_KEYS = {"pattern", "additionalProperties"}  # Airflow keeps and shows what it accepts
REFUSED = [("profile", "nowhere"), ("seed", -1), ("approval", "perhaps"), ("scale", None)]
TOLD = [
    ("scale", "10 pairs"),
    ("root", ""),
    ("models", {"encoder": "clip"}),
    ("models", {"encoder": {"nam": "conse"}}),
    ("generations", "all"),
    ("name", "A Name"),
    ("follow", None),
]


@pytest.mark.parametrize("name", NAMES_OF_FORMS)
def test_a_form_limits_only_what_it_can_show_beside_a_field(name: str) -> None:
    """What else is wrong is told by the first task, not by a toast in JSON Schema's words."""
    root = bag().dags["realsyn_build"].params.get_param("root")
    for param in _params(name):
        assert set(param.schema) - _AGAINST_KEYS <= SHOWN_BESIDE, param.schema
        assert param.schema.get("pattern", "") in ("", root.schema["pattern"]), param.schema


def _params(name: str) -> list[Any]:
    params = bag().dags[f"realsyn_{name}"].params
    return [params.get_param(field) for field in params]


@pytest.mark.parametrize(("field", "value"), TOLD)
def test_the_form_leaves_to_the_first_task_what_it_cannot_show(field: str, value: Any) -> None:
    from airflow.sdk.definitions.param import ParamsDict

    params = ParamsDict(bag().dags["realsyn_build"].params)
    params[field] = value
    params.validate()


def test_a_build_checks_its_form_first_and_in_a_pool_that_nothing_fills() -> None:
    dag = bag().dags["realsyn_build"]
    assert [task.task_id for task in dag.roots] == ["pin"]
    assert "pin" in dag.get_task("open").upstream_task_ids
    opening = [bag().dags[f"realsyn_{name}"].roots[0] for name in NAMES_OF_FORMS]
    assert {task.pool for task in opening} == {"forms"}
    assert "forms" not in groups.POOLS.values()


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_the_form_refuses_nonsense(field: str, value: Any) -> None:
    from airflow.sdk.definitions.param import ParamsDict, ParamValidationError

    params = ParamsDict(bag().dags["realsyn_build"].params)
    params.validate()
    with pytest.raises(ParamValidationError):
        params[field] = value


def test_the_form_and_the_command_line_have_the_same_fields() -> None:
    from realsyn_local.__main__ import _parser

    options = vars(_parser().parse_args(["build"]))
    fields = set(bag().dags["realsyn_build"].params)
    assert {"scale" if name == "target" else name for name in options} - {"function"} == fields


@pytest.mark.parametrize("group", PIPELINE.group_names)
def test_what_collects_stands_between_what_it_collects_and_its_readers(group: str) -> None:
    dag = bag().dags[f"realsyn_{group}"]
    for stage in PIPELINE.group(group).stages:
        if stage.collects:
            task = dag.get_task(f"stages.{stage.name}")
            assert f"stages.{stage.collects}" in task.upstream_task_ids
            assert task.trigger_rule == "none_failed", "it is skipped where nothing is collected"
            assert task.downstream_task_ids - {"gate"}
