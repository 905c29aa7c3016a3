"""What came of a pod: its result, or the failure that its state stands for.

Reads plain attributes of the Kubernetes client's objects, and imports nothing of it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from realsyn_airflow.failures import (
    ConfigFailure,
    DataPlaneFailure,
    LostFailure,
    MemoryFailure,
    TransientFailure,
    failure_class,
)
from realsyn_tasks.core.errors import EXIT_TERMINATED
from realsyn_tasks.core.last_words import digest_of

CONTAINER = "base"
KILLED = 137  # SIGKILL: out of memory, or the end of a grace period
UNSTARTABLE = {"ContainerCannotRun", "StartError"}  # the image lacks the command, or the like
NEVER_STARTS = {
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "InvalidImageName",
}
GONE = {"ContainerStatusUnknown", "DeadlineExceeded"}
AMISS = {400, 401, 403, 404, 405, 413, 422}  # what the API says to a request that stays wrong
QUOTA = "exceeded quota"  # said with 403, but passes


def outcome(words: Sequence[str], pod: Any, find: Callable[[str], str | None]) -> dict[str, Any]:
    """Give a finished pod's result, or raise the failure of its cause.

    `find` gives the line of the pod's log with a digest, for results too long for the last words.
    """
    ended = terminated(pod)
    if ended is None:
        why = f"it is gone: {_pod_reason(pod) or 'deleted, or lost with its node'}"
        raise LostFailure(_told(words, pod, why))
    said = last_words(ended.message)
    if ended.exit_code:
        raise _failure(words, pod, ended, said, _result(said, find))
    result = _result(said, find)
    if result is None:
        why = "it ended well, but its result is lost with its log; the next try is a short one"
        raise LostFailure(_told(words, pod, why))
    return result


def terminated(pod: Any) -> Any:
    """Give how the container ended; None if it did not, or left no trace."""
    state = _state(pod)
    return state.terminated if state else None


def last_words(message: str | None) -> dict[str, str]:
    """Read what a process left; the tail of its log stands for a process that left nothing."""
    try:
        words = json.loads(message or "{}")
    except ValueError:
        words = None
    return words if isinstance(words, dict) else {"error": (message or "").strip()}


def _result(said: dict[str, str], find: Callable[[str], str | None]) -> dict[str, Any] | None:
    text = said.get("result") or (find(said["digest"]) if "digest" in said else None)
    return json.loads(text) if text else None


def line_of(log: str, digest: str) -> str | None:
    """Find the last line with a digest."""
    return next((line for line in reversed(log.splitlines()) if digest_of(line) == digest), None)


def _failure(
    words: Sequence[str], pod: Any, ended: Any, said: dict[str, str], result: Any
) -> DataPlaneFailure:
    error = said.get("error") or "it said nothing"
    exit_code, reason = ended.exit_code, ended.reason or ""
    evicted = _pod_reason(pod)
    if reason == "OOMKilled":
        return MemoryFailure(_told(words, pod, f"killed at its memory limit {_limit(pod)}"), result)
    if evicted or exit_code == EXIT_TERMINATED or reason in GONE or _deleted(pod, exit_code):
        return LostFailure(_told(words, pod, f"ended from outside: {evicted or reason}: {error}"))
    if reason in UNSTARTABLE:
        return ConfigFailure(_told(words, pod, f"the container cannot start: {error}"))
    return failure_class(exit_code)(_told(words, pod, error, exit_code), result)


def _waits_for(pod: Any) -> str:
    """Say what a pod that has not started waits for, such as a node with a free GPU."""
    state = _state(pod)
    if state and state.waiting:
        return f"{state.waiting.reason}: {state.waiting.message or ''}"
    unmet = [c for c in pod.status.conditions or [] if c.status == "False" and c.message]
    return "; ".join(f"{c.reason}: {c.message}" for c in unmet) or "no reason was given"


def refusal(words: Sequence[str], pod: Any, trouble: Exception) -> DataPlaneFailure:
    """Translate what kept a pod from being run; ConfigFailure if asking again is no use."""
    *_, first = causes(trouble)
    status = getattr(first, "status", None)
    said = str(getattr(first, "body", None) or first).strip()
    waiting = _waits_for(pod) if pod is not None and pod.status.phase == "Pending" else ""
    amiss = status in AMISS and QUOTA not in said
    if amiss or any(reason in f"{said} {waiting}" for reason in NEVER_STARTS):
        hint = "correct the profile's pods section, or the role (include/kubernetes)"
        return ConfigFailure(_told(words, pod, f"no pod: {waiting or said}; {hint}"))
    if waiting:
        return TransientFailure(_told(words, pod, f"it did not start: {waiting}; {said}"))
    return TransientFailure(_told(words, pod, f"{type(first).__name__}: {said}"))


def causes(trouble: BaseException | None) -> Iterator[BaseException]:
    """Give an error, what it came of, and so on."""
    while trouble is not None:
        yield trouble
        trouble = trouble.__cause__ or trouble.__context__


def _state(pod: Any) -> Any:
    statuses = (pod.status.container_statuses if pod is not None and pod.status else None) or []
    return next((status.state for status in statuses if status.name == CONTAINER), None)


def _pod_reason(pod: Any) -> str:
    """Give why Kubernetes ended the pod (Evicted, NodeLost, Preempting, ...), if it did."""
    status = pod.status if pod is not None else None
    return f"{status.reason} {status.message or ''}".strip() if status and status.reason else ""


def _deleted(pod: Any, exit_code: int) -> bool:
    return exit_code == KILLED and pod.metadata.deletion_timestamp is not None


def _limit(pod: Any) -> str:
    resources = pod.spec.containers[0].resources
    return str((resources.limits or {}).get("memory", "")) if resources else ""


def _told(words: Sequence[str], pod: Any, why: str, exit_code: int | None = None) -> str:
    name = f"pod {pod.metadata.name}" if pod is not None else "the pod"
    code = "" if exit_code is None else f"exit code {exit_code} of "
    return f"{why}\n({code}{name}: python -m realsyn_tasks {shlex.join(words)})"
