"""Ways in which a published file is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path], object]

TABLE, TAR = "data/train-00000-of-00002.parquet", "webdataset/00001.tar"
DATA = (TABLE, TAR)
SAID = ("README.md", "report.html", "attachments.json")
POINTER = "../latest.json"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _nulled(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _deleted(path: Path) -> None:
    path.unlink()


DAMAGES: dict[str, Damage] = {
    "deleted": _deleted,
    "cut": _cut,
    "emptied": _emptied,
    "nulled": _nulled,
    "flipped": _flipped,
}
