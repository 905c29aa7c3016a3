"""A browser for tests of pages: Chromium, driven by Playwright, that notes what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

SERIOUS = ("serious", "critical")
PHONE = ViewportSize(width=390, height=844)
SCREEN = ViewportSize(width=1280, height=900)
IDLE = "() => !document.querySelector('main .skeleton, main [aria-busy=true]')"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium; an error that says what is missing where there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "pages are tested in Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """One page that was opened, and what went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def open(self, address: str) -> Visit:
        """Go to an address and wait until the page has what it shows."""
        self.page.goto(address)
        self.page.wait_for_selector("main h1")
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(IDLE)
        return self

    def findings(self) -> list[str]:
        """Name what axe-core holds to be a serious fault, with its first place."""
        violations = Axe().run(self.page).response["violations"]
        return [
            f"{v['id']}: {v['help']} ({v['nodes'][0]['html'][:160]})"
            for v in violations
            if v["impact"] in SERIOUS
        ]

    def overflow(self) -> int:
        """Give by how many pixels the page is wider than its window."""
        script = "() => document.documentElement.scrollWidth - window.innerWidth"
        return max(0, int(self.page.evaluate(script)))


@contextmanager
def visit(browser: Browser, viewport: ViewportSize = SCREEN, **options: Any) -> Iterator[Visit]:
    """Open an empty page in a context of its own."""
    context: BrowserContext = browser.new_context(viewport=viewport, **options)
    try:
        yield Visit(context.new_page())
    finally:
        context.close()
