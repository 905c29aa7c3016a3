"""Who is let in by the Airflow of one person: requests for its own hosts, with the key."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.exceptions import AirflowConfigException
from fastapi.testclient import TestClient
from httpx import Response
from starlette.websockets import WebSocketDisconnect

from realsyn_airflow import settings
from realsyn_local import keys, places
from realsyn_local.door import Hosts, OneUser
from tests.plugins.conftest import HOME

BASE = "http://localhost:1"  # as tests.airflow_home settles it
PATHS = [
    "/",
    "/auth/token",
    "/auth/login",
    "/auth/open",
    "/api/v2/version",
    "/api/v2/monitor/health",
    "/static/x.js",
    "/realsyn/pages/a/b/c",
    "/execution/health",
]
FOREIGN = ["evil.example", "evil.example:1", "localhost", "localhost:2", "localhost:1.evil.example"]


@pytest.fixture(scope="module")
def app(server: object) -> Iterator[object]:
    """Airflow's own server, but for its database: there nobody has logged out."""
    from airflow.models.revoked_token import RevokedToken

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(RevokedToken, "is_revoked", lambda jti: False)
        yield server


@pytest.fixture
def stranger(app: object) -> TestClient:
    """A client without key or session."""
    return TestClient(app, base_url=BASE, follow_redirects=False)  # type: ignore[arg-type]


@pytest.fixture
def browser(stranger: TestClient) -> TestClient:
    """A client that has opened its session."""
    assert opened(stranger).status_code == 303
    return stranger


def opened(client: TestClient, page: str = "/") -> Response:
    return client.get(keys.address("", keys.key(places.LOGIN), page))


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_answered_for_another_host(
    path: str, host: str, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("GET", "POST"):
        answer = browser.request(method, path, headers={"Host": host})
        assert answer.status_code == 403, path
        assert "no host of this Airflow" in answer.text


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:1", "[::1]:1", "LOCALHOST:1"])
def test_its_own_hosts_are_answered(host: str, stranger: TestClient) -> None:
    assert stranger.get("/api/v2/version", headers={"Host": host}).status_code == 200


def test_a_request_names_one_host(stranger: TestClient) -> None:
    twice = [("Host", "localhost:1"), ("Host", "evil.example")]
    assert stranger.get("/api/v2/version", headers=twice).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3000"])
def test_pages_of_other_origins_change_nothing(origin: str, browser: TestClient) -> None:
    form = {"conf": {}, "logical_date": None}
    path = "/api/v2/dags/realsyn_build/dagRuns"
    answer = browser.post(path, json=form, headers={"Origin": origin})
    assert (answer.status_code, "other origins" in answer.text) == (403, True)


def test_a_page_of_its_own_may_ask(browser: TestClient) -> None:
    answer = browser.get("/ui/auth/me", headers={"Origin": BASE})
    assert (answer.status_code, answer.json()["username"]) == (200, keys.USER)


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_no_socket_opens_for_another_host_or_origin(header: dict[str, str]) -> None:
    async def welcoming(scope: object, receive: object, send: object) -> None:
        raise AssertionError("it was let in")

    client = TestClient(Hosts(welcoming, ["localhost:1"]), base_url=BASE)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/", headers=header):
        pass


@pytest.mark.parametrize(
    "path", ["/auth/token", "/auth/token/login", "/auth/open", "/auth/open?token=x"]
)
def test_nobody_without_the_key_gets_a_token(path: str, stranger: TestClient) -> None:
    answer = stranger.get(path)
    assert answer.status_code in (401, 403)
    assert "access_token" not in answer.text
    assert not answer.cookies and "set-cookie" not in answer.headers


@pytest.mark.parametrize("password", ["", "wrong", "admin"])
def test_nobody_logs_in_with_another_password(password: str, stranger: TestClient) -> None:
    login = {"username": keys.USER, "password": password}
    for path in ("/auth/token", "/auth/token/cli"):
        assert stranger.post(path, json=login).status_code in (400, 401)


@pytest.mark.parametrize("path", ["/ui/auth/me", "/api/v2/dags", "/realsyn/pages/a/b/c"])
def test_without_a_session_nothing_is_shown(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 401


def test_who_has_no_session_is_told_how_to_open_one(stranger: TestClient) -> None:
    led = stranger.get("/api/v2/auth/login")
    assert (led.status_code, led.headers["location"]) == (307, "/auth/open")
    answer = stranger.get("/auth/open")
    assert answer.status_code == 401 and "make ui" in answer.text


def test_the_address_opens_a_session_and_leads_on(stranger: TestClient) -> None:
    answer = opened(stranger, "/dags/realsyn_build/runs/manual__2026-01-01T00:00:00+00:00")
    assert answer.headers["location"].startswith("/dags/realsyn_build/runs/manual__2026")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == (
        "no-store",
        "no-referrer",
    )
    assert stranger.get("/ui/auth/me").json()["username"] == keys.USER


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_address_leads_nowhere_else(page: str, stranger: TestClient) -> None:
    assert opened(stranger, page).headers["location"] == "/"


def test_a_program_logs_in_with_the_key(stranger: TestClient) -> None:
    login = {"username": keys.USER, "password": keys.key(places.LOGIN)}
    token = stranger.post("/auth/token", json=login).json()["access_token"]
    answer = stranger.get("/ui/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "login.json"
    assert keys.key(file) == keys.key(file) == json.loads(file.read_text())[keys.USER]
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["login.json"]
    assert len(keys.key(file)) > 40


def test_settings_that_leave_the_door_open_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
        with pytest.raises(AirflowConfigException, match="lets everybody in"):
            OneUser().init()
    monkeypatch.setenv("REALSYN_HOSTS", " , ")
    with pytest.raises(AirflowConfigException, match="REALSYN_HOSTS"):
        OneUser().init()


def test_a_deployment_adds_hosts_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_HOSTS", "Station.example:9000")
    monkeypatch.setenv("REALSYN_HOSTS", places.environment(8123)["REALSYN_HOSTS"])
    own = ["localhost:8123", "127.0.0.1:8123", "[::1]:8123"]
    assert settings.hosts() == [*own, "station.example:9000"]


def test_these_tests_have_the_settings_of_make_ui() -> None:
    assert (
        os.environ["AIRFLOW__CORE__AUTH_MANAGER"]
        == places.settings()["AIRFLOW__CORE__AUTH_MANAGER"]
    )
    assert places.LOGIN.parent == HOME.resolve()
