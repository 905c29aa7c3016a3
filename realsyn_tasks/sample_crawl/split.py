"""Halves of the stamps and of the drawings: one for the crawl, one for measuring retrieval."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from realsyn_tasks.sample_crawl.drawings import Drawing, title_key
from realsyn_tasks.sample_crawl.plan import DRAWN, NEVER_USED, SPLIT_SEED


@dataclass(frozen=True)
class Stamp:
    """A picture, its line of description, and its folder in the collection (animals/birds)."""

    path: Path
    text: str
    folder: str

    @property
    def is_photo(self) -> bool:
        return not set(DRAWN) & set(self.folder.split("/"))


Shown = TypeVar("Shown", Stamp, Drawing)


def list_stamps(root: Path) -> list[Stamp]:
    """All described stamps of an unpacked tuxpaint-stamps-default, sorted by path."""
    top = root / "usr/share/tuxpaint/stamps"
    stamps = []
    for path in sorted(top.rglob("*.png")):
        folder = path.parent.relative_to(top).as_posix()
        text = _description(path.with_suffix(".txt"))
        if text and not set(NEVER_USED) & set(folder.split("/")):
            stamps.append(Stamp(path, text, folder))
    return stamps


def halves(stamps: list[Stamp]) -> tuple[list[Stamp], list[Stamp]]:
    """Stamps for the crawl, and stamps held out for the retrieval check.

    Photos are split by distinct text, so that no text is on both sides; drawings are never held
    out, and where one has the text of a held-out photo it is used on neither side. The same goes
    for pictures that are the same bytes.
    """
    asked = _asked(_key(stamp.text) for stamp in stamps if stamp.is_photo)
    held_out = [s for s in stamps if s.is_photo and _key(s.text) in asked]
    others = [stamp for stamp in stamps if _key(stamp.text) not in asked]
    return _unlike(others, held_out), held_out


def drawing_halves(drawings: Sequence[Drawing]) -> tuple[list[Drawing], list[Drawing]]:
    """Drawings for the crawl, and drawings held out, split by what their titles say."""
    asked = _asked(title_key(drawing.text) for drawing in drawings)
    held_out = [drawing for drawing in drawings if title_key(drawing.text) in asked]
    others = [drawing for drawing in drawings if title_key(drawing.text) not in asked]
    return _unlike(others, held_out), held_out


def _asked(texts: Iterable[str]) -> set[str]:
    """Half of the distinct texts; which, hangs on the texts alone."""
    distinct = sorted(set(texts), key=_seeded)
    return set(distinct[: len(distinct) // 2])


def _unlike(shown: list[Shown], held_out: list[Shown]) -> list[Shown]:
    """What is not, byte for byte, held out."""
    pictures = {_digest(item.path) for item in held_out}
    return [item for item in shown if _digest(item.path) not in pictures]


def _description(path: Path) -> str:
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return " ".join(lines[0].split()) if lines else ""


def _key(text: str) -> str:
    return text.casefold().strip(" .!")


def _seeded(text: str) -> str:
    return hashlib.sha256(f"{SPLIT_SEED}:{text}".encode()).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
