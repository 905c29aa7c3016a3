"""Ingest in Airflow: a bad crawl is told of at once, stops no other, and the run ends red."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from realsyn_airflow.failures import ConfigFailure, GateFailure
from realsyn_airflow.seam import LocalProcess
from tests.airflow_home import PROJECT
from tests.plugins.receivers import web_server

pytestmark = pytest.mark.usefixtures("stored")
CRAWLS = [{"crawl": f"s3://in/{name}", "name": name} for name in "abc"]


def note(name: str, why: str) -> dict[str, str]:
    return {"crawl": f"s3://in/{name}", "name": name, "reason": "cut_off", "why": why, "page": ""}


class Plane:
    """What the data plane would answer, and in which order it was asked."""

    def __init__(self, bad: dict[str, str]) -> None:
        self.bad = bad  # name of a crawl -> why
        self.asked: list[str] = []

    def call(self, words: Any, context: Any = None) -> dict[str, Any]:
        command, last = words[0], words[-1]
        if command == "discover":
            return {"crawls": CRAWLS}
        name = last.rsplit("/", 1)[-1]
        self.asked.append(name)
        if self.bad.get(name) == "store is down":
            raise ConfigFailure("no gate has judged")
        return {
            "quarantined": [note(name, self.bad[name])] if name in self.bad else [],
            "unfinished": [],
        }


def run(plane: Plane, monkeypatch: pytest.MonkeyPatch, root: Path) -> Any:
    dag: DAG = runpy.run_path(str(PROJECT / "dags/realsyn_ingest.py"))["dag"]

    def extract(box: Any, context: Any) -> None:
        if box.fields["crawl"].rsplit("/", 1)[-1] in plane.bad:
            raise GateFailure("the gate failed")

    monkeypatch.setattr(LocalProcess, "call", lambda self, words, context=None: plane.call(words))
    monkeypatch.setattr(type(dag.get_task("extract")), "execute", extract)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return dag.test(run_conf={"root": str(root)})


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    said = {
        "channels": {"hook": {"by": "webhook", "connection": "hook"}},
        "events": {"crawl_quarantined": ["hook"]},
    }
    monkeypatch.setenv("REALSYN_NOTICES", json.dumps(said))
    with web_server() as server:
        host = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "http", "host": host}))
        yield server


def states(run: Any) -> dict[tuple[str, int], str]:
    return {(ti.task_id, ti.map_index): str(ti.state) for ti in run.get_task_instances()}


def test_with_bad_crawls_the_good_are_ingested_and_the_run_is_red(
    tmp_path: Path, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run(Plane({"a": "1 of 3 files", "b": "2 of 2"}), monkeypatch, tmp_path)
    found = states(ended)
    assert str(ended.state) == "failed"
    assert [found["quarantine", index] for index in range(3)] == ["success"] * 3
    assert found["extract", 2] == "success" and found["bad_crawls", -1] == "failed"
    titles = [said["title"] for _, said in hook.posted]
    assert sorted(titles) == ["Crawl quarantined: a", "Crawl quarantined: b"]


def test_a_crawl_without_a_verdict_makes_the_run_red_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run(Plane({"c": "store is down"}), monkeypatch, tmp_path)
    found = states(ended)
    assert str(ended.state) == "failed"
    assert [found["quarantine", index] for index in range(3)] == ["success", "success", "failed"]


def test_a_night_with_good_crawls_is_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plane = Plane({})
    assert str(run(plane, monkeypatch, tmp_path).state) == "success"
    assert sorted(plane.asked) == ["a", "b", "c"]


def test_a_crawl_is_judged_before_the_next_one_is_done() -> None:
    dag: DAG = runpy.run_path(str(PROJECT / "dags/realsyn_ingest.py"))["dag"]
    extract, quarantine = dag.get_task("extract"), dag.get_task("quarantine")
    assert extract.get_closest_mapped_task_group() is quarantine.get_closest_mapped_task_group()
