"""The data plane as pods: each command is one, through KubernetesPodOperator.

Imported when a command runs, never while a DAG is parsed: the Kubernetes client takes seconds.
Batches put their task aside while their pod works; other commands are short and waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from airflow.providers.cncf.kubernetes.callbacks import KubernetesPodOperatorCallback
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.utils.pod_manager import PodNotFoundException
from airflow.sdk.exceptions import TaskDeferred

from realsyn_airflow import aws, pod_secrets, settings
from realsyn_airflow.failures import ConfigFailure, DataPlaneFailure, MemoryFailure
from realsyn_airflow.pod_spec import PodSpec
from realsyn_airflow.triggers import PodTrigger
from realsyn_airflow.verdicts import causes, line_of, outcome, refusal, terminated

log = logging.getLogger(__name__)

MEMORY_STEPS = "memory_steps"  # in the task's state, which outlives its tries
TAIL = 400  # lines of a log in which a long result is looked for
POLL = 5.0  # seconds between looks at a pod
SCHEDULE_TIMEOUT = 6 * 3600  # a queue for GPUs may be long
STARTUP_TIMEOUT = 1200  # images of the GPU variant have gigabytes


class Pod:
    """One command as a pod, which can be stopped from a signal handler."""

    def __init__(self) -> None:
        self._operator: KubernetesPodOperator | None = None

    def call(self, words: Sequence[str], context: Any) -> dict[str, Any]:
        """Run a command in a pod and wait for it."""
        operator = self._prepare(words, context)
        return self._settle(words, context, lambda: operator.execute_sync(context))

    def start(self, words: Sequence[str], context: Any) -> dict[str, Any]:
        """Run a command in a pod and put the task aside; `resume` goes on."""
        operator = self._prepare(words, context, deferrable=True)
        return self._settle(words, context, lambda: operator.execute_async(context))

    def resume(self, words: Sequence[str], context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Take up the task again, and give the result if the pod is done."""
        operator = self._prepare(words, context, deferrable=True)
        return self._settle(words, context, lambda: operator.trigger_reentry(context, event))

    def stop(self) -> None:
        """Delete the pod."""
        if self._operator is not None:
            self._operator.on_kill()

    def _prepare(
        self, words: Sequence[str], context: Any, deferrable: bool = False
    ) -> KubernetesPodOperator:
        spec = PodSpec.of(words, _memory_steps(context))
        self._operator = operator(spec, context["ti"].task_id, deferrable)
        task = context.get("task")
        self._operator.execution_timeout = getattr(task, "execution_timeout", None)
        log.info("pod %s: python -m realsyn_tasks %s", spec.name, " ".join(words))
        return self._operator

    def _settle(
        self, words: Sequence[str], context: Any, work: Callable[[], Any]
    ) -> dict[str, Any]:
        """Do the operator's work; how its pod ended counts, whatever the operator makes of it."""
        made = self._operator
        assert made is not None
        trouble: Exception | None = None
        try:
            work()
        except TaskDeferred as deferred:
            raise _patient(deferred, made) from None
        except Exception as error:
            trouble = error
        if told := [each for each in causes(trouble) if isinstance(each, DataPlaneFailure)]:
            raise told[0]
        pod = _last_seen(made)
        if trouble and terminated(pod) is None and not _is_gone(trouble):
            raise refusal(words, pod, trouble) from trouble
        try:
            return outcome(words, pod, lambda digest: line_of(_logs(made), digest))
        except MemoryFailure as failure:
            raise _with_more_memory(words, context, failure) from None


class FreshOperator(KubernetesPodOperator):
    """Looks at the pod once more before it is deleted: the last state is what tells the cause.

    `aws_config` is what only the pod may read: a Secret of the pod's name, which goes with the pod.
    """

    aws_config = ""
    patient_trigger: type[PodTrigger] = PodTrigger

    def build_pod_request_obj(self, context: Any = None, *, dry_run: bool = False) -> Any:
        """Let the pod read its Secret, if it has one."""
        pod = super().build_pod_request_obj(context, dry_run=dry_run)
        if self.aws_config:
            pod_secrets.mount(pod)
        return pod

    def get_or_create_pod(self, pod_request_obj: Any, context: Any) -> Any:
        """Make the pod, and then the Secret that belongs to it; the pod waits for that."""
        pod = super().get_or_create_pod(pod_request_obj, context)
        if self.aws_config:
            try:
                pod_secrets.leave(self.client, pod, self.aws_config)
            except Exception:
                self.process_pod_deletion(pod, reraise=False)
                raise
        return pod

    def post_complete_action(self, *, pod: Any, remote_pod: Any, **kwargs: Any) -> None:
        """Refresh the state, and go on."""
        with suppress(Exception):  # the pod may be gone, or the cluster away
            remote_pod = self.remote_pod = self.pod_manager.read_pod(pod)
        super().post_complete_action(pod=pod, remote_pod=remote_pod, **kwargs)


class KeepLog(KubernetesPodOperatorCallback):
    """Reads the end of the log while there is a pod."""

    @staticmethod
    def on_pod_completion(*, pod: Any, client: Any, operator: Any, **kwargs: Any) -> None:
        """Keep it with the operator, if the last words refer to it."""
        ended = terminated(pod)
        if pod is not None and (ended is None or '"digest"' in (ended.message or "")):
            place = (pod.metadata.name, pod.metadata.namespace)
            try:
                # As bytes: a log that is all JSON would be parsed, and printed as Python prints it.
                answer = client.read_namespaced_pod_log(
                    *place, tail_lines=TAIL, _preload_content=False
                )
                operator.kept_log = answer.data.decode("utf-8", errors="replace")
            except Exception as error:  # what the log holds is missed later, if it is needed
                log.warning("no log of pod %s: %s", place[0], error)


def _logs(made: KubernetesPodOperator) -> str:
    return str(getattr(made, "kept_log", ""))


def _last_seen(made: KubernetesPodOperator) -> Any:
    """Give the pod in its last known state, from where the operator's two modes leave it."""
    seen = [pod for pod in (made.remote_pod, made.pod) if pod is not None and pod.status]
    ended = [pod for pod in seen if terminated(pod) is not None]
    return next(iter([*ended, *seen]), None)


def _is_gone(trouble: BaseException | None) -> bool:
    """Say whether the trouble is, or came of, a pod that is not there any more."""
    return any(
        getattr(error, "status", None) == 404 or isinstance(error, PodNotFoundException)
        for error in causes(trouble)
    )


def _patient(deferred: TaskDeferred, made: KubernetesPodOperator) -> TaskDeferred:
    arguments = deferred.trigger.serialize()[1]
    return TaskDeferred(
        trigger=getattr(made, "patient_trigger", PodTrigger)(**arguments),
        method_name=deferred.method_name,
        kwargs=deferred.kwargs,
        timeout=deferred.timeout,
    )


def _memory_steps(context: Any) -> int:
    """Count how often pods of this task were killed for their memory."""
    return int(context["task_state_store"].get(MEMORY_STEPS) or 0)


def _with_more_memory(words: Sequence[str], context: Any, failure: MemoryFailure) -> Exception:
    """Let the next try have more memory; ConfigFailure if there is no more to give."""
    steps = _memory_steps(context)
    now, then = (PodSpec.of(words, n).resources.memory_gb for n in (steps, steps + 1))
    if then <= now:
        hint = "raise max_memory_gb in the profile's pods section, or make its shards smaller"
        return ConfigFailure(f"{failure}\nThere is no larger class: {hint}", failure.result)
    context["task_state_store"].set(MEMORY_STEPS, steps + 1)
    return MemoryFailure(f"{failure}\nThe next try gets {then:g} GB.", failure.result)


def operator(spec: PodSpec, task_id: str, deferrable: bool) -> KubernetesPodOperator:
    """Build the operator of a pod, in a cluster of AWS where the profile names one."""
    pods = spec.pods
    settled: dict[str, Any] = {
        "task_id": task_id,
        "kubernetes_conn_id": pods.connection,
        "namespace": pods.namespace,
        "labels": dict(spec.labels),
        "pod_template_dict": spec.manifest(),
        "termination_message_policy": "FallbackToLogsOnError",
        "deferrable": deferrable,
        "poll_interval": pods.poll_seconds or POLL,
        "startup_check_interval_seconds": 2,
        "schedule_timeout_seconds": pods.schedule_timeout or SCHEDULE_TIMEOUT,
        "startup_timeout_seconds": pods.startup_timeout or STARTUP_TIMEOUT,
        "logging_interval": pods.logging_seconds,
        "callbacks": KeepLog,
        "container_name_log_prefix_enabled": False,
        "log_events_on_startup": False,
        "log_pod_spec_on_failure": False,
    }
    made = _in_eks(spec, settled) if pods.eks_cluster else FreshOperator(name=spec.name, **settled)
    made.aws_config = spec.aws.config
    return made


def _in_eks(spec: PodSpec, settled: dict[str, Any]) -> FreshOperator:
    from realsyn_airflow.eks import EksOperator  # loads boto3

    return EksOperator(
        cluster_name=spec.pods.eks_cluster,
        pod_name=spec.name,
        aws_conn_id=settings.aws_connection() or aws.DEFAULT,
        **settled,
    )
