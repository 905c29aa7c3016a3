"""Evaluation sets out of packages."""

from __future__ import annotations

import gzip
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.evaluation_sets import files_of, pin
from realsyn_tasks.evaluate.set_layouts import Item, OpenedSet, classes_of
from realsyn_tasks.pictures.pixels import decode
from realsyn_tasks.sample_crawl import evaluation_sets, plan
from realsyn_tasks.sample_crawl.drawings import list_others, title_key
from realsyn_tasks.sample_crawl.evaluation_sets import make, read_idx
from tests.sample_crawl.small import write_wordnet

FASHION = "packages/dataset-fashion-mnist_1.0/usr/share/datasets/fashion-mnist"
CLASSES = 10


def write_idx(path: Path, values: np.ndarray[Any, Any]) -> None:
    head = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(head + values.astype(np.uint8).tobytes()))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages of which Fashion-MNIST has 30 pictures in each half."""
    cache = tmp_path_factory.mktemp("debian")
    for half in ("t10k", "train"):
        labels = np.arange(30) % CLASSES
        pixels = np.zeros((30, 28, 28)) + labels[:, None, None] * 20
        write_idx(cache / FASHION / f"{half}-labels-idx1-ubyte.gz", labels)
        write_idx(cache / FASHION / f"{half}-images-idx3-ubyte.gz", pixels)
    return cache


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "FASHION_PICTURES", 12)


def items(out: Path, name: str, split: str = "test") -> list[Item]:
    layout = OpenedSet(files_of(*pin([name], str(out)))).layout
    return [i for i in layout.items(split, set(layout.names(split))) if isinstance(i, Item)]


def test_fashion_is_dark_on_white_and_as_large_as_encoders_like(
    cache: Path, tmp_path: Path
) -> None:
    [made] = make(["fashion-mnist"], tmp_path, cache)
    assert made.pictures == {"test": 12, "train": 12}
    named = classes_of(OpenedSet(files_of(*pin(["fashion-mnist"], str(tmp_path)))))
    assert len(named) == CLASSES
    for item in (*items(tmp_path, "fashion-mnist"), *items(tmp_path, "fashion-mnist", "train")):
        picture = decode(item.picture)
        assert picture.size == (224, 224)
        assert np.asarray(picture).mean() == 255 - 20 * named.index(item.label)


def test_a_set_is_made_once_and_the_same_everywhere(cache: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert make(["fashion-mnist"], tmp_path / name, cache)[0].fresh
    again = make(["fashion-mnist"], tmp_path / "a", tmp_path / "no packages are needed")
    assert not again[0].fresh
    digests = [pin(["fashion-mnist"], str(tmp_path / name))[0].digest for name in ("a", "b")]
    assert digests[0] == digests[1]


def test_another_recipe_makes_it_anew(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(["fashion-mnist"], tmp_path, cache)
    monkeypatch.setattr(plan, "SETS_RECIPE", plan.SETS_RECIPE + 1)
    assert make(["fashion-mnist"], tmp_path, cache)[0].fresh
    assert [path.name for path in tmp_path.iterdir()] == ["fashion-mnist"]


def test_what_breaks_off_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(pixels: Any) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluation_sets, "_dark", breaks)
    with pytest.raises(KeyboardInterrupt):
        make(["fashion-mnist"], tmp_path, cache)
    assert list(tmp_path.iterdir()) == []


def test_only_our_sets_are_made(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fashion-mnist"):
        make(["fashion-mnits"], tmp_path, cache)


def test_bytes_that_are_no_idx_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"\0\0\x0d\x01\0\0\0\1abcd"))
    with pytest.raises(ValueError, match="no bytes in one to three dimensions"):
        read_idx(tmp_path / "x.gz")


SVG = (
    '<svg width="9" height="9"><metadata><dc:title>{}</dc:title>'
    '<cc:license rdf:resource="http://web.resource.org/cc/PublicDomain"/></metadata>{}</svg>'
)


def test_drawings_are_asked_for_by_titles_that_the_crawl_lacks(tmp_path: Path) -> None:
    titles = {
        "a": "Pear", "b": "mouse 1", "c": "Mouse 2", "d": "Pear di montagna", "e": "Fancy unknown",
        "f1": "glass", "f2": "Glass", "f3": "glass 3", "f4": "the glass", "g": "Big hammer",
    }  # fmt: skip
    folder = tmp_path / "usr/share/openclipart/svg/food"
    folder.mkdir(parents=True)
    for name, title in titles.items():
        (folder / f"{name}.svg").write_text(
            SVG.format(title, name).replace("cc:license", "license")
        )
    found = list_others(tmp_path, write_wordnet(tmp_path / "wordnet"), {title_key("Pears")})
    assert [(path.stem, title) for path, title in found] == [("g", "Big hammer"), ("b", "Mouse")]
    assert Counter(title_key(title) for _, title in found).most_common(1)[0][1] == 1
