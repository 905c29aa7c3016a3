"""Single pods for real: how little they may do, what goes with them, and that a stop ends them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.airflow_home import DATA_PYTHON, PROJECT, ask
from tests.e2e.airflow import CONTROL_PYTHON
from tests.k8s import cluster
from tests.k8s.site import PodSite, Store, finish
from tests.tiny_data_plane import HOLD

PATIENCE = 300.0  # seconds
CONTROL = """
import asyncio, json, sys
from airflow.sdk.exceptions import TaskDeferred
from kubernetes.client import ApiClient
from realsyn_airflow import pods
from realsyn_airflow.pod_spec import PodSpec
action, *words = sys.argv[1:]
operator = pods.operator(PodSpec.of(words), "task", deferrable=True)
made = operator.build_pod_request_obj(None, dry_run=True)
operator.reattach_on_restart = False  # which takes a task's context
if action != "manifest":
    operator.pod = operator.get_or_create_pod(made, None)
    place = operator.pod.metadata
    made = operator.client.read_namespaced_pod(place.name, place.namespace)
if action == "stop":  # the task is put aside, and then stopped
    try:
        operator.invoke_defer_method()
    except TaskDeferred as deferred:
        trigger = pods._patient(deferred, operator).trigger
        asyncio.run(type(trigger)(**trigger.serialize()[1]).on_kill())
print(json.dumps(ApiClient().sanitize_for_serialization(made)))
"""
PROBE = """
import json, os
def writes(folder):
    try:
        open(f"{folder}/probe", "w").close()
    except OSError:
        return False
    return True
lines = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
names = ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")
said = {name: int(lines[name], 16) for name in names}
folders = ("/", "/opt/realsyn", "/var/tmp", "/tmp", "/dev/shm", "/models")
print(json.dumps(said | {"ids": [os.getuid(), os.getgid()], "writes": list(filter(writes, folders)),
    "token": os.path.exists("/var/run/secrets/kubernetes.io")}))
"""


@pytest.fixture
def site(tmp_path: Path, store: Store, crawl: str) -> PodSite:
    return PodSite(tmp_path / tmp_path.name, store, crawl)


def until(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(1)
    return value


def manifest(name: str) -> str:
    text = (cluster.MANIFESTS / name).read_text(encoding="utf-8")
    return text.replace(": realsyn\n", f": {cluster.NAMESPACE}\n")


def control(site: PodSite, action: str, *words: str, **given: str) -> Any:
    """Have the operator of a site's Airflow describe, create or stop a command's pod; give it."""
    environment = {**site.environment(), "PYTHONPATH": f"{PROJECT}:{PROJECT}/plugins", **given}
    command = [CONTROL_PYTHON, "-c", CONTROL, action, *words]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def opened(site: PodSite) -> str:
    """Open an extract of the crawl; give its URI."""
    place = {"AWS_ENDPOINT_URL": site.store.endpoint, "REALSYN_S3_ADDRESSING": "path"}
    variables = {**os.environ, **site.store.credentials, **place, "AWS_REGION": "us-east-1"}
    words = ["open-extract", "--root", site.store.uri(site.root), "--crawl", site.crawl]
    done = subprocess.run(
        [DATA_PYTHON, "-m", "tests.tiny_data_plane", *words],
        cwd=PROJECT,
        env={**variables, "REALSYN_JSON": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout.splitlines()[-1])["build"])


def run_pod(site: PodSite, pod: dict[str, Any]) -> tuple[str, str]:
    """Run a pod with Airflow's own rights to its end; give its phase and its log."""
    name, inside = pod["metadata"]["name"], ("--namespace", cluster.NAMESPACE)
    as_airflow = ("--kubeconfig", str(site.kubeconfig), "create", "-f", "-")
    cluster.kubectl(*as_airflow, stdin=json.dumps(pod))
    words = ("get", "pod", name, *inside, "--output", "jsonpath={.status.phase}")

    def phase() -> str:
        said = cluster.kubectl(*words)
        return said if said in ("Succeeded", "Failed") else ""

    ended = str(until(phase, f"{name} does not end"))
    log = cluster.kubectl("logs", name, *inside)
    cluster.kubectl("delete", "pod", name, *inside, "--wait=false")
    return ended, log


@pytest.mark.parametrize("name", sorted(path.name for path in cluster.MANIFESTS.glob("*.yaml")))
def test_the_api_server_takes_each_manifest(name: str, store: Store) -> None:
    text = manifest(name)
    dry = ("apply", "--dry-run=server", "--validate=true", "-f", "-")
    if "{cidr: STORAGE}" in text:
        with pytest.raises(RuntimeError, match="STORAGE"):
            cluster.kubectl(*dry, stdin=text)
    said = cluster.kubectl(*dry, stdin=text.replace("{cidr: STORAGE}", "{cidr: 10.20.0.0/16}"))
    assert said.count("(server dry run)") == text.count("\nkind: "), said


def test_a_pod_may_write_nothing_but_its_own_folders_and_has_no_rights(site: PodSite) -> None:
    pod = control(site, "manifest", "run", "parse", "--build", opened(site), "--batch", "0")
    pod["spec"]["containers"][0] |= {"command": ["python", "-c", PROBE], "args": []}
    phase, log = run_pod(site, pod)
    assert phase == "Succeeded", log
    assert json.loads(log.splitlines()[-1]) == {
        "CapEff": 0,
        "CapPrm": 0,
        "NoNewPrivs": 1,
        "Seccomp": 2,
        "ids": [10001, 10001],
        "writes": ["/tmp", "/dev/shm", "/models"],
        "token": False,
    }


def test_a_pod_so_confined_does_its_batch(site: PodSite) -> None:
    run = opened(site)
    phase, log = run_pod(
        site, control(site, "manifest", "run", "parse", "--build", run, "--batch", "0")
    )
    assert phase == "Succeeded", log
    assert site.commits() >= 1


def with_secret(site: PodSite) -> str:
    """Make a pod that Airflow's connection to AWS has keys for, and their Secret; give its name."""
    cluster.kubectl("apply", "-f", "-", stdin=manifest("connection-keys.yaml"))
    connection = {"conn_type": "aws", "login": "AKIATEST", "password": "hush"}
    given = {
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
        "REALSYN_AWS_CONN": "aws_default",
        "REALSYN_POD_SECRET": "",
        "REALSYN_PODS": json.dumps({"env": {HOLD: "parse"}}),
    }
    words = ("run", "parse", "--build", "s3://nowhere/extracts/x", "--batch", "0")
    return str(control(site, "create", *words, **given)["metadata"]["name"])


def test_a_pod_starts_with_its_secret(site: PodSite) -> None:
    name = with_secret(site)
    words = ("get", "pod", name, "--namespace", cluster.NAMESPACE, "--output")
    phase = "jsonpath={.status.phase}"
    until(lambda: cluster.kubectl(*words, phase) == "Running", "it does not get its Secret")
    cluster.delete({"metadata": {"name": name}})


def test_the_secret_of_a_pod_goes_with_it(site: PodSite) -> None:
    name = with_secret(site)
    inside = (name, "--namespace", cluster.NAMESPACE, "--ignore-not-found", "--output", "json")
    secret = json.loads(cluster.kubectl("get", "secret", *inside))
    assert secret["metadata"]["ownerReferences"][0]["name"] == name and secret["immutable"]
    assert not cluster.may(site.kubeconfig, "get", "secrets", "--namespace", cluster.NAMESPACE)
    cluster.delete({"metadata": {"name": name}})
    until(lambda: not cluster.kubectl("get", "secret", *inside), "the Secret outlives its pod")


def test_a_pod_is_deleted_by_the_trigger_of_its_stopped_task(site: PodSite) -> None:
    words = ("run", "parse", "--build", "s3://nowhere/extracts/x", "--batch", "0")
    place = ("--namespace", cluster.NAMESPACE, "--ignore-not-found", "--output", "name")
    kept, stopped = (control(site, action, *words)["metadata"] for action in ("create", "stop"))
    until(lambda: not cluster.kubectl("get", "pod", stopped["name"], *place), "it is not deleted")
    assert stopped["uid"], "it was there"
    assert cluster.kubectl("get", "pod", kept["name"], *place)
    cluster.delete({"metadata": kept}, grace=0)


def test_stopping_a_build_deletes_the_pods_beneath_it(
    tmp_path: Path, store: Store, crawl: str
) -> None:
    site = PodSite(tmp_path / tmp_path.name, store, crawl, variables={HOLD: "parse"})
    build = site.start()

    def runs(dag: str) -> Any:
        return ask(site.home, f"dags/{dag}/dagRuns")["dag_runs"]

    def is_put_aside() -> bool:
        assert build.poll() is None, build.communicate()[0]
        if not cluster.pods("realsyn/stage=parse"):
            return False
        path = f"dags/realsyn_extract/dagRuns/{quote(runs('realsyn_extract')[0]['dag_run_id'])}"
        tasks = ask(site.home, f"{path}/taskInstances?limit=100")["task_instances"]
        states = {task["task_id"]: task["state"] for task in tasks}
        return states.get("stages.parse") == "deferred"

    try:
        until(is_put_aside, "no pod of parse is waited for")
        [run] = runs("realsyn_build")
        ask(
            site.home,
            f"dags/realsyn_build/dagRuns/{quote(run['dag_run_id'])}",
            {"state": "failed"},
            "PATCH",
        )
        until(lambda: not cluster.pods(), "pods outlive the build that was stopped")
        assert runs("realsyn_extract")[0]["state"] == "failed"
        code, said = finish(build)
        assert code != 0, said
    finally:
        site.stop()
