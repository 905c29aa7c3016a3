"""The parts of realsyn_local that need no Airflow."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest
from rich.console import Console

from realsyn_airflow.names import run_id, triggered_run_id
from realsyn_local import components, places, ports, processes, progress, summary
from realsyn_local.__main__ import _object, _parser, _place
from realsyn_local.api import Api
from realsyn_local.build import BuildFailed
from realsyn_tasks.report.eta import Estimate


def test_settings_are_the_files_without_its_comments() -> None:
    found = places.settings()
    assert found["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert all(name.isupper() and "#" not in name for name in found)


def test_what_the_environment_says_wins_but_for_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "3")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    found = places.environment(8123)
    assert found["AIRFLOW__CORE__PARALLELISM"] == "3"
    assert found["AIRFLOW_HOME"] == str(places.HOME)
    assert ":8123/" in found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]


def test_the_secret_is_made_once_and_for_its_owner_only() -> None:
    assert places.secret() == places.secret()
    assert (places.HOME / "secret").stat().st_mode & 0o077 == 0


def test_a_port_that_is_taken_is_passed_over() -> None:
    with ports.reserved() as (first, _):
        pass
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        with ports.reserved() as (second, _):
            assert second > first


def test_a_port_is_kept_by_who_inherits_its_lock() -> None:
    with ports.reserved() as (first, held):
        child = subprocess.Popen(["sleep", "60"], pass_fds=[held])
    try:
        with ports.reserved() as (second, _):
            assert second > first
    finally:
        child.kill()
        child.wait()
    with ports.reserved() as (third, _):
        assert third == first


def test_what_runs_tasks_waits_for_the_server_that_they_report_to() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not components.wait_for_listener(port, 0.3), "it is bound, but does not listen"
        late = threading.Timer(0.3, server.listen)
        late.start()
        assert components.wait_for_listener(port, 30)
        late.join()


def test_leftovers_are_found_by_their_environment_and_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(places, "HOME", tmp_path)
    monkeypatch.setattr(places, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(places, "STATE", tmp_path / "local.json")
    monkeypatch.setattr(processes, "STOP_TIMEOUT", 0.2)
    assert not processes.stop()
    environment = {**os.environ, places.MARKER: str(tmp_path)}
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    with (
        subprocess.Popen([sys.executable, "-c", code], env=environment) as leftover,
        subprocess.Popen([sys.executable, "-c", code]) as stranger,
    ):
        assert processes.marked() == [leftover.pid]
        assert processes.stop()
        assert leftover.wait(10) == -9
        assert stranger.poll() is None
        stranger.kill()
    assert processes.running_port() is None


def test_a_triggered_run_has_the_same_name_on_every_try() -> None:
    assert triggered_run_id("realsyn_build", "manual__1") == "build__manual__1"
    assert triggered_run_id("realsyn_ingest", "m__1", 2, "news") == "news__ingest__m__1__2"


def test_a_run_is_named_by_its_scale_and_crawl() -> None:
    form = {"root": "/r", "crawl": "s3://b/crawls/My crawl/", "scale": "demo", "name": ""}
    assert run_id(form, "2026-11-28T12:00:00.000+00:00") == (
        "demo__My-crawl__2026-11-28T12:00:00.000+00:00"
    )
    assert run_id({"build": "/r/builds/300"}, "now") == "300__now"
    assert run_id({"root": "/r"}, "now") == "now"


def test_plain_paths_become_absolute_and_uris_stay() -> None:
    assert _place("some/crawl") == f"{Path.cwd()}/some/crawl"
    assert _place("s3://bucket/crawl") == "s3://bucket/crawl"


@pytest.mark.parametrize("place", ["s3//bucket/x", "s3:/bucket/x", "htp://x"])
def test_a_uri_with_a_slip_becomes_no_path(place: str) -> None:
    with pytest.raises(BuildFailed, match="file:// or s3://"):
        _place(place)


@pytest.mark.parametrize("text", ["{", "[1]", "conse"])
def test_options_that_are_no_json_object_are_refused(text: str) -> None:
    with pytest.raises(BuildFailed, match="--models"):
        _object("--models", text)


def test_makes_empty_variables_mean_the_defaults() -> None:
    arguments = _parser().parse_args(["build", "--crawl", "", "--target", "", "--root", ""])
    assert (arguments.crawl, arguments.target, arguments.root) == ("", "", "")


def said(folder: Path, batch: int, done: float, left: float | None, **more: Any) -> None:
    report = {"done": done, "shards": 1, "elapsed": 30, "left": left, "at": 1000.0, **more}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{batch:05d}.json").write_text(json.dumps(report))


def test_progress_is_that_of_all_batches_also_of_those_that_have_not_begun(tmp_path: Path) -> None:
    folder, build = tmp_path / "parse" / "_progress", tmp_path.as_uri()
    assert progress.of_stage(build, "parse", 2, 900.0) is None
    said(folder, 0, 1.0, 0.0)
    half = progress.of_stage(build, "parse", 2, 900.0)
    assert half and half.share == 0.5, "one of two batches is done, the other has not begun"
    said(folder, 1, 0.5, 30.0, items=60)
    assert str(progress.of_stage(build, "parse", 2, 900.0)) == "75%, 2.0 items/s, about 30 s left"
    assert str(progress.of_stage(build, "parse", 4, 900.0)).endswith("about 2 min left")
    said(folder, 1, 0.0, None)
    assert str(progress.of_stage(build, "parse", 2, 900.0)) == "50%", "and no seconds"


def test_what_an_earlier_try_said_is_no_progress(tmp_path: Path) -> None:
    said(tmp_path / "parse" / "_progress", 0, 1.0, 0.0)
    assert progress.of_stage(tmp_path.as_uri(), "parse", 1, 1001.0) is None


def test_the_rest_of_a_build_is_looked_up_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [0.0], []

    def look(run: str, quick: bool) -> Any:
        looks.append(run)
        return SimpleNamespace(rest=SimpleNamespace(whole=Estimate(None, "who knows", 90.0)))

    monkeypatch.setattr(progress, "look", look)
    monkeypatch.setattr(progress.Runs, "at", lambda uri: uri)
    rest = progress.Rest(lambda: now[0])
    for _ in range(3):
        assert rest.of("file:///r/builds/b") == "more than 1 min 30 s for the build"
    assert len(looks) == 1
    now[0] += progress.SPARING
    assert rest.of("file:///r/builds/b")
    assert len(looks) == 2
    monkeypatch.setattr(progress.Runs, "at", lambda uri: Path("/nowhere").read_text())
    assert rest.of("file:///r/extracts/missing") == "", "no reason to stop watching"


def test_the_summary_shows_counts_reasons_gates_seconds_and_places() -> None:
    console = Console(width=160, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    found = {
        "documents": {"in": 3},
        "images": {"in": 1200, "kept": 5, "dropped": {"too_small": 1000, "animated": 195}},
        "gates": {"extract": {"passed": True, "uri": "/gate.html"}},
        "stages": {"parse": 1.25},
        "headline": ["relevance: text1 of 5.4%", "recall@3 1.000: all lists searched"],
        "dataset": "/data",
        "report": "/data/report.html",
    }
    summary.show(console, found, 61.4)
    said = console.export_text()
    for words in ("1,200", "too_small 1,000, animated 195", "passed", "/gate.html", "61 s"):
        assert words in said
    assert said.index("relevance: text1 of 5.4%") < said.index("all lists searched")
    assert "/data/report.html" in said


def test_on_a_narrow_screen_places_and_names_of_stages_stay_whole() -> None:
    console = Console(width=80, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    place = f"file:///{'long/' * 20}_gates/extract/index.html"
    stages = dict.fromkeys(("choose_representatives", "fit_neighbourhoods", "rank_pairs"), 1000.0)
    gates = {"extract": {"passed": True, "uri": place}}
    summary.show(console, {"gates": gates, "stages": stages}, 1.0)
    said = console.export_text()
    assert all(words in said for words in (place, *stages))


def test_a_summary_that_lacks_everything_is_shown_nevertheless() -> None:
    console = Console(width=100, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    summary.show(console, {}, 1.0)
    assert "1 s" in console.export_text()


@pytest.mark.parametrize(
    ("secret", "code", "ours"),
    [(places.secret(), 201, True), ("x" * 64, 201, False), (places.secret(), 401, False)],
    ids=["ours", "another-secret", "another-key"],
)
def test_the_airflow_of_somebody_else_is_not_taken_for_ours(
    secret: str, code: int, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = jwt.encode({"sub": "admin"}, secret, "HS512")
    request = httpx.Request("POST", "/")
    answer = httpx.Response(code, json={"access_token": token}, request=request)
    monkeypatch.setattr(httpx, "post", lambda url, json, timeout: answer)
    with nullcontext() if ours else pytest.raises(processes.StartError, match="another Airflow"):
        Api(8080)
