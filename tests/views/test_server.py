"""The viewer: typed arguments, errors as words for people, a token, bounded answers."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from realsyn_tasks.core.errors import ConfigError, PermanentError, TransientError
from realsyn_tasks.core.include import PROJECT
from realsyn_tasks.views import routes, server
from realsyn_tasks.views.answer import Picture, Unknown

TOKEN = {"Authorization": "Bearer secret"}


def echo(
    root: str, *, name: str, limit: int = 3, share: float = 0.5, deep: bool = False,
    states: list[str] = [],  # noqa: B006
) -> dict[str, Any]:  # fmt: skip
    return {"root": root, "name": name, "limit": limit, "share": share, "deep": deep,
            "states": states}  # fmt: skip


def wrong(root: str) -> dict[str, Any]:
    raise ConfigError("no build b; choose one of: a")


def unknown(root: str) -> dict[str, Any]:
    raise Unknown("no shard 12345 in stage s")


def throttled(root: str) -> dict[str, Any]:
    raise TransientError("s3://b/k: SlowDown")


def damaged(root: str) -> dict[str, Any]:
    raise PermanentError("manifest.json is unreadable; promote its build again")


def broken(root: str) -> dict[str, Any]:
    raise KeyError("internal detail")


def picture(root: str) -> Picture:
    return Picture(b"\x89PNG", "image/png")


def huge(root: str) -> dict[str, Any]:
    return {"text": "x" * 101}


def mark(root: str, *, pair: str, by: str = "") -> dict[str, Any]:
    return {"pair": pair, "by": by}


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    known = {
        routes.VIEWS: (echo, wrong, unknown, throttled, damaged, broken, picture, huge),
        routes.ACTIONS: (mark,),
    }
    tables = {
        kind: {f.__name__: routes.Route(f, routes._model_of(f)) for f in functions}
        for kind, functions in known.items()
    }
    monkeypatch.setattr(routes, "table", tables.__getitem__)
    return TestClient(server.app("secret"), headers=TOKEN, raise_server_exceptions=False)


def test_a_view_is_reached_with_typed_arguments(viewer: TestClient) -> None:
    words = "root=/r&name=a%20b&limit=7&share=.25&deep=true&states=done&states=stale"
    assert viewer.get(f"/realsyn/api/echo?{words}").json() == {
        "root": "/r", "name": "a b", "limit": 7, "share": 0.25, "deep": True,
        "states": ["done", "stale"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("root=/r&name=a&limit=many", "echo: limit is 'many'"),
        ("root=/r", "echo: name is missing"),
        ("name=a", "echo: root is missing"),
        ("root=/r&name=a&limt=1", "echo: limt: did you mean limit?"),
    ],
)
def test_wrong_arguments_are_named(viewer: TestClient, words: str, said: str) -> None:
    answer = viewer.get(f"/realsyn/api/echo?{words}")
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_errors_for_people_keep_their_words(viewer: TestClient) -> None:
    answer = viewer.get("/realsyn/api/wrong?root=/r")
    assert (answer.status_code, answer.json()) == (400, {"error": "no build b; choose one of: a"})
    answer = viewer.get("/realsyn/api/unknown?root=/r")
    assert (answer.status_code, answer.json()) == (404, {"error": "no shard 12345 in stage s"})
    answer = viewer.get("/realsyn/api/throttled?root=/r")
    assert answer.status_code == 503 and "SlowDown. Try again" in answer.json()["error"]
    answer = viewer.get("/realsyn/api/damaged?root=/r")
    assert answer.status_code == 500 and "promote its build again" in answer.json()["error"]


def test_a_mistake_is_logged_with_its_trace_and_shown_plainly(
    viewer: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = viewer.get("/realsyn/api/broken?root=/r")
    assert answer.status_code == 500
    assert "internal detail" not in answer.text
    assert "mistake in the program" in answer.json()["error"]
    assert "internal detail" in caplog.text and "Traceback" in caplog.text


def test_what_is_not_there_is_said_with_what_is(viewer: TestClient) -> None:
    answer = viewer.get("/realsyn/api/nothing?root=/r")
    assert answer.status_code == 404
    assert "echo" in answer.json()["error"]


@pytest.mark.parametrize("header", ["", "Bearer other", "Basic secret", "Bearer secreté"])
def test_nobody_is_answered_without_the_token(viewer: TestClient, header: str) -> None:
    headers = {"Authorization": header.encode()}
    assert viewer.get("/realsyn/api/echo?root=/r&name=a", headers=headers).status_code == 401  # type: ignore[arg-type]
    assert viewer.post("/realsyn/act/mark", json={}, headers=headers).status_code == 401  # type: ignore[arg-type]


def test_a_viewer_without_a_token_does_not_start() -> None:
    with pytest.raises(ConfigError, match=server.TOKEN):
        server.app("")


def test_a_root_outside_of_the_prefixes_is_refused(
    viewer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_PREFIXES", "s3://bucket/here")
    answer = viewer.get("/realsyn/api/echo?root=/etc&name=a")
    assert answer.status_code == 400
    assert "outside" in answer.json()["error"]


def test_a_picture_comes_in_a_sandbox(viewer: TestClient) -> None:
    answer = viewer.get("/realsyn/api/picture?root=/r")
    assert answer.content == b"\x89PNG"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_pictures_are_pictures() -> None:
    with pytest.raises(ValueError, match="image/svg"):
        Picture(b"<svg/>", "image/svg+xml")


def test_an_answer_is_not_sent_twice(viewer: TestClient) -> None:
    path = "/realsyn/api/echo?root=/r&name=a"
    tag = viewer.get(path).headers["etag"]
    again = viewer.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_an_answer_is_bounded(viewer: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LIMIT", 100)
    answer = viewer.get("/realsyn/api/huge?root=/r")
    assert answer.status_code == 400
    assert "ask for less" in answer.json()["error"]


def test_an_action_is_posted_as_json(viewer: TestClient) -> None:
    answer = viewer.post("/realsyn/act/mark", json={"root": "/r", "pair": "p", "by": "ann"})
    assert answer.json() == {"pair": "p", "by": "ann"}
    assert viewer.get("/realsyn/act/mark").status_code == 405
    form = viewer.post("/realsyn/act/mark", data={"root": "/r", "pair": "p"})
    assert form.status_code == 400 and "application/json" in form.json()["error"]


def test_a_request_is_bounded(viewer: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_LIMIT", 10)
    answer = viewer.post("/realsyn/act/mark", json={"root": "/r", "pair": "p"})
    assert answer.status_code == 400 and "more than 10 bytes" in answer.json()["error"]


@pytest.mark.parametrize("body", ["[" * 200_000, '{"a":' * 100_000, '"\\ud800', "\ufeff{}"])
def test_what_is_no_plain_object_is_refused(viewer: TestClient, body: str) -> None:
    sent = {"content-type": "application/json"}
    answer = viewer.post("/realsyn/act/mark", content=body.encode(), headers=sent)
    assert answer.status_code == 400 and "is not JSON" in answer.json()["error"]


@pytest.fixture
def real() -> TestClient:
    """All views and actions that there are."""
    return TestClient(server.app("secret"), headers=TOKEN, raise_server_exceptions=False)


def test_a_root_that_can_be_no_place_is_refused_with_what_to_do(
    real: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    loop, long = str(tmp_path / "loop"), f"/tmp/{'a' * 300}"
    deep = "/tmp/" + "/".join(["b" * 200] * 30)
    for root, remedy in (
        *((loop, "lead in a circle"), (f"file://{loop}", "lead in a circle")),
        *((long, "Choose a shorter path"), (deep, "Choose a shorter path")),
        ("s3://127.0.0.1:80/x", "Invalid bucket name"),
        ("http://169.254.169.254/x", "use a file:// or s3:// URI"),
    ):
        answer = real.get("/realsyn/api/overview", params={"root": root})
        assert answer.status_code == 400, root
        assert remedy in answer.json()["error"], root


HOSTILE = (
    *("../../secret", "..%2f..%2fsecret", "/etc/passwd", "s3://elsewhere/x", "a\0b", "x" * 3000),
    *("(a+)+$" * 50, str(2**70), "nan", "1..", "[[1,2],[3", "=cmd|' /C calc'!A0"),
)


def test_no_word_of_a_request_leads_out_or_makes_a_mistake(
    real: TestClient, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each argument of each view and action in turn, below a deployment's prefix."""
    root = shutil.copytree(finished, tmp_path / "root")
    monkeypatch.setenv("REALSYN_PREFIXES", str(root))
    (root.parent / "secret").write_text("nobody's business")
    asked = 0
    for kind, path in ((routes.VIEWS, "api"), (routes.ACTIONS, "act")):
        for name, route in routes.table(kind).items():
            for words in _hostile_words(route, str(root)):
                asked += 1
                where = f"/realsyn/{path}/{name}"
                answer = (
                    real.get(where, params=words) if path == "api" else real.post(where, json=words)
                )
                assert answer.status_code in (200, 400, 404), (name, words)
                assert "nobody's business" not in answer.text and "root:x:0" not in answer.text
    assert asked > 500


@pytest.mark.parametrize(
    "spelling",
    [
        *("{outside}/builds/tiny", "file://{outside}/builds/tiny", "../../outside/builds/tiny"),
        *("{root}/builds/../../outside/builds/tiny", "{root}/link/builds/tiny"),
    ],
)
def test_no_build_of_another_root_is_shown_below_a_prefix(
    spelling: str,
    real: TestClient,
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, outside = (shutil.copytree(finished, tmp_path / name) for name in ("root", "outside"))
    (root / "link").symlink_to(outside)
    monkeypatch.setenv("REALSYN_PREFIXES", str(root))
    build = spelling.format(root=root, outside=outside)
    for name in ("build", "build_pins", "gates", "shards", "shards_look"):
        for place in {str(root), f"{root}/link"}:
            answer = real.get(f"/realsyn/api/{name}", params={"root": place, "build": build})
            assert answer.status_code in (400, 404), (name, place)


def _hostile_words(route: routes.Route, root: str) -> Iterator[dict[str, Any]]:
    fields = route.model.model_fields
    needed = {name: "1" for name, field in fields.items() if field.is_required()}
    needed |= {"build": f"{root}/builds/tiny"} if "build" in needed else {}
    for name in fields:
        for word in HOSTILE:
            yield needed | {"root": root} | {name: word}


def test_dev_serves_the_pages_to_names_of_this_machine_only() -> None:
    dev = TestClient(server.app("", dev=True))
    page = dev.get("/realsyn/ui/")
    assert page.status_code == 200 and "app.js" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert dev.get("/realsyn/api/session").json()["can"]["read"] is True
    assert dev.get("/realsyn/ui/", headers={"Host": "evil.example"}).status_code == 400


def test_dev_is_for_loopback() -> None:
    with pytest.raises(ConfigError, match="loopback"):
        server.serve(server.Place("0.0.0.0", 0, dev=True), print)


def test_every_view_says_what_it_is() -> None:
    for kind in (routes.VIEWS, routes.ACTIONS):
        for name, route in routes.table(kind).items():
            assert route.function.__doc__, name
            assert next(iter(route.model.model_fields)) == "root", name


def test_every_action_knows_who_acts() -> None:
    assert all("by" in r.model.model_fields for r in routes.table(routes.ACTIONS).values())


@pytest.fixture
def process() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    words = [sys.executable, "-m", "realsyn_tasks", "view", "--json", "--parent", str(os.getpid())]
    environment = os.environ | {server.TOKEN: "secret"}
    with subprocess.Popen(words, cwd=PROJECT, env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield child, json.loads(child.stdout.readline())["url"]
        child.kill()


def test_the_process_says_where_it_listens_and_ends_by_sigterm(
    process: tuple[subprocess.Popen[bytes], str],
) -> None:
    child, url = process
    with urllib.request.urlopen(f"{url}health", timeout=20) as answer:
        assert "crawls" in json.load(answer)["views"]
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0


def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    """The middle process starts a viewer, tells its id, and is gone."""
    words = (
        "import os, subprocess, sys\n"
        "w = [sys.executable, '-m', 'realsyn_tasks', 'view', '--dev', f'--parent={os.getpid()}']\n"
        "child = subprocess.Popen(w, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid)\n"
    )
    middle = subprocess.check_output([sys.executable, "-c", words], cwd=PROJECT)
    viewer = Path(f"/proc/{int(middle)}/stat")
    for _ in range(100):
        if not viewer.exists() or viewer.read_text().split(")")[-1].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the viewer outlived its parent")
