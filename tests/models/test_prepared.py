"""Prepared models appear whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import prepared
from realsyn_tasks.models.prepared import Recipe
from realsyn_tasks.models.recipes import RECIPES


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    package = tmp_path / "site" / "some_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (package / "weights.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return Recipe("toy", 1, {"weights": ("some_weights", "weights.bin")})


def copy(sources: Mapping[str, Path], folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "model.bin").write_bytes(sources["weights"].read_bytes() * 2)


def visible(folder: Path) -> list[str]:
    """What is there but for the lock, an empty file."""
    return [path.name for path in folder.iterdir() if path.name != ".toy.lock"]


def test_a_model_is_made_once(tmp_path: Path, recipe: Recipe) -> None:
    assert not prepared.is_made(tmp_path, recipe)
    assert prepared.prepare(tmp_path, recipe, copy)
    assert prepared.is_made(tmp_path, recipe)
    assert not prepared.is_made(tmp_path, replace(recipe, version=2))
    assert not prepared.prepare(tmp_path, recipe, copy)
    folder, identity = prepared.find(tmp_path, recipe)
    assert (folder / "sub" / "model.bin").read_bytes() == b"weightsweights"
    assert identity.startswith("toy-1-")


def test_a_failure_leaves_nothing(tmp_path: Path, recipe: Recipe) -> None:
    def fail(sources: Mapping[str, Path], folder: Path) -> None:
        copy(sources, folder)
        raise RuntimeError("out of disk")

    with pytest.raises(RuntimeError, match="out of disk"):
        prepared.prepare(tmp_path, recipe, fail)
    assert visible(tmp_path / "models") == []
    with pytest.raises(ConfigError, match="toy is missing"):
        prepared.find(tmp_path, recipe)


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, recipe: Recipe) -> None:
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from realsyn_tasks.models import prepared\n"
        "from tests.models.test_prepared import copy\n"
        "def die(sources, folder):\n"
        "    copy(sources, folder)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"recipe = prepared.Recipe({recipe.name!r}, 1, {dict(recipe.sources)!r})\n"
        f"prepared.prepare(Path({str(tmp_path)!r}), recipe, die)\n"
    )
    paths = os.pathsep.join([str(tmp_path / "site"), os.getcwd()])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert visible(tmp_path / "models") == [".toy.new"]
    assert prepared.prepare(tmp_path, recipe, copy)
    assert visible(tmp_path / "models") == ["toy"]


@pytest.mark.parametrize("damage", ["truncated", "deleted", "manifest"])
def test_damage_is_noticed_and_mended(tmp_path: Path, recipe: Recipe, damage: str) -> None:
    prepared.prepare(tmp_path, recipe, copy)
    folder = prepared.folder_of(tmp_path, recipe)
    model = folder / "sub" / "model.bin"
    if damage == "truncated":
        model.write_bytes(b"weig")
    elif damage == "deleted":
        model.unlink()
    else:
        (folder / prepared.MANIFEST).write_text("{")
    with pytest.raises(ConfigError, match="make models"):
        prepared.find(tmp_path, recipe)
    assert prepared.prepare(tmp_path, recipe, copy)
    assert prepared.find(tmp_path, recipe)[0] == folder


def test_other_sources_make_another_model(tmp_path: Path, recipe: Recipe) -> None:
    prepared.prepare(tmp_path, recipe, copy)
    before = prepared.find(tmp_path, recipe)[1]
    prepared.source("some_weights", "weights.bin").write_bytes(b"retrained")
    assert prepared.prepare(tmp_path, recipe, copy)
    folder, after = prepared.find(tmp_path, recipe)
    assert after != before
    assert (folder / "sub" / "model.bin").read_bytes() == b"retrained" * 2


def test_a_newer_recipe_outdates_what_is_there(tmp_path: Path, recipe: Recipe) -> None:
    prepared.prepare(tmp_path, recipe, copy)
    newer = replace(recipe, version=2)
    with pytest.raises(ConfigError, match="toy is outdated"):
        prepared.find(tmp_path, newer)
    assert prepared.prepare(tmp_path, newer, copy)
    assert prepared.find(tmp_path, newer)[1].startswith("toy-2-")


def test_several_at_once_leave_one_whole_model(tmp_path: Path, recipe: Recipe) -> None:
    with ThreadPoolExecutor(8) as pool:
        tries = pool.map(lambda _: prepared.prepare(tmp_path, recipe, copy), range(16))
        made = sorted(tries, reverse=True)
    assert visible(tmp_path / "models") == ["toy"]
    assert made == [True] + [False] * 15
    prepared.find(tmp_path, recipe)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    recipe = Recipe("toy", 1, {"weights": ("no_such_weights", "weights.bin")})
    with pytest.raises(ConfigError, match=r"no_such_weights with weights.bin is not installed"):
        prepared.prepare(tmp_path, recipe, copy)


def test_the_manifest_tells_sources_and_files(cache: Path) -> None:
    for recipe in RECIPES:
        folder = prepared.folder_of(cache, recipe)
        manifest = json.loads((folder / prepared.MANIFEST).read_text())
        assert set(manifest["sources"]) == set(recipe.sources)
        present = {
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        }
        assert set(manifest["files"]) == present - {prepared.MANIFEST}
        for name, told in manifest["files"].items():
            assert told["size"] == (folder / name).stat().st_size
