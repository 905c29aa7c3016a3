"""Every page in a real browser: by mouse and keys, wide and narrow, light and dark, attacked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.ui.browser import PHONE, Visit, visit
from tests.ui.hostile import MARK, hostile
from tests.ui.places import PAGES, addresses


@pytest.fixture(scope="module", params=PAGES)
def opened(
    request: pytest.FixtureRequest, chromium: Browser, site: str, looked_at: Path
) -> Iterator[Visit]:
    """Each page in turn, by light, for those that do not mind what was done to it before."""
    with visit(chromium) as seen:
        yield seen.open(addresses(site, looked_at)[request.param])


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_page_opens_without_a_fault(scheme: Any, opened: Visit) -> None:
    opened.page.emulate_media(color_scheme=scheme)
    assert opened.page.locator("h1").count() == 1
    assert opened.findings() == []
    assert opened.wrong == []


def test_a_page_is_worked_by_keys_alone(opened: Visit) -> None:
    """Whatever a mouse can press is reached by Tab, and one sees where one is."""
    pressable = opened.page.evaluate(PRESSABLE)
    reached = {opened.page.evaluate(FOCUSED) for _ in _tabs(opened.page, pressable)}
    assert len(reached) > 3
    unreached = opened.page.evaluate("() => window.__unreached()")
    assert unreached == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(name: str, chromium: Browser, site: str, looked_at: Path) -> None:
    with visit(chromium, PHONE) as seen:
        seen.open(addresses(site, looked_at)[name])
        assert seen.overflow() == 0
        assert seen.findings() == []


@pytest.mark.parametrize("name", PAGES)
def test_texts_of_the_web_stay_texts(
    name: str, chromium: Browser, site: str, looked_at: Path
) -> None:
    asked: list[str] = []
    own = (site.removesuffix("/realsyn/ui/"), "blob:", "data:")
    with visit(chromium, color_scheme="dark") as seen:
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.route(lambda url: "/realsyn/api/" in url and "/session" not in url, attacked)
        seen.open(addresses(site, looked_at)[name])
        assert seen.page.evaluate(f"() => window.{MARK} === undefined")
        assert seen.page.locator(MARKUP).count() == 0
        assert [url for url in asked if not url.startswith(own)] == []
        assert not [said for said in seen.wrong if said.startswith(("dialog", "error"))]


START = """async () => {
  const { startRun } = await import("./kit/net.js");
  return startRun("realsyn_takedown", { name: "n" }).catch((error) => error.message);
}"""


@pytest.mark.parametrize(
    ("answers", "came"),
    [
        ([200], "POST"),
        ([503, 200], "POST"),
        ([500, 409], "GET"),
        ([409], "There is one already."),
        ([500, 500, 500], "The server answered with 500. Its log may say why."),
    ],
)
def test_a_run_that_a_stumbling_server_was_asked_for_is_started_once(
    answers: list[int], came: str, chromium: Browser, site: str
) -> None:
    names: list[str] = []

    def airflow(route: Route) -> None:
        asked = route.request
        if asked.method == "POST":
            names.append(asked.post_data_json["dag_run_id"])
        status = answers.pop(0) if asked.method == "POST" else 200
        answer = {"dag_run_id": asked.method} if status == 200 else {}
        route.fulfill(status=status, json=answer)

    with visit(chromium) as seen:
        seen.open(site)
        seen.page.route("**/api/v2/dags/**", airflow)
        started = seen.page.evaluate(START)
    assert came in (started, started["dag_run_id"] if isinstance(started, dict) else None)
    assert not answers and len(set(names)) == 1


MARKUP = "main script, main iframe, main form[action], main base, main meta, main link, main math"


def attacked(route: Route) -> None:
    """Answer as the viewer does, with a payload in every text."""
    answer = route.fetch()
    if answer.status == 200 and "json" in answer.headers.get("content-type", ""):
        route.fulfill(response=answer, body=json.dumps(hostile(json.loads(answer.body()))))
    else:
        route.fulfill(response=answer)


PRESSABLE = """() => {
  const all = [...document.querySelectorAll(
    "main a[href], main button, main input, main select, main summary, main [tabindex]")]
    .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && !e.closest("[inert]"));
  const seen = new Set();
  document.addEventListener("focusin", (event) => seen.add(event.target));
  // A group that arrow keys move through (tabs, a grid) has one stop.
  window.__unreached = () => all.filter((e) => e.isConnected && !seen.has(e) && e.type !== "radio")
    .map((e) => e.outerHTML.slice(0, 120));
  document.activeElement?.blur();
  return all.length;
}"""
FOCUSED = "() => document.activeElement?.outerHTML.slice(0, 200) ?? ''"


def _tabs(page: Any, count: int) -> Any:
    for _ in range(min(count + 40, 400)):
        page.keyboard.press("Tab")
        yield
