"""The pages' server within Airflow's own: who may see and act, and what goes on to the viewer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from realsyn_airflow.ui import access, runs, viewer

BASE = "http://localhost:1"
TOKEN = "secret-of-the-viewer"
RUN = "manual__2026-01-01T00:00:00+00:00"
ASKED: list[tuple[str, str, dict[str, str], bytes]] = []


class Stand(BaseHTTPRequestHandler):
    """Stands in for the viewer: notes what it is asked, and answers."""

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["content-length"])))

    def answer(self, body: bytes) -> None:
        ASKED.append((self.command, self.path, dict(self.headers), body))
        mine = self.headers["authorization"] == f"Bearer {TOKEN}"
        wrong = "nothing" in self.path
        said = b'{"error": "there is no such view"}' if wrong else b'{"views": 3}'
        self.send_response(404 if wrong else 200 if mine else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("ETag", '"tag"')
        self.send_header("Set-Cookie", "not=passed")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def stand() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stand) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def airflow(stand: str, server: Any) -> Iterator[Any]:
    """Airflow's own server, with its tables, and users of each role."""
    from airflow import models, settings
    from airflow.models.base import Base

    models.import_all_models()
    Base.metadata.create_all(settings.engine)
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv(viewer.ADDRESS, stand)
        changed.setenv(viewer.TOKEN, TOKEN)
        changed.setenv("REALSYN_ROOT", "/data/root")
        yield server
    Base.metadata.drop_all(settings.engine)


@pytest.fixture
def ask(airflow: Any) -> Any:
    """Give a browser of a user with a role."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    ASKED.clear()

    def browser(role: str | None) -> TestClient:
        user = SimpleAuthManagerUser(username=f"{role}-ann", role=role)
        cookies = {COOKIE_NAME_JWT_TOKEN: get_auth_manager().generate_jwt(user)} if role else {}
        return TestClient(airflow, base_url=BASE, cookies=cookies, follow_redirects=False)

    return browser


def test_nobody_without_a_session_sees_or_does_anything(ask: Any) -> None:
    stranger = ask(None)
    for path in (
        "/realsyn/api/session",
        "/realsyn/api/crawls?root=/r",
        "/realsyn/api/run?dag_id=d",
    ):
        assert stranger.get(path).status_code == 401, path
    assert stranger.post("/realsyn/act/release", json={}).status_code == 401
    assert not ASKED


def test_the_pages_themselves_hold_nothing_and_let_nothing_in(ask: Any) -> None:
    page = ask(None).get("/realsyn/ui/")
    assert page.status_code == 200 and "app.js" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy and "unsafe" not in policy
    assert ask(None).get("/realsyn/ui/kit/dom.js").headers["x-content-type-options"] == "nosniff"
    assert ask(None).get("/realsyn/ui/../app.py").status_code == 404
    assert ask(None).get("/realsyn/ui/..%2fapp.py").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "user", "op", "admin"])
def test_who_may_see_runs_may_see_pages(role: str, ask: Any) -> None:
    answer = ask(role).get("/realsyn/api/crawls?root=/r%20s&state=a&state=b")
    assert answer.json() == {"views": 3}
    assert answer.headers["etag"] == '"tag"' and "set-cookie" not in answer.headers
    [(method, path, headers, _)] = ASKED
    assert (method, path) == ("GET", "/realsyn/api/crawls?root=/r%20s&state=a&state=b")
    assert headers["authorization"] == f"Bearer {TOKEN}" and "cookie" not in headers


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("user", 200), ("admin", 200)])
@pytest.mark.parametrize("action", ["release", "mark", "override", "any_other"])
def test_who_may_trigger_may_act(action: str, role: str, status: int, ask: Any) -> None:
    body = {"root": "/r", "group": "sample", "by": "somebody else"}
    answer = ask(role).post(f"/realsyn/act/{action}", json=body, headers={"Origin": BASE})
    assert answer.status_code == status
    if status == 403:
        assert "may not do this" in answer.json()["error"] and not ASKED
    else:
        assert json.loads(ASKED[0][3]) == {**body, "by": f"{role}-ann"}


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_who_may_see_pages_may_look_for_a_picture(role: str, ask: Any) -> None:
    body = {"root": "/r", "version": "v", "picture": "x"}
    answer = ask(role).post("/realsyn/act/look_for_picture", json=body, headers={"Origin": BASE})
    assert answer.status_code == 200


def test_a_viewer_triggers_nothing_through_airflow_either(ask: Any) -> None:
    form = {"conf": {}, "logical_date": None}
    for dag in access.dags():
        path = f"/api/v2/dags/{dag}/dagRuns"
        assert ask("viewer").post(path, json=form).status_code == 403, dag
    answer = ask("user").post("/api/v2/dags/realsyn_nothing/dagRuns", json=form)
    assert answer.status_code == 404  # let in, but there is none of that name


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_pages_of_other_origins_do_nothing(headers: dict[str, str], status: int, ask: Any) -> None:
    sent = {"Content-Type": "application/json", **headers}
    answer = ask("admin").post("/realsyn/act/release", content=b'{"root": "/r"}', headers=sent)
    assert answer.status_code == status
    assert not ASKED


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_origins_are_checked_where_no_door_does(origin: str) -> None:
    from fastapi import HTTPException, Request

    from realsyn_airflow.ui import app

    headers = {"host": "airflow.example", "content-type": "application/json", "origin": origin}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    with pytest.raises(HTTPException):
        app._require_own_page(Request({"type": "http", "headers": raw}))


@pytest.mark.parametrize(
    "name",
    ["override%3F", "override%23", "release%3Fa=b", "look_for_picture%2F..%2Foverride"],
)
def test_no_name_is_asked_for_as_one_and_done_as_another(name: str, ask: Any) -> None:
    """What follows a ? or a # would not be part of the address that the viewer sees."""
    body = {"root": "/r", "group": "extract"}
    answer = ask("admin").post(f"/realsyn/act/{name}", json=body, headers={"Origin": BASE})
    assert answer.status_code in (404, 405, 422)
    assert ask("admin").get(f"/realsyn/api/{name}?root=/r").status_code in (404, 422)
    assert not ASKED


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_no_other_method_goes_on(method: str, ask: Any) -> None:
    for path in ("/realsyn/act/release", "/realsyn/api/crawls?root=/r"):
        assert ask("admin").request(method, path).status_code in (404, 405), path
    assert not ASKED


def test_headers_of_the_browser_say_nothing_to_the_viewer(ask: Any) -> None:
    sent = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "10.0.0.1", "Range": "bytes=0-",
            "X-HTTP-Method-Override": "DELETE", "Forwarded": "host=evil.example"}  # fmt: skip
    ask("viewer").get("/realsyn/api/crawls?root=/r", headers=sent)
    [(_, _, headers, _)] = ASKED
    assert not {name.lower() for name in headers} & {name.lower() for name in sent}
    assert headers["authorization"] == f"Bearer {TOKEN}"


def test_nothing_on_the_way_keeps_what_a_user_was_told(ask: Any) -> None:
    for path in ("/realsyn/api/crawls?root=/r", "/realsyn/api/session", "/realsyn/api/nothing"):
        assert ask("viewer").get(path).headers["cache-control"] == "private, no-cache", path


@pytest.mark.parametrize("body", [b"[1]", b"x", b'"by"', b"[" * 200_000, b'{"a":' * 100_000])
def test_an_action_is_an_object(body: bytes, ask: Any) -> None:
    sent = {"Content-Type": "application/json"}
    assert ask("admin").post("/realsyn/act/mark", content=body, headers=sent).status_code == 400


def test_an_override_takes_the_right_to_run_its_group() -> None:
    assert access.dag_of_action("override", {"group": "extract"}) == "realsyn_extract"
    assert access.dag_of_action("override", {}) == "realsyn_build"
    assert access.dag_of_action("release", {"group": "extract"}) == "realsyn_ingest"
    with pytest.raises(ValueError, match="no group 'ingest'"):
        access.dag_of_action("override", {"group": "ingest"})


def test_the_session_says_who_may_what(ask: Any) -> None:
    seen = ask("viewer").get("/realsyn/api/session").json()
    assert seen["user"] == "viewer-ann" and seen["roots"][0] == "/data/root"
    assert seen["can"]["read"] and not seen["can"]["release"] and not seen["can"]["mark"]
    assert not any(seen["can"]["trigger"].values())
    can = ask("user").get("/realsyn/api/session").json()["can"]
    assert can["release"] and can["trigger"]["realsyn_backfill"]
    assert {"realsyn_build", "realsyn_ingest", "realsyn_takedown"} <= set(can["trigger"])


def test_words_of_the_viewer_reach_the_page(ask: Any) -> None:
    answer = ask("viewer").get("/realsyn/api/nothing?root=/r")
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no such view"})


def test_without_a_viewer_the_page_says_what_to_do(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(viewer.ADDRESS, "http://127.0.0.1:9")
    answer = ask("viewer").get("/realsyn/api/crawls?root=/r")
    assert answer.status_code == 502 and "does not answer" in answer.json()["error"]
    monkeypatch.delenv(viewer.TOKEN)
    answer = ask("viewer").get("/realsyn/api/crawls?root=/r")
    assert answer.status_code == 503 and viewer.TOKEN in answer.json()["error"]
    monkeypatch.delenv(viewer.ADDRESS)
    monkeypatch.setenv("REALSYN_DATA_PYTHON", "/nowhere/python")
    answer = ask("viewer").get("/realsyn/api/crawls?root=/r")
    assert answer.status_code == 503 and "/nowhere/python" in answer.json()["error"]


def test_a_token_that_the_viewer_refuses_does_not_end_the_session(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(viewer.TOKEN, "another")
    assert ask("viewer").get("/realsyn/api/crawls?root=/r").status_code == 502


@pytest.fixture
def known_runs(airflow: Any) -> Iterator[None]:
    """Runs in Airflow's database: of a build, of a group, and one with nothing said."""
    from airflow.models.dagrun import DagRun
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    def row(dag: str, run_id: str, conf: dict[str, Any] | None) -> Any:
        made = DagRun(dag_id=dag, run_id=run_id, run_type="manual", conf=conf)
        made.state = "success"
        return made

    with create_session(scoped=False) as session:
        session.connection().exec_driver_sql("PRAGMA foreign_keys=OFF")  # there is no task
        build = row("realsyn_build", RUN, {"root": "s3://b/r", "scale": "demo"})
        session.add_all(
            [
                build,
                row("realsyn_sample", "group", {"build": "/other/root/builds/tiny"}),
                row("realsyn_ingest", "bare", None),
                row("somebodys_dag", "x", {"root": "/secret"}),
            ]
        )
        session.flush()
        opened = json.dumps([{"build": "s3://b/r/builds/demo"}, {"build": "s3://b/r/builds/b"}])
        values = {"dag_run_id": build.id, "task_id": "open", "map_index": -1, "key": "return_value",
                  "dag_id": "realsyn_build", "run_id": RUN, "value": opened}  # fmt: skip
        session.execute(insert(XComModel).values(**values))
    yield
    with create_session(scoped=False) as session:
        session.query(XComModel).delete()
        session.query(DagRun).delete()


def test_a_run_leads_to_its_build(known_runs: None, ask: Any) -> None:
    asked = ask("viewer")
    said = asked.get("/realsyn/api/run", params={"dag_id": "realsyn_build", "run_id": RUN}).json()
    assert (said["root"], said["build"]) == ("s3://b/r", "s3://b/r/builds/demo")
    said = asked.get("/realsyn/api/run", params={"dag_id": "realsyn_sample"}).json()
    assert (said["root"], said["build"]) == ("/other/root", "/other/root/builds/tiny")
    said = asked.get("/realsyn/api/run", params={"dag_id": "realsyn_ingest"}).json()
    assert (said["root"], said["build"], said["run_id"]) == ("/data/root", "", "bare")


def test_a_run_that_is_not_there_is_said(known_runs: None, ask: Any) -> None:
    """Not as an error: a browser's console would have it, and nothing is wrong."""
    asked = ask("viewer")
    for query, why in [
        ("dag_id=somebodys_dag&run_id=x", "none of RealSyn's"),
        ("dag_id=realsyn_build&run_id=no", "has no run no"),
        ("dag_id=realsyn_takedown", "start one"),
    ]:
        assert why in asked.get(f"/realsyn/api/run?{query}").json()["why"]


def test_roots_of_runs_are_suggested(known_runs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs.roots(access.dags()) == ["/data/root", "/other/root", "s3://b/r"]
    monkeypatch.setenv("REALSYN_PREFIXES", "s3://b")
    assert "/other/root" not in runs.roots(access.dags())


@pytest.mark.parametrize(
    ("build", "root"),
    [("/r/builds/a", "/r"), ("s3://b/x/extracts/c/", "s3://b/x"), ("", ""), ("/r/other/a", "")],
)
def test_a_build_names_its_root(build: str, root: str) -> None:
    assert runs.root_of(build) == root


def test_views_and_menu_are_registered() -> None:
    from realsyn_plugin import RealSynPlugin

    views = {view["destination"]: view["href"] for view in RealSynPlugin.external_views}
    assert views["nav"] == "realsyn/ui/"
    assert views["dag_run"].endswith("#/run?dag_id={DAG_ID}&run_id={RUN_ID}")
    assert not any(href.startswith("/") for href in views.values())  # Airflow may be below a path


def test_the_plugin_loads_nothing_of_the_web_framework() -> None:
    """Airflow's every process loads plugins."""
    import subprocess
    import sys

    words = "import sys, realsyn_plugin; print('realsyn_airflow.ui.app' in sys.modules)"
    said = subprocess.check_output([sys.executable, "-c", words], env=os.environ, text=True)
    assert said.strip().splitlines()[-1] == "False"
    assert Path(access.settings.PROJECT).is_dir()


def test_the_manifest_of_the_cluster_runs_what_there_is() -> None:
    """Its words are the command's, its image the profile's, its secret the variable's."""
    import yaml

    from realsyn_airflow import settings

    text = (settings.PROJECT / "include" / "kubernetes" / "viewer.yaml").read_text()
    account, deployment, service = yaml.safe_load_all(text)
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["image"] == settings.read("production").pods.image
    assert container["args"][0] == "view" and "--dev" not in container["args"]
    assert viewer.TOKEN in {variable["name"] for variable in container["env"]}
    assert pod["serviceAccountName"] == account["metadata"]["name"]
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]
    assert str(service["spec"]["ports"][0]["port"]) == container["args"][-1]
    assert f"{viewer.ADDRESS}=http://{service['metadata']['name']}.realsyn:8790" in text
