"""A page of a random sample of pairs, which loads nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import gallery
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests.fabricated_contents import Made

Opened = Callable[[str], Workspace]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def build(opened: Opened) -> Workspace:
    return opened("sample")


def page_of(build: Workspace, folder: Path, pairs: int = 9, seed: int = 0) -> str:
    assert gallery.of_build(build, pairs, seed, folder / "page.html") == pairs
    return (folder / "page.html").read_text("utf-8")


@pytest.fixture(params=[False, True], ids=["on its way", "published"])
def shown(request: pytest.FixtureRequest, build: Workspace) -> Workspace:
    if request.param:
        promote(build, "sample")
    return build


def test_it_loads_nothing_and_every_picture_has_words(shown: Workspace, tmp_path: Path) -> None:
    page = page_of(shown, tmp_path)
    assert page.count('<img src="data:image/webp;base64,') == 9
    assert not re.findall(r'(?:src|href|action)="(?!data:image/webp;base64,)', page)
    assert len(re.findall(r'alt="[^"]+"', page)) == 9
    assert "prefers-color-scheme: dark" in page


def test_a_seed_draws_the_same_sample_another_one_another(shown: Workspace, tmp_path: Path) -> None:
    assert page_of(shown, tmp_path) == page_of(shown, tmp_path)
    assert page_of(shown, tmp_path) != page_of(shown, tmp_path, seed=1)


def test_texts_of_the_web_become_no_markup(build: Workspace, tmp_path: Path) -> None:
    def changed(made: Made) -> None:
        fabricated.set_column(made, "pairs", "text1", [HOSTILE] * 8)

    fabricated.damage(build, "score_pairs", changed)
    page = page_of(build, tmp_path, 22)
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page


def test_a_build_without_pairs_is_told(build: Workspace, tmp_path: Path) -> None:
    for stage in build.stages():
        for shard in (0, 1):
            build.ledger(stage.name).revoke(shard)
    with pytest.raises(ConfigError, match="no pairs to show"):
        gallery.of_build(build, 9, 0, tmp_path / "page.html")
