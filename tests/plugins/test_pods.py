"""Pods without a cluster: what they are made of, how they ended, and what is done about it."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace as Some
from typing import Any

import pytest
import yaml
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from realsyn_airflow import failures, pod_spec, pods, settings, verdicts
from realsyn_airflow.pod_spec import PodSpec
from realsyn_airflow.triggers import PodTrigger
from realsyn_tasks.core.declaration import CPU, GPU, GPU_LLM
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.stages import PIPELINE

BUILD = "s3://bucket/root/builds/demo-1"
RUN = ["run", "generate_texts", "--build", BUILD, "--batch", "7"]
CLASSES = {stage.needs.name: stage.name for stage in PIPELINE.stages}


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POD_IMAGE", "POD_NAMESPACE", "POD_SECRET", "PODS", "RESOURCES"):
        monkeypatch.delenv(f"REALSYN_{name}", raising=False)
    monkeypatch.setenv("REALSYN_PROFILE", "production")


def command(class_name: str) -> list[str]:
    return ["run", CLASSES[class_name], "--build", BUILD, "--batch", "7"]


def as_sent(words: list[str], steps: int = 0) -> dict[str, Any]:
    """The pod that KubernetesPodOperator would ask the cluster for."""
    from kubernetes.client import ApiClient

    made = pods.operator(PodSpec.of(words, steps), "task", deferrable=True)
    pod = made.build_pod_request_obj(None, dry_run=True)
    return dict(ApiClient().sanitize_for_serialization(pod))


# --- what a pod is made of ---


@pytest.mark.parametrize("needs", [CPU, GPU, GPU_LLM])
def test_a_pod_asks_for_what_its_stage_declares(needs: Any) -> None:
    pod = as_sent(command(needs.name))
    resources = pod["spec"]["containers"][0]["resources"]
    expected = {"cpu": f"{needs.cpu:g}", "memory": f"{int(needs.memory_gb * 1024)}Mi"}
    if needs.gpu:
        expected["nvidia.com/gpu"] = str(needs.gpu)
    assert resources == {"requests": expected, "limits": expected}
    assert pod["metadata"]["labels"]["realsyn/class"] == needs.name


@pytest.mark.parametrize("stage", [stage.name for stage in PIPELINE.stages])
def test_the_network_policy_lets_out_who_asks_the_web(stage: str) -> None:
    labels = pod_spec.labels_of(["run", stage, "--build", BUILD, "--batch", "7"])
    assert (labels.get("realsyn/web") == "yes") == (stage == "fetch")


@pytest.mark.parametrize("name", CLASSES)
def test_a_pod_may_do_little_and_ends_in_time(name: str) -> None:
    body = as_sent(command(name))["spec"]
    [container] = body["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert body["securityContext"]["runAsNonRoot"] is True
    assert body["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert body["automountServiceAccountToken"] is False
    assert body["serviceAccountName"] == "realsyn-tasks"
    assert body["restartPolicy"] == "Never"
    assert body["terminationGracePeriodSeconds"] == 30
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"tmp": "/tmp", "shm": "/dev/shm", "models": "/models"}
    volumes = {volume["name"]: volume["emptyDir"] for volume in body["volumes"]}
    assert volumes["shm"]["medium"] == "Memory"


def test_gpu_pods_go_to_gpu_nodes_unless_the_deployment_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = as_sent(command("gpu"))["spec"]
    assert body["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert [toleration["key"] for toleration in body["tolerations"]] == ["nvidia.com/gpu"]
    monkeypatch.setenv("REALSYN_RESOURCES", '{"gpu": {"gpu": 0, "memory_gb": 4}}')
    body = as_sent(command("gpu"))["spec"]
    assert not body.get("nodeSelector")
    assert not body.get("tolerations")
    assert body["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "4096Mi"}


def test_labels_tell_the_story() -> None:
    assert pod_spec.labels_of(RUN) == {
        "realsyn/command": "run",
        "realsyn/stage": "generate_texts",
        "realsyn/batch": "00007",
        "realsyn/build": "demo-1",
    }
    extract = ["gate", "extract", "--build", "s3://b/extracts/a crawl (2)/"]
    assert pod_spec.labels_of(extract) == {
        "realsyn/command": "gate",
        "realsyn/extract": "a-crawl-2",
    }
    assert pod_spec.labels_of(["discover", "--root", "s3://b"]) == {"realsyn/command": "discover"}
    assert len(pod_spec.safe("x" * 62 + "-y")) == 62


def test_a_pod_of_an_evaluation_knows_its_run_and_where_sets_lie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REALSYN_EVALUATION_SETS", "s3://bucket/sets")
    run = "s3://bucket/root/evaluations/heads-1"
    pods = {
        stage.name: as_sent(["run", stage.name, "--build", run, "--batch", "0"])
        for stage in PIPELINE.group("evaluate").stages
    }
    for pod in pods.values():
        assert pod["metadata"]["labels"]["realsyn/evaluation"] == "heads-1"
        sets = {"name": "REALSYN_EVALUATION_SETS", "value": "s3://bucket/sets"}
        assert sets in pod["spec"]["containers"][0]["env"]
    on_gpus = {name for name, pod in pods.items() if pod["spec"].get("nodeSelector")}
    assert on_gpus == {"embed_lessons", "embed_questions", "train_clip", "ask_clip"}


def test_credentials_come_from_a_secret_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("REALSYN_POD_SECRET", "bucket-keys")
    pod = as_sent(RUN)
    [container] = pod["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "bucket-keys"}}]
    assert container["args"] == RUN
    assert "hush" not in json.dumps(pod)


def test_a_deployment_has_its_own_image_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_POD_IMAGE", "registry/tasks:7")
    monkeypatch.setenv("REALSYN_PREFIXES", "s3://crawls,s3://legal")
    monkeypatch.setenv("REALSYN_ROOT", "s3://runs")
    own = {"host_network": True, "env": {"AWS_REGION": "eu-west-1"}, "model_claim": "models"}
    monkeypatch.setenv("REALSYN_PODS", json.dumps(own))
    body = as_sent(RUN)["spec"]
    [container] = body["containers"]
    assert container["image"] == "registry/tasks:7"
    assert body["hostNetwork"] is True
    assert {"name": "AWS_REGION", "value": "eu-west-1"} in container["env"]
    reached = "s3://crawls,s3://legal,s3://runs"
    assert {"name": "REALSYN_PREFIXES", "value": reached} in container["env"]
    claims = [volume.get("persistentVolumeClaim") for volume in body["volumes"]]
    assert {"claimName": "models"} in claims
    assert len(claims) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ('{"host_netwrk": true}', "host_netwrk: did you mean host_network"),
        ('{"max_memory_gb": "lots"}', "max_memory_gb is 'lots'"),
    ],
)
def test_settings_with_a_wrong_word_are_refused(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_PODS", text)
    with pytest.raises(ConfigError, match=f"REALSYN_PODS.*{said}"):
        settings.pods()
    with pytest.raises(failures.ConfigFailure, match=said):
        PodSpec.of(RUN)


@pytest.mark.parametrize("text", ['{"gpus": {"gpu": 0}}', '{"gpu": {"gpus": 0}}'])
def test_resource_classes_with_a_wrong_word_are_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_RESOURCES", text)
    with pytest.raises(ConfigError, match=r"REALSYN_RESOURCES.*gpus: did you mean gpu"):
        settings.resources()


def test_a_profile_that_lacks_a_field_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_POD_IMAGE", "")
    with pytest.raises(failures.ConfigFailure, match="lacks image"):
        PodSpec.of(RUN)


def test_the_manifests_give_airflow_pods_and_their_logs_only() -> None:
    folder = settings.PROJECT / "include" / "kubernetes"
    found = list(yaml.safe_load_all((folder / "pod-launcher.yaml").read_text()))
    [role] = [item for item in found if item["kind"] == "Role"]
    allowed = {(tuple(rule["resources"]), tuple(rule["verbs"])) for rule in role["rules"]}
    assert allowed == {
        (("pods",), ("create", "get", "list", "patch", "delete")),
        (("pods/log",), ("get",)),
    }


# --- how a pod ended ---


def ended(exit_code: int, message: str = "", reason: str = "Error", **status: Any) -> Any:
    """A pod whose container has ended."""
    state = Some(terminated=Some(exit_code=exit_code, message=message, reason=reason), waiting=None)
    return seen([Some(name="base", state=state)], **status)


def seen(statuses: list[Any], deleted: bool = False, **status: Any) -> Any:
    values = {"phase": "Failed", "reason": None, "message": None, "conditions": None} | status
    limits = Some(limits={"memory": "64Mi"})
    return Some(
        metadata=Some(name="p-1", namespace="n", deletion_timestamp="now" if deleted else None),
        spec=Some(containers=[Some(resources=limits)]),
        status=Some(container_statuses=statuses, **values),
    )


def left(**words: str) -> str:
    return json.dumps(words)


def nowhere(digest: str) -> None:
    return None


def failure(pod: Any) -> failures.DataPlaneFailure:
    with pytest.raises(failures.DataPlaneFailure) as raised:
        verdicts.outcome(RUN, pod, nowhere)
    return raised.value


def decision(found: Exception) -> Any:
    return failures.RETRY_POLICY.evaluate(found, 1, 10)


def test_the_result_is_in_the_last_words() -> None:
    pod = ended(0, left(result='{"committed": 4}'), "Completed")
    assert verdicts.outcome(RUN, pod, nowhere) == {"committed": 4}


def test_a_long_result_is_the_line_of_the_log_with_its_digest() -> None:
    line = json.dumps({"parse": list(range(3000))})
    log = f"chatter\n{line}\nmore chatter\n"
    digest = hashlib.sha256(line.encode()).hexdigest()
    pod = ended(0, left(digest=digest), "Completed")
    found = verdicts.outcome(RUN, pod, lambda wanted: verdicts.line_of(log, wanted))
    assert found == json.loads(line)
    spoilt = log.replace("[0", "[9")
    with pytest.raises(failures.LostFailure, match="lost with its log"):
        verdicts.outcome(RUN, pod, lambda wanted: verdicts.line_of(spoilt, wanted))


@pytest.mark.parametrize(
    ("pod", "kind", "words"),
    [
        (ended(78, left(error="no such profile")), failures.ConfigFailure, "no such profile"),
        (ended(65, left(error="torn file")), failures.PermanentFailure, "torn file"),
        (ended(75, left(error="slow down")), failures.TransientFailure, "slow down"),
        (ended(1, "Traceback\nKeyError: 1"), failures.TransientFailure, "KeyError: 1"),
        (ended(139), failures.TransientFailure, "it said nothing"),
        (ended(137), failures.TransientFailure, "exit code 137"),
        (ended(71, left(error="out of memory")), failures.MemoryFailure, "out of memory"),
        (ended(70, left(error="KeyError")), failures.BugFailure, "KeyError"),
        (ended(137, deleted=True), failures.LostFailure, "from outside"),
        (ended(143, left(error="SIGTERM")), failures.LostFailure, "SIGTERM"),
        (ended(137, reason="OOMKilled"), failures.MemoryFailure, "limit 64Mi"),
        (ended(137, reason="ContainerStatusUnknown"), failures.LostFailure, "outside"),
        (ended(128, "no python", "StartError"), failures.ConfigFailure, "no python"),
        (seen([], reason="Evicted", message="low on disk"), failures.LostFailure, "low on disk"),
        (seen([], reason="NodeLost"), failures.LostFailure, "NodeLost"),
        (None, failures.LostFailure, "it is gone"),
    ],
)
def test_causes_become_failures_of_their_class(pod: Any, kind: type, words: str) -> None:
    found = failure(pod)
    assert type(found) is kind
    assert words in str(found)
    assert "python -m realsyn_tasks run generate_texts" in str(found)


@pytest.mark.parametrize(
    ("kind", "action", "at_once"),
    [
        (failures.LostFailure, RetryAction.RETRY, True),
        (failures.MemoryFailure, RetryAction.RETRY, True),
        (failures.TransientFailure, RetryAction.RETRY, False),
        (failures.ConfigFailure, RetryAction.FAIL, False),
        (failures.PermanentFailure, RetryAction.FAIL, False),
    ],
)
def test_the_retry_policy_goes_by_cause(kind: type, action: RetryAction, at_once: bool) -> None:
    found = decision(kind("why"))
    assert found.action is action
    assert (found.retry_delay == failures.AT_ONCE) is at_once


def test_a_failed_gates_result_survives_the_pod() -> None:
    verdict = '{"passed": false, "uri": "page"}'
    found = failure(ended(66, left(error="rows: 0", result=verdict)))
    assert type(found) is failures.GateFailure
    assert found.result == {"passed": False, "uri": "page"}


class Refused(Exception):
    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(body)
        self.status, self.body = status, body


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Refused(403, "cannot create pods"), failures.ConfigFailure),
        (Refused(422, "invalid"), failures.ConfigFailure),
        (Refused(403, "exceeded quota: gpus"), failures.TransientFailure),
        (Refused(500, "etcd"), failures.TransientFailure),
        (OSError("connection refused"), failures.TransientFailure),
        (AirflowException("unable to start: ErrImageNeverPull"), failures.ConfigFailure),
    ],
)
def test_what_kubernetes_refuses_for_good_is_not_asked_again(trouble: Any, kind: type) -> None:
    assert type(verdicts.refusal(RUN, None, trouble)) is kind


def test_a_pod_that_cannot_be_placed_says_what_it_waits_for() -> None:
    unmet = Some(status="False", reason="Unschedulable", message="Insufficient nvidia.com/gpu")
    pod = seen([], phase="Pending", conditions=[unmet])
    found = verdicts.refusal(RUN, pod, AirflowException("took too long"))
    assert type(found) is failures.TransientFailure
    assert "Insufficient nvidia.com/gpu" in str(found)


# --- what the task does with it ---


def context() -> dict[str, Any]:
    state: dict[str, Any] = {}
    store = Some(get=state.get, set=state.__setitem__, state=state)
    return {"ti": Some(task_id="generate_texts"), "task": None, "task_state_store": store}


class Fake:
    """As much of KubernetesPodOperator as pods.Pod uses."""

    def __init__(self, do: Any) -> None:
        self.pod = self.remote_pod = None
        self.execution_timeout = None
        self.killed = False
        self._do = do

    def execute_sync(self, context: Any) -> None:
        self._do(self)

    execute_async = execute_sync

    def trigger_reentry(self, context: Any, event: Any) -> None:
        self._do(self)

    def on_kill(self) -> None:
        self.killed = True


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(do: Any) -> list[PodSpec]:
        specs: list[PodSpec] = []

        def make(spec: PodSpec, task_id: str, deferrable: bool) -> Fake:
            specs.append(spec)
            return Fake(do)

        monkeypatch.setattr(pods, "operator", make)
        return specs

    return install


def ends_with(pod: Any, error: Exception | None = None) -> Any:
    def do(operator: Fake) -> None:
        operator.pod = pod
        if error:
            raise error

    return do


def test_the_pods_end_counts_whatever_the_operator_says(fake: Any) -> None:
    done = ended(0, left(result='{"ok": 1}'), "Completed")
    fake(ends_with(done, AirflowException("lost the thread")))
    assert pods.Pod().call(RUN, context()) == {"ok": 1}


def test_a_deleted_pod_is_done_again_at_once(fake: Any) -> None:
    running = seen([], phase="Running")
    gone = AirflowException("Pod p-1 returned a failure")
    gone.__context__ = Refused(404)
    fake(ends_with(running, gone))
    with pytest.raises(failures.LostFailure):
        pods.Pod().resume(RUN, context(), {})


def test_each_pod_killed_for_its_memory_is_followed_by_a_larger_one(
    fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_PODS", '{"max_memory_gb": 80}')
    specs = fake(ends_with(ended(137, reason="OOMKilled")))
    surroundings = context()
    for _ in range(2):
        with pytest.raises(failures.MemoryFailure, match="next try gets"):
            pods.Pod().call(RUN, surroundings)
    with pytest.raises(failures.ConfigFailure, match="max_memory_gb"):
        pods.Pod().call(RUN, surroundings)
    assert [spec.resources.memory_gb for spec in specs] == [24, 48, 80]


def test_a_task_is_put_aside_until_a_patient_trigger_fires(fake: Any) -> None:
    from datetime import UTC, datetime

    from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger

    trigger = KubernetesPodTrigger("p-1", "n", datetime.now(UTC), "base", poll_interval=5)

    def defer(operator: Fake) -> None:
        raise TaskDeferred(trigger=trigger, method_name="trigger_reentry")

    fake(defer)
    with pytest.raises(TaskDeferred) as raised:
        pods.Pod().start(RUN, context())
    made = raised.value.trigger
    assert type(made) is PodTrigger
    path, arguments = made.serialize()
    assert path == "realsyn_airflow.triggers.PodTrigger"
    assert arguments == trigger.serialize()[1]


def test_a_long_result_is_read_from_the_log_as_it_was_printed() -> None:
    """Even where the log is JSON as a whole, which the Kubernetes client likes to parse."""
    from kubernetes.client import ApiClient, CoreV1Api

    line = json.dumps({"parse": list(range(2000)), "passed": True})
    answer = Some(data=line.encode() + b"\n", status=200, getheader=lambda *a: "text/plain")
    answer.getheaders = dict
    api = CoreV1Api(ApiClient())
    api.api_client.request = lambda *args, **kwargs: answer
    digest = hashlib.sha256(line.encode()).hexdigest()
    kept = Some()
    pods.KeepLog.on_pod_completion(
        pod=ended(0, left(digest=digest), "Completed"), client=api, operator=kept
    )
    assert verdicts.line_of(kept.kept_log, digest) == line


def test_killing_the_task_deletes_the_pod(fake: Any) -> None:
    pod = pods.Pod()
    made: list[Any] = []
    fake(lambda operator: made.append(operator) or pod.stop())
    with pytest.raises(failures.LostFailure):
        pod.call(RUN, context())
    assert made[0].killed


@pytest.mark.parametrize("error", [None, RuntimeError("cluster away")])
def test_stopping_a_task_that_was_put_aside_deletes_its_pod_or_names_it(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio
    from datetime import UTC, datetime

    deleted, said = [], []

    async def delete_pod(**pod: Any) -> None:
        deleted.append((pod["name"], pod["namespace"]))
        if error:
            raise error

    trigger = PodTrigger("p-1", "n", datetime.now(UTC), "base")
    monkeypatch.setattr(PodTrigger, "hook", Some(delete_pod=delete_pod))
    monkeypatch.setattr(trigger.log, "error", lambda text, *words: said.append(text % words))
    asyncio.run(trigger.on_kill())
    assert deleted == [("p-1", "n")]
    assert bool(said) == bool(error)
    assert not error or "kubectl delete pod p-1 --namespace n" in said[0]
