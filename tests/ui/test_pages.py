"""Every page in a real browser: by mouse and keys, wide and narrow, light and dark, attacked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.ui.browser import PHONE, visit
from tests.ui.hostile import MARK, hostile
from tests.ui.places import PAGES, addresses


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_a_fault(
    name: str, scheme: Any, chromium: Browser, site: str, looked_at: Path
) -> None:
    with visit(chromium, color_scheme=scheme) as seen:
        seen.open(addresses(site, looked_at)[name])
        assert seen.page.locator("h1").count() == 1
        assert seen.findings() == []
        assert seen.wrong == []


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
    with visit(chromium) as seen:
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.route(lambda url: "/realsyn/api/" in url and "/session" not in url, attacked)
        seen.open(addresses(site, looked_at)[name])
        assert seen.page.evaluate(f"() => window.{MARK} === undefined")
        assert seen.page.locator(MARKUP).count() == 0
        assert [url for url in asked if not url.startswith(own)] == []
        assert not [said for said in seen.wrong if said.startswith(("dialog", "error"))]


MARKUP = "main script, main iframe, main form[action], main base, main meta, main link, main math"


def attacked(route: Route) -> None:
    """Answer as the viewer does, with a payload in every text."""
    answer = route.fetch()
    if answer.status == 200 and "json" in answer.headers.get("content-type", ""):
        route.fulfill(response=answer, body=json.dumps(hostile(json.loads(answer.body()))))
    else:
        route.fulfill(response=answer)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_worked_by_keys_alone(
    name: str, chromium: Browser, site: str, looked_at: Path
) -> None:
    """Whatever a mouse can press is reached by Tab, and one sees where one is."""
    with visit(chromium) as seen:
        seen.open(addresses(site, looked_at)[name])
        pressable = seen.page.evaluate(PRESSABLE)
        reached = {seen.page.evaluate(FOCUSED) for _ in _tabs(seen.page, pressable)}
        assert len(reached) > 3
        unreached = seen.page.evaluate("() => window.__unreached()")
        assert unreached == []


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
