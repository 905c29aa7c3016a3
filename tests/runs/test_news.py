"""What is new since the last version of a scale: what that was not made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.cli import crawls as commands
from realsyn_tasks.core import include
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generation_path, generations
from realsyn_tasks.datasets import versions
from realsyn_tasks.datasets.manifest import DamagedDataset, name_of
from realsyn_tasks.runs.news import news
from realsyn_tasks.runs.promotion import promote


@pytest.fixture
def published(
    opened: Callable[[str], Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A root of one generation and a version made from it, of a scale that only tests know."""
    known = include.scales() | {"tiny": {"target": 15}}
    monkeypatch.setattr(include, "scales", lambda: known)
    promote(opened("sample"), "sample")
    return tmp_path / "root"


def scale_of(root: Path) -> str:
    [version] = versions.versions(Storage.at(str(root)))
    return version.manifest.scale


def promote_another(root: Path) -> int:
    """Let the corpus grow by a generation; give its number of images."""
    storage = Storage.at(str(root))
    [first] = generations(storage)
    grown = first.model_copy(update={"generation": 2, "digest": "another"})
    storage.replace(generation_path(2), grown.model_dump_json().encode())
    return grown.reference().images


def test_what_a_version_was_made_from_is_not_new(published: Path) -> None:
    scale = scale_of(published)
    told = news(str(published), scale)
    assert (told.images, told.generations) == (0, ())
    assert told.version.startswith(f"{published.as_uri()}/datasets/realsyn-{scale}/v-")


def test_a_crawl_that_has_come_since_is_new(published: Path) -> None:
    images = promote_another(published)
    told = news(str(published), scale_of(published))
    assert images > 0
    assert (told.images, told.generations) == (images, (2,))
    assert told.name == f"{scale_of(published)}-gen-0002"


def test_what_a_smaller_dataset_was_made_from_is_not_new(published: Path) -> None:
    scale = scale_of(published)
    own = published / "datasets" / name_of(scale)
    own.rename(own.with_name(name_of(scale, under=True)))
    told = news(str(published), scale)
    assert (told.images, told.generations) == (0, ())
    assert f"/datasets/realsyn-under-{scale}/v-" in told.version


def test_to_a_scale_without_a_version_everything_is_new(published: Path) -> None:
    [generation] = generations(Storage.at(str(published)))
    told = news(str(published), "30m")
    assert (told.version, told.generations) == ("", (1,))
    assert told.images == generation.reference().images


def test_an_empty_corpus_has_no_news(tmp_path: Path) -> None:
    told = news(str(tmp_path), "demo")
    assert (told.images, told.version, told.name) == (0, "", "demo-gen-0000")


@pytest.mark.parametrize("scale", ["", "many", "15m,30m", "../demo"])
def test_a_scale_that_there_is_none_of_is_refused(scale: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="scale"):
        news(str(tmp_path), scale)


def test_a_pointer_to_nothing_does_not_pass_for_no_version(published: Path) -> None:
    pointer = next(published.glob("datasets/*/latest.json"))
    said = json.loads(pointer.read_text())
    pointer.write_text(json.dumps(said | {"path": "v-gone"}))
    with pytest.raises(DamagedDataset, match="v-gone"):
        news(str(published), scale_of(published))


def test_the_command_tells_people_and_machines(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promote_another(published)
    commands.news(str(published), scale_of(published))
    said = capsys.readouterr()
    assert json.loads(said.out)["generations"] == [2]
    assert "new images of 1 crawls, since file://" in said.err
