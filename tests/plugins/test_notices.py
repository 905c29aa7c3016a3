"""Notices: which events go where, received by a mail server and a web server on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskAwaitingInput

from realsyn_airflow import notices, settings
from realsyn_airflow.arrivals import QuarantineOperator
from realsyn_airflow.failures import ConfigFailure, GateFailure
from realsyn_airflow.groups import StageGroup
from realsyn_airflow.takedown import TakedownOperator
from realsyn_tasks.core.errors import ConfigError
from tests.plugins.receivers import mail_server, web_server

SECRET = "services/T0/B0/k3y"
BUILD = "s3://ann:pw@bucket/data/builds/demo"
EVENTS = (
    *("crawl_quarantined", "gate_failed", "approval_waiting"),
    *("build_late", "published", "taken_down"),
)


class Ti:
    """As much of a task instance as a notice uses."""

    dag_id, run_id, task_id, map_index = "realsyn_sample", "manual__1+00:00", "gate", -1
    id, max_tries = "1", 3

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed = {key: value}

    def xcom_pull(self, task_ids: str, key: str) -> Any:
        return self.pushed.get(key)


def context(task: Any, **more: Any) -> dict[str, Any]:
    return {"task": task, "ti": Ti(), "params": {"root": "s3://bucket/data"}, **more}


class Receivers:
    """A mail server and two web servers, and the settings that lead to them."""

    def __init__(self, mail: Any, web: Any) -> None:
        self.mails: list[Any] = mail.mails
        self.posted: list[tuple[str, dict[str, Any]]] = web.posted
        self.web = web

    def texts(self) -> list[str]:
        [mail] = self.mails
        body = mail.get_body(("html",)) or next(mail.iter_parts())
        return [
            mail["subject"] + body.get_content(),
            *(json.dumps(said) for _, said in self.posted),
        ]


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receivers]:
    channels = {
        "post": {"by": "mail", "connection": "post", "to": ["ops@lab.example"]},
        "chat": {"by": "slack", "connection": "chat"},
        "hook": {"by": "webhook", "connection": "chat", "endpoint": "hook"},
    }
    events = {event: [*channels] for event in EVENTS}
    said = {"channels": channels, "events": events, "late_hours": 2}
    monkeypatch.setenv("REALSYN_NOTICES", json.dumps(said))
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/")
    with mail_server() as mail, web_server() as web:
        post = {"conn_type": "smtp", "host": "127.0.0.1", "port": mail.server_address[1]}
        plain = {"disable_ssl": True, "disable_tls": True, "from_email": "realsyn@lab.example"}
        monkeypatch.setenv("AIRFLOW_CONN_POST", json.dumps({**post, "extra": plain}))
        chat = {"conn_type": "http", "host": f"http://127.0.0.1:{web.server_address[1]}/{SECRET}"}
        monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps(chat))
        yield Receivers(mail, web)


def tell(event: str, context: Any) -> None:
    [notifier] = notices.callbacks(event)
    notifier(context)


def sample() -> StageGroup:
    return StageGroup("sample", BUILD)


def test_a_failed_gate_is_told_by_all_channels(receivers: Receivers) -> None:
    gate = sample().gate()
    error = GateFailure("no", {"summary": "sample gate failed: expected {{ 7*7 }} <b>pairs</b>"})
    for callback in gate.on_failure_callback:
        callback(context(gate, exception=error))
    [mail] = receivers.mails
    assert mail["subject"] == "[RealSyn] Gate of sample failed: demo"
    assert (mail["to"], mail["from"]) == ("ops@lab.example", "realsyn@lab.example")
    assert [path for path, _ in receivers.posted] == [f"/{SECRET}", f"/{SECRET}/hook"]
    chat, hook = (said for _, said in receivers.posted)
    assert set(chat) == {"text", "unfurl_links", "unfurl_media"}
    assert hook["where"] == {"root": "s3://bucket/data", "run": "s3://bucket/data/builds/demo"}
    run = "https://airflow.example/dags/realsyn_sample/runs/manual__1%2B00%3A00"
    assert hook["links"]["Run"] == run
    gate_page = "realsyn/ui/#/gate?root=s3%3A%2F%2Fbucket%2Fdata&build=builds%2Fdemo&group=sample"
    assert hook["links"]["Gate"] == f"https://airflow.example/{gate_page}"
    for text in receivers.texts():
        assert "{{ 7*7 }}" in text, "no template of ours"
        assert "pw@" not in text


def test_a_gate_that_could_not_judge_says_what_kept_it(receivers: Receivers) -> None:
    gate = sample().gate()
    error = ConfigFailure("no run\n(exit code 78 of: python -m realsyn_tasks gate)")
    tell("gate_failed", context(gate, exception=error))
    _, hook = receivers.posted[-1]
    assert (hook["title"], hook["why"]) == ("Gate of sample could not judge: demo", "no run")


def test_a_gate_of_a_run_that_was_never_opened_is_not_told(receivers: Receivers) -> None:
    gate = StageGroup("extract", "None").gate()
    tell("gate_failed", context(gate, exception=ConfigFailure("no run was opened")))
    assert receivers.posted == receivers.mails == []


def test_who_is_asked_is_told_that_an_approval_waits(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    hitl = "airflow.providers.standard.operators.hitl.upsert_hitl_detail"
    monkeypatch.setattr(hitl, lambda **details: None)
    approval = sample().approval()
    store = SimpleNamespace(get=lambda key: None, set=lambda key, value: None)
    asked = Ti()
    asked.xcom_push("return_value", {"summary": "348 pairs"})
    asking: Any = context(approval, ti=asked, task_instance=asked, task_state_store=store)
    asking["params"]["approval"] = True
    with pytest.raises(TaskAwaitingInput):
        approval.execute(asking)
    _, hook = receivers.posted[-1]
    assert hook["title"] == "Approval waits: Promote the output of sample?"
    assert hook["why"] == "348 pairs" and "7 days" in hook["advice"]
    assert hook["links"]["Answer"].endswith("/tasks/gate/required_actions")
    assert len(receivers.mails) == 1


def test_who_may_override_a_failed_gate_is_told(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_airflow.gates.upsert_hitl_detail", lambda **details: None)
    verdict = {"summary": "no pairs", "digest": "0f", "settings": [], "final": False}
    verdict["checks"] = [{"about": "pairs", "expected": "some", "saw": "none"}]

    def fail(self: Any, words: Any, context: Any = None) -> None:
        raise GateFailure("no pairs", verdict)

    monkeypatch.setattr("realsyn_airflow.seam.LocalProcess.call", fail)
    gate = sample().gate()
    store = SimpleNamespace(get=lambda key: None, set=lambda key, value: None)
    asking: Any = context(gate, task_state_store=store)
    asking["params"]["on_gate_failure"] = "ask"
    with pytest.raises(TaskAwaitingInput):
        gate.execute(asking)
    _, hook = receivers.posted[-1]
    assert hook["title"] == "Gate of sample failed: override it? demo"
    assert hook["why"] == "no pairs" and hook["links"]["Answer"].endswith("/required_actions")


def ended(task: Any, result: dict[str, Any], params: dict[str, Any] | None = None) -> Any:
    task.result = result
    told = context(task)
    told["params"] |= params or {}
    return told


def test_what_is_published_is_told_and_no_other_promotion(receivers: Receivers) -> None:
    promote = sample().promote()
    uri = "s3://bucket/data/datasets/realsyn-400/v-1"
    for callback in promote.on_success_callback:
        callback(ended(promote, {"uri": uri, "pairs": 400}))
    _, hook = receivers.posted[-1]
    assert hook["title"] == "Published: realsyn-400/v-1 with 400 pairs"
    assert hook["links"]["Report"].endswith(
        "/realsyn/pages/realsyn_sample/manual__1%2B00%3A00/gate"
    )
    assert not StageGroup("retrieve", BUILD).promote().on_success_callback


def test_a_takedown_is_told(receivers: Receivers) -> None:
    task = TakedownOperator(task_id="take_down", dry_run=False)
    datasets = [{"dataset": "datasets/realsyn-a/v-1"}]
    result = {"request": "0f", "images": 2, "sentences": 5, "datasets": datasets}
    tell("taken_down", ended(task, result, {"note": "case 7"}))
    _, hook = receivers.posted[-1]
    assert hook["title"] == "Taken down: 2 images and 5 sentences"
    assert hook["why"] == "case 7" and "datasets/realsyn-a/v-1" in hook["advice"]


def test_a_quarantined_crawl_is_told_and_a_good_one_is_not(receivers: Receivers) -> None:
    task = QuarantineOperator(task_id="quarantine", fields={})
    tell("crawl_quarantined", ended(task, {"quarantined": [], "unfinished": []}))
    assert receivers.posted == receivers.mails == []
    note = {"name": "b<i>", "crawl": "s3://in/b", "reason": "cut_off", "why": "1 of 3", "page": ""}
    tell("crawl_quarantined", ended(task, {"quarantined": [note], "unfinished": []}))
    mail, _, hook = receivers.texts()
    assert "b&lt;i&gt;" in mail and "cut off: 1 of 3" in hook


def test_a_late_build_is_told_in_the_triggerer(receivers: Receivers) -> None:
    alert = notices.deadline()
    assert alert is not None and alert.interval.total_seconds() == 7200
    assert alert.callback.path == "realsyn_airflow.notices.tell_of_delay"
    run = {"dag_id": "realsyn_build", "dag_run_id": "manual__1", "state": "running", "conf": {}}
    missed = {"dag_run": run, "deadline": {"id": "1", "deadline_time": "2026-01-01 10:00"}}
    asyncio.run(notices.tell_of_delay(context=missed))
    mail, chat, hook = receivers.texts()
    assert "Build late: manual__1" in mail and "2026-01-01 10:00" in chat
    assert json.loads(hook)["links"]["Run"].endswith("/dags/realsyn_build/runs/manual__1")


def test_a_channel_that_fails_stops_no_other_and_no_run(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusing = {"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"disable_ssl": True}}
    monkeypatch.setenv("AIRFLOW_CONN_POST", json.dumps(refusing))
    receivers.web.status = 500
    with caplog.at_level(logging.WARNING):
        tell("gate_failed", context(sample().gate(), exception=None))
    assert len(receivers.posted) == 2
    said = [record.getMessage() for record in caplog.records]
    assert sum("notice of gate_failed did not go out by" in line for line in said) == 3
    assert not any(SECRET in line for line in said), "the address is the webhook's key"


def test_a_context_without_what_a_notice_needs_fails_nothing(receivers: Receivers) -> None:
    tell("published", {})
    assert receivers.posted == receivers.mails == []


def test_nobody_is_told_unless_the_profile_says_so() -> None:
    assert [notices.callbacks(event) for event in EVENTS] == [[]] * len(EVENTS)
    assert notices.deadline() is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"chanels": {}}, "did you mean channels"),
        ({"events": {"gate_failed": ["chat"]}}, "names no channel 'chat'"),
        ({"channels": {"p": {"by": "mail", "connection": "c"}}}, "needs addresses"),
        ({"channels": {"p": {"by": "pigeon", "connection": "c"}}}, "pigeon"),
    ],
)
def test_a_wrong_word_about_notices_is_refused(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], words: str
) -> None:
    monkeypatch.setenv("REALSYN_NOTICES", json.dumps(said))
    with pytest.raises(ConfigError, match=words):
        settings.notices()
