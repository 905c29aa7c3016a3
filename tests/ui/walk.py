"""A person in Airflow's UI: what she presses is counted, and how long each task takes her.

With REALSYN_WALK_PICTURES=DIR each task leaves a picture of the screen there, as it was in the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Locator

from tests.ui.browser import Visit

PATIENCE = 120_000  # ms; what runs in Airflow takes its time
PICTURES = "REALSYN_WALK_PICTURES"
FRAME = "iframe[src*='realsyn/ui']"


@dataclass
class Task:
    """What one task took."""

    name: str
    clicks: int = 0
    seconds: float = 0.0


@dataclass
class Walk:
    """Works the pages within Airflow's frame by what stands on them."""

    seen: Visit
    tasks: list[Task] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen.page.set_default_timeout(PATIENCE)

    @property
    def frame(self) -> FrameLocator:
        """The pages, as they stand in Airflow."""
        return self.seen.page.frame_locator(FRAME)

    @contextmanager
    def task(self, name: str) -> Iterator[Task]:
        """Count what is pressed, and the seconds until all of it is there."""
        self.tasks.append(Task(name))
        started = time.monotonic()
        try:
            yield self.tasks[-1]
        except Exception as error:
            error.add_note(f"the screen says: {self._alerts()}")
            raise
        finally:
            self.tasks[-1].seconds = time.monotonic() - started
            self._keep_picture()

    def enter(self) -> None:
        """Press RealSyn in Airflow's own menu."""
        self.press(self.seen.page.get_by_role("link", name="RealSyn", exact=True))
        self.frame.locator("h1").wait_for()

    def go(self, title: str) -> None:
        """Press a page's name in the bar."""
        self.press(
            self.frame.get_by_role("navigation", name="Pages").get_by_text(title, exact=True)
        )

    def builds(self) -> None:
        """Go to the list of builds, which is there at once where none is chosen."""
        self.go("Build")
        others, all_of_them = (
            self.frame.get_by_role("link", name="All builds"),
            "Builds and extracts",
        )
        others.or_(self.frame.get_by_text(all_of_them, exact=True)).first.wait_for()
        if others.count():
            self.press(others)

    def button(self, name: Any, exact: bool = False) -> None:
        """Press the first button of a name."""
        self.press(self.frame.get_by_role("button", name=name, exact=exact).first)

    def confirm(self, name: str) -> None:
        """Press the button of a dialog that does what it says."""
        self.press(self.frame.get_by_role("dialog").get_by_role("button", name=name, exact=True))

    def link(self, name: Any) -> None:
        """Press the first link of a name."""
        self.press(self.frame.get_by_role("link", name=name, exact=True).first)

    def fill(self, label: str, text: str) -> None:
        """Write into a field; it counts as one press."""
        fields = self.frame.locator("input, textarea, select")
        self.frame.get_by_label(label).and_(fields).first.fill(text)
        self._count()

    def choose(self, label: str, option: str) -> None:
        """Choose in a list; it counts as one press."""
        self.frame.get_by_role("combobox", name=label).first.select_option(option)
        self._count()

    def press(self, what: Locator) -> None:
        """Press something."""
        what.click()
        self._count()

    def read(self, text: Any) -> str:
        """Wait until a text stands there; give it."""
        where = self.frame.locator("main").get_by_text(text).first
        where.wait_for()
        return where.inner_text()

    def _count(self) -> None:
        if self.tasks:
            self.tasks[-1].clicks += 1

    def _alerts(self) -> list[str]:
        """Give what dialogs and notes say."""
        return self.frame.locator("dialog, #toasts").all_inner_texts()

    def _keep_picture(self) -> None:
        """Save the screen where somebody wants to look at it."""
        if folder := os.environ.get(PICTURES):
            name = f"{len(self.tasks):02}-{self.tasks[-1].name.replace(' ', '-')}.png"
            self.seen.page.screenshot(path=Path(folder, name))
