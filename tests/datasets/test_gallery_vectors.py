"""Codes of vectors find most of what is near; vectors are read out of files as they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.datasets import gallery_vectors
from realsyn_tasks.datasets.gallery_vectors import Searcher


@pytest.fixture(scope="module")
def many() -> np.ndarray[Any, Any]:
    """Vectors around 40 directions."""
    rng = np.random.default_rng(3)
    made = rng.normal(size=(40, 32))[rng.integers(0, 40, 6000)] + 0.4 * rng.normal(size=(6000, 32))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def found(vectors: np.ndarray[Any, Any], folder: Path) -> gallery_vectors.Found:
    """Lay vectors into a file, the last first."""
    path = folder / "found"
    vectors[::-1].tofile(path)
    return gallery_vectors.Found(path, vectors.shape[1], np.arange(len(vectors))[::-1])


@pytest.fixture(scope="module")
def coded(many: np.ndarray[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("coded") / "vectors"
    gallery_vectors._write_coded(found(many, path.parent), path)
    return path.read_bytes()


def of_codes(data: bytes) -> Searcher:
    ref = ObjectRef(path="x", size=len(data), sha256="")
    about = gallery_vectors.Vectors(kept="coded", dim=32, known=6000, object=ref)
    return Searcher(about, data)


def test_where_there_are_many_codes_find_most_of_the_nearest(
    many: np.ndarray[Any, Any], coded: bytes
) -> None:
    images, rows = of_codes(coded), many.astype(np.float32)
    assert len(coded) < many.nbytes / 2
    shares = []
    for row in range(0, 6000, 300):
        exact = np.argsort(-(rows @ rows[row]))[:10]
        shares.append(len({*exact} & {*images.near(rows[row], None, 10).rows}) / 10)
    assert np.mean(shares) > 0.5
    assert images.vector(7) @ rows[7] > 0.9


@pytest.mark.parametrize("few", [gallery_vectors.FEW, 10])
def test_codes_are_searched_within_a_mask(
    many: np.ndarray[Any, Any], coded: bytes, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_vectors, "FEW", few)
    mask = np.arange(6000) % 3 == 1
    near = of_codes(coded).near(many[9].astype(np.float32), mask, 20)
    assert len(near.rows) == 20
    assert (near.rows % 3 == 1).all()
    assert (np.diff(near.scores) <= 0).all()


def test_codes_are_made_alike_each_time(
    many: np.ndarray[Any, Any], coded: bytes, tmp_path: Path
) -> None:
    gallery_vectors._write_coded(found(many, tmp_path), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == coded


def test_vectors_in_a_file_are_read_as_they_are_asked_for(
    many: np.ndarray[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = found(many, tmp_path)
    places = np.where(np.arange(len(many)) % 7 == 3, -1, whole.places)
    some = gallery_vectors.Found(whole.path, whole.dim, places)
    expected = np.where(places[:, None] >= 0, many, np.float16(0))
    rows = np.array([5, 3, 5999, 5, 10, 0])
    assert some.of(rows).tobytes() == expected[rows].tobytes()
    monkeypatch.setattr(gallery_vectors, "_AT_ONCE", 500)
    pieces = list(some.pieces())
    assert {len(piece) for piece in pieces} == {500}, "memory holds that many"
    assert np.concatenate(pieces).tobytes() == expected.tobytes()
    gallery_vectors._write_exact(some, tmp_path / "exact")
    np.save(tmp_path / "saved.npy", expected)
    assert (tmp_path / "exact").read_bytes() == (tmp_path / "saved.npy").read_bytes()


def test_lists_grow_with_the_root_of_pairs_up_to_so_many() -> None:
    counts = (39, 40, 6_400, 160_000, 1_048_576, 2_000_000, 20_000_000)
    assert [gallery_vectors.lists_of(n) for n in counts] == [1, 1, 160, 800, 2048, 2048, 2048]
