"""Gates that ask a person, approvals, and answers that come before Airflow expects them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.sdk.exceptions import TaskAwaitingInput, TaskDeferred
from airflow.triggers.base import TriggerEvent

from realsyn_airflow import failures, gates
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.gates import ASKED, OVERRIDE, ApprovalStep, GateOperator, LateAnswer, question

REASON = "the trial crawl has too few documents to tell"
FAILED = {
    "passed": False,
    "uri": "file:///r/builds/b/_gates/retrieve/index.html",
    "digest": "d1",
    "checks": [{"about": "relevance", "expected": "at least 0.5", "saw": "0.2"}],
    "final": [],
    "settings": [
        {"stage": "keep", "setting": "target_precision", "value": 0.8, "why": "it is named here"}
    ],
}
ANN = {"id": "7", "name": "ann"}


class Store(dict[str, Any]):
    """The store of a task, which survives its tries."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value


class Ti:
    dag_id, run_id, task_id, map_index = "realsyn_retrieve", "manual__1", "gate", -1

    def __init__(self, identity: str = "ti-1", max_tries: int = 3) -> None:
        self.id, self.max_tries = identity, max_tries
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, task_ids: str, key: str) -> Any:
        return self.pushed.get(f"{task_ids}.{key}")


class Plane:
    """A data plane whose gate fails until it is overridden for a reason that is long enough."""

    def __init__(self, *results: dict[str, Any]) -> None:
        self.results = list(results) or [FAILED]
        self.overridden = ""
        self.asked: list[list[str]] = []

    def call(self, words: list[str], context: Any) -> dict[str, Any]:
        self.asked.append(list(words))
        result = self.results[0] if len(self.results) == 1 else self.results.pop(0)
        if words[0] == "gate":
            if self.overridden != result["digest"]:
                raise failures.GateFailure("retrieve gate failed. See the page", result)
            return {**result, "passed": True}
        said = dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)
        if len(said["reason"]) < 10:
            raise failures.ConfigFailure("give a reason of 10 to 1000 characters")
        self.overridden = said["result"]
        return {}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collect the questions that are put to people."""
    seen: list[dict[str, Any]] = []
    keep = lambda **question: seen.append(question)  # noqa: E731
    monkeypatch.setattr("realsyn_airflow.gates.upsert_hitl_detail", keep)
    monkeypatch.setattr("airflow.providers.standard.operators.hitl.upsert_hitl_detail", keep)
    return seen


def context(ask: str = "ask", store: Store | None = None, ti: Ti | None = None) -> Any:
    ti = ti or Ti()
    store = Store() if store is None else store
    params = {"on_gate_failure": ask, "approval": True}
    return {"params": params, "ti": ti, "task_instance": ti, "task_state_store": store}


def gate_on(plane: Plane, **more: Any) -> GateOperator:
    made = GateOperator(task_id="gate", group="retrieve", build="file:///r/builds/b", **more)
    made._data_plane = plane
    return made


def answer(choice: str, reason: str = "") -> dict[str, Any]:
    return {
        "chosen_options": [choice],
        "params_input": {"reason": reason},
        "responded_by_user": ANN,
        "responded_at": None,
    }


def put_aside(gate: GateOperator, about: Any) -> dict[str, Any]:
    with pytest.raises(TaskAwaitingInput) as raised:
        gate.execute(about)
    assert (raised.value.method_name, raised.value.timeout) == ("answered", gates.LOOKS[0])
    assert raised.value.kwargs
    return raised.value.kwargs


def test_a_failed_gate_fails_at_once_where_nobody_is_to_be_asked(asked: list[Any]) -> None:
    about = context("fail")
    with pytest.raises(failures.GateFailure):
        gate_on(Plane()).execute(about)
    assert about["ti"].pushed == {"gate": FAILED}
    assert asked == []


def test_a_failed_gate_asks_what_was_expected_and_seen_and_which_setting_decides(
    asked: list[Any],
) -> None:
    told: list[Any] = []
    about = context()
    put_aside(gate_on(Plane(), notifiers=[told.append]), about)
    [question] = asked
    assert question["options"] == [OVERRIDE, "Fail"]
    assert question["ti_id"] == "ti-1"
    assert "reason" in question["params"]
    for words in ("at least 0.5", "0.2", "keep.target_precision = 0.8", "/realsyn/pages/"):
        assert words in question["body"]
    assert told[0]["ti"] is about["ti"], "and whoever is to be notified is, with what failed"
    assert told[0]["exception"].result == FAILED
    assert about["ti"].pushed == {"gate": FAILED}, "its page can be opened meanwhile"


def test_an_override_goes_on_in_the_same_run_with_name_and_reason(asked: list[Any]) -> None:
    plane = Plane()
    gate, about = gate_on(plane), context()
    handed_on = put_aside(gate, about)
    verdict = gate.answered(about, answer(OVERRIDE, REASON), **handed_on)
    assert verdict["passed"]
    seen = [f"--reason={REASON}", "--by=ann", "--result=d1", "--really"]
    assert plane.asked[1] == ["override", "retrieve", "--build", "file:///r/builds/b", *seen]


def test_who_lets_it_fail_is_named(asked: list[Any]) -> None:
    gate, about = gate_on(Plane()), context()
    handed_on = put_aside(gate, about)
    with pytest.raises(failures.GateFailure, match="ann let it fail") as raised:
        gate.answered(about, answer("Fail"), **handed_on)
    assert raised.value.result == FAILED


def test_a_run_that_nobody_watches_ends(asked: list[Any]) -> None:
    gate, about = gate_on(Plane()), context()
    handed_on = put_aside(gate, about) | {"waited": gates.ANSWER_TIMEOUT.total_seconds()}
    with pytest.raises(failures.GateFailure, match="Nobody answered in 3 days"):
        gate.answered(about, LATE, **handed_on)


LATE = {"error": "too late", "error_type": "timeout"}


@pytest.mark.parametrize("kind", ["gate", "approval"])
def test_an_answer_that_woke_nobody_is_looked_for_until_the_time_is_over(
    asked: list[Any], kind: str
) -> None:
    task: Any = gate_on(Plane()) if kind == "gate" else approval()
    about, waits = context(), []
    try:
        task.execute(about)
    except TaskAwaitingInput as first:
        parked = first
    with suppress(failures.GateFailure, HITLTimeoutError):
        while len(waits) < 10:
            waits.append(parked.timeout)
            with pytest.raises(TaskAwaitingInput) as raised:
                getattr(task, parked.method_name)(about, event=LATE, **parked.kwargs)
            parked = raised.value
    whole = gates.ANSWER_TIMEOUT if kind == "gate" else timedelta(days=7)
    assert len(waits) == len(gates.LOOKS) + 1
    assert waits[0] <= timedelta(minutes=1) and sum(waits, timedelta()) == whole
    assert len(asked) == 1, "asking again would delete the answer"


def test_without_a_reason_it_is_asked_again_and_says_why(asked: list[Any]) -> None:
    gate, about = gate_on(Plane()), context()
    handed_on = put_aside(gate, about)
    with pytest.raises(TaskAwaitingInput):
        gate.answered(about, answer(OVERRIDE, ""), **handed_on)
    assert "10 to 1000 characters" in asked[1]["body"]


def test_an_override_is_of_the_result_that_was_shown(asked: list[Any]) -> None:
    other = {**FAILED, "digest": "d2", "checks": [{**FAILED["checks"][0], "saw": "0.1"}]}  # type: ignore[index]
    gate, about = gate_on(Plane(FAILED, other)), context()
    handed_on = put_aside(gate, about)
    with pytest.raises(TaskAwaitingInput) as raised:
        gate.answered(about, answer(OVERRIDE, REASON), **handed_on)
    assert "0.1" in asked[1]["body"]
    assert raised.value.kwargs and raised.value.kwargs["result"] == other


def test_what_nobody_may_override_is_not_asked(asked: list[Any]) -> None:
    final = {**FAILED, "final": ["it was never looked at"]}
    with pytest.raises(failures.GateFailure):
        gate_on(Plane(final)).execute(context())
    assert asked == []


def test_nothing_that_was_seen_leaves_its_fence() -> None:
    hostile = "x\n```\n![](http://evil.example/x.png) <script>"
    body = question({**FAILED, "checks": [{"about": "a", "expected": "b", "saw": hostile}]}, "p")
    fenced = [part for number, part in enumerate(body.split("```")) if number % 2]
    assert any("evil.example" in part for part in fenced)
    assert "evil.example" not in "".join(body.split("```")[::2])


@pytest.mark.parametrize("kind", ["gate", "approval"])
def test_an_answer_at_once_is_looked_for_and_not_asked_for_again(
    asked: list[Any], kind: str
) -> None:
    store = Store()
    task: Any = gate_on(Plane()) if kind == "gate" else approval()
    with pytest.raises(TaskAwaitingInput):
        task.execute(context(store=store))
    with pytest.raises(TaskDeferred) as raised:  # taken for killed, and tried again
        task.execute(context(store=store, ti=Ti("ti-2")))
    assert len(asked) == 1, "asking again would delete the answer"
    late = raised.value
    assert isinstance(late.trigger, LateAnswer)
    assert late.trigger.ti_id == "ti-2", "the question moves with the task's id"
    assert late.method_name == ("answered" if kind == "gate" else "execute_complete")


def test_a_task_that_was_cleared_asks_anew(asked: list[Any]) -> None:
    store = Store()
    for tries in (3, 4):
        with pytest.raises(TaskAwaitingInput):
            approval().execute(context(store=store, ti=Ti("ti-1", tries)))
    assert len(asked) == 2
    assert store[ASKED].startswith("4 ")


def approval() -> ApprovalStep:
    return ApprovalStep(
        task_id="approval",
        subject="Promote?",
        fail_on_reject=True,
        response_timeout=timedelta(days=7),
    )


def test_approval_passes_at_once_unless_it_is_wanted(asked: list[Any]) -> None:
    assert approval().execute({"params": {"approval": False}}) is None
    assert asked == []
    with pytest.raises(TaskAwaitingInput):
        approval().execute(context())
    assert asked[0]["options"] == ["Approve", "Reject"]


def test_who_approves_reads_what_the_gate_said_and_none_of_it_is_a_link(asked: list[Any]) -> None:
    ti = Ti()
    said = "retrieve gate failed. Overridden by ada: the [bound](javascript:x) is wrong"
    ti.pushed["gate.return_value"] = {"summary": said}
    with pytest.raises(TaskAwaitingInput):
        approval().execute(context(ti=ti))
    words = asked[0]["body"]
    assert f"```text\n{said}\n```" in words
    assert "(/realsyn/pages/realsyn_retrieve/manual__1/gate)" in words


def test_the_late_answer_waits_for_the_end_of_the_process_that_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def there(self: Any) -> TriggerEvent:
        return TriggerEvent({"chosen_options": ["Approve"]})

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(LateAnswer, "_handle_response", there)
    path, kept = late().serialize()
    assert path == "realsyn_airflow.gates.LateAnswer"

    async def fired() -> list[Any]:
        return [event.payload async for event in LateAnswer(**kept).run()]

    assert asyncio.run(fired()) == [{"chosen_options": ["Approve"]}]
    assert slept == [gates.PAUSE]


def late() -> LateAnswer:
    return LateAnswer(ti_id="1", options=["Approve"], params={}, timeout_datetime=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [HITLRejectException("no"), HITLTimeoutError("late")])
def test_who_said_no_is_not_asked_again(error: Exception) -> None:
    assert failures.RETRY_POLICY.evaluate(error, 1, 3).action.value == "fail"


def test_a_box_hands_on_whether_a_person_is_asked() -> None:
    assert RunGroupOperator(task_id="sample", group="sample").passing == (
        "approval",
        "on_gate_failure",
    )


def test_a_gate_without_a_run_says_so() -> None:
    gate = GateOperator(task_id="gate", group="extract", build="None")
    with pytest.raises(failures.ConfigFailure, match="no run was opened"):
        gate.execute(context())
