"""A format is one module, one line in the table, and one builder: nothing else names it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from realsyn_tasks import formats
from realsyn_tasks.core import include
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.formats import FormatSpec
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from tests.formats.builders import SITE, Page, Reference
from tests.formats.contract import Case, Contract, pages
from tests.support import run_group


class Toy:
    """The builder of the toy format."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        path = folder / f"{stem}.toy"
        path.write_text("".join(map(self._page, pages)), encoding="utf-8")
        return [path]

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path | None:
        return None

    def _page(self, page: Page) -> str:
        return "\n".join([f"== {SITE}/{page.number}", *map(self._line, page.parts), ""])

    def _line(self, part: str | int | Reference) -> str:
        if isinstance(part, int):
            return f"! {SITE}/pictures/{part:03d}.jpg"
        return f"! {part}" if isinstance(part, Reference) else part


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line of registration."""
    spec = FormatSpec("tests.formats.toy_format", "toy notes", (".toy",), linked_images=True)
    monkeypatch.setitem(formats.FORMATS, "toy", spec)


class TestToy(Contract):
    """The contract, for a format that is new."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Case:
        """The toy format and an empty crawl."""
        return Case("toy", Toy(), tmp_path / "crawl")


def test_a_crawl_of_a_new_format_is_opened_and_parsed(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    Toy().write(tmp_path / "crawl", "notes", pages())
    run = open_extract(str(tmp_path / "root"), str(tmp_path / "crawl"), "new", Choices())
    crawl = crawl_of(run.config.sources)
    assert crawl and crawl.format == "toy"
    assert run.runs("fetch"), "its images are known by address only"
    [report] = run_group(run, "extract", until="parse")["parse"]
    assert not report.failed
    assert Planner(run).status(run.pipeline.stage("parse")).complete
    assert "toy notes" in formats.in_words()


def test_nothing_outside_the_table_names_a_format() -> None:
    names = {"obelics", "mmc4", "html_zip", ".jsonl.gz", ".warc.gz"}
    project = include.include_folder().parent
    rooms = ("realsyn_tasks", "plugins", "dags")
    places = [path for room in rooms for path in project.glob(f"{room}/**/*.py")]
    named = {
        path.relative_to(project).as_posix()
        for path in places
        if path.parent.name != "formats" and any(n in path.read_text().lower() for n in names)
    }
    rules_of_obelics = {"realsyn_tasks/extract/filter_images.py"}
    written_here = {"realsyn_tasks/sample_crawl/__init__.py"}
    assert named == rules_of_obelics | written_here
