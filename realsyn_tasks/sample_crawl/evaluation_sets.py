"""Evaluation sets out of Debian packages, of what the sample crawl leaves out.

Written as clip-benchmark's webdatasets are: a tar of pictures, each with its text or its class.
A set is made whole or not at all, and not again while this recipe stands.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realsyn_tasks.core import closed
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.sample_crawl import RENDERED, held_out, plan
from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.drawings import (
    list_drawings,
    list_others,
    rendered_file,
    title_key,
)
from realsyn_tasks.sample_crawl.packages import FASHION, PACKAGES, fetch
from realsyn_tasks.sample_crawl.split import drawing_halves
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order

RECIPE = "recipe.txt"
TEST, TRAIN = "test", "train"
FASHION_CLASSES = (
    "t-shirt",
    "pair of trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_FILES = {TEST: "t10k", TRAIN: "train"}
_OF_DRAWINGS = ("openclipart-svg", "wordnet-base")
Member = tuple[str, bytes]  # suffix and content
Sample = tuple[Member, ...]


@dataclass(frozen=True)
class Made:
    """A set that is there; `fresh` is False if it had been before."""

    name: str
    folder: Path
    pictures: dict[str, int]  # by split
    fresh: bool


def make(names: Iterable[str], out: Path, cache: Path) -> list[Made]:
    """Make these sets below `out`, all of ours if none is named.

    `cache` keeps unpacked packages. Raises ConfigError for a set that is not ours, and MissingApt
    where a package is neither in the cache nor to be had.
    """
    wanted = list(dict.fromkeys(names)) or list(WRITERS)
    for name in wanted:
        closed.require(name, WRITERS, "realsyn evaluation-sets", what="set to be made")
    return [_made(name, out, cache) for name in wanted]


def _made(name: str, out: Path, cache: Path) -> Made:
    folder = out / name
    fresh = not _is_done(folder)
    if fresh:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".{name}-") as scratch:
            WRITERS[name](Path(scratch) / "new", cache)
            (Path(scratch) / "new" / RECIPE).write_text(f"{plan.SETS_RECIPE}\n")
            if folder.exists():
                folder.rename(Path(scratch) / "old")
            (Path(scratch) / "new").rename(folder)
    return Made(name, folder, _counted(folder), fresh)


def _is_done(folder: Path) -> bool:
    try:
        return (folder / RECIPE).read_text().strip() == str(plan.SETS_RECIPE)
    except OSError:
        return False


def _counted(folder: Path) -> dict[str, int]:
    notes = {split: folder / split / "pictures.txt" for split in (TEST, TRAIN)}
    return {split: int(note.read_text()) for split, note in notes.items() if note.is_file()}


def write_stamps(folder: Path, cache: Path) -> None:
    """Stamps with their lines of text: those that the crawl leaves out."""
    _write_retrieval(folder, held_out(cache))


def write_drawings(folder: Path, cache: Path) -> None:
    """Drawings with their titles: those whose titles no drawing of the crawl has."""
    packages = fetch(cache, [p for p in PACKAGES if p.name in _OF_DRAWINGS])
    root = packages["openclipart-svg"].root
    wordnet = WordNet(packages["wordnet-base"].root / "usr/share/wordnet")
    crawled, _ = drawing_halves(list_drawings(root, wordnet))
    others = list_others(root, wordnet, {title_key(drawing.text) for drawing in crawled})
    shown = (rendered_file(drawing.path, cache / RENDERED) for drawing in crawled)
    seen = {_digest(path) for path in shown if path}
    _write_retrieval(folder, list(_new(others, seen, cache)))


def _new(
    others: Iterable[tuple[Path, str]], seen: set[str], cache: Path
) -> Iterator[tuple[Path, str]]:
    """Render drawings, without those that look like one seen before to the last pixel."""
    for source, title in others:
        path = rendered_file(source, cache / RENDERED)
        if path and _digest(path) not in seen:
            seen.add(_digest(path))
            yield path, title


def write_fashion(folder: Path, cache: Path) -> None:
    """Some of Fashion-MNIST's pictures of both halves: inverted, so dark on white, and large."""
    root = fetch(cache, [FASHION])[FASHION.name].root / "usr/share/datasets/fashion-mnist"
    for split, half in _FILES.items():
        labels = read_idx(root / f"{half}-labels-idx1-ubyte.gz")
        pixels = read_idx(root / f"{half}-images-idx3-ubyte.gz")
        order = hash_order(
            [f"{split}/{number}" for number in range(len(labels))], plan.FASHION_SEED
        )
        rows = bottom_k(order, plan.FASHION_PICTURES).tolist()
        samples = ((("png", _dark(pixels[row])), ("cls", b"%d" % labels[row])) for row in rows)
        _write_split(folder / split, samples)
    _write_lines(folder / "classnames.txt", FASHION_CLASSES)


WRITERS: dict[str, Callable[[Path, Path], None]] = {
    "stamps": write_stamps,
    "drawings": write_drawings,
    "fashion-mnist": write_fashion,
}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzipped file of MNIST's format: bytes in an array of one to three dimensions."""
    data = gzip.decompress(path.read_bytes())
    _, _, kind, dimensions = struct.unpack_from("4B", data)
    if kind != 8 or not 1 <= dimensions <= 3:
        raise ValueError(f"{path} holds no bytes in one to three dimensions")
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _dark(pixels: NDArray[np.uint8]) -> bytes:
    side = (plan.FASHION_SIDE, plan.FASHION_SIDE)
    large = Image.fromarray(255 - pixels).resize(side, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.save(out, "PNG")
    return out.getvalue()


def _write_retrieval(folder: Path, shown: Iterable[tuple[Path, str]]) -> None:
    samples = ((("png", path.read_bytes()), ("txt", text.encode())) for path, text in shown)
    _write_split(folder / TEST, samples)
    _write_lines(folder / "dataset_type.txt", ["retrieval"])


def _write_split(folder: Path, samples: Iterable[Sample]) -> None:
    folder.mkdir(parents=True)
    count = 0
    with closing(TarWriter(folder / "0.tar")) as tar:
        for count, sample in enumerate(samples, start=1):
            for suffix, data in sample:
                tar.add(f"s{count - 1:07d}.{suffix}", data)
    _write_lines(folder / "nshards.txt", ["1"])
    _write_lines(folder / "pictures.txt", [str(count)])


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
