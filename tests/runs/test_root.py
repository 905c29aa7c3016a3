"""The door to all runs of a root."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.root import Runs


def test_runs_are_listed_by_kind(pristine: Path) -> None:
    runs = Runs(str(pristine))
    assert [run.config.name for run in runs.of_kind(EXTRACT)] == ["first", "second"]
    assert [run.config.name for run in runs.of_kind(BUILD)] == ["all"]
    assert [run.folder for run in runs] == ["extracts/first", "extracts/second", "builds/all"]
    assert [run.config.name for run in runs.changeable()] == ["all"], "generations never change"
    assert not runs.due("extract") and not runs.due("sample")


def test_what_is_no_run_is_refused(pristine: Path) -> None:
    for uri in (f"{pristine.as_uri()}/builds/none", f"{pristine.as_uri()}/builds/../corpus", "x"):
        with pytest.raises(ConfigError):
            Runs.at(uri)


@pytest.mark.parametrize("name", ["../../esc", "a/b", "..", "a b\n"])
def test_no_name_leads_out_of_the_root(tmp_path: Path, name: str) -> None:
    root = tmp_path / "inner" / "root"
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    (crawl / "a.html").write_text("<p>Some text stands here.</p>")
    with pytest.raises(ConfigError, match="name"):
        Runs(str(root)).open_extract(crawl.as_uri(), name, Choices())
    assert not any(path.name == "config.json" for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("root", ["s3//bucket/x", "s3:/bucket", "htp://bucket/x"])
def test_a_root_that_is_none_makes_no_folder(
    root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        Runs(root)
    assert not list(tmp_path.iterdir())
