"""The stamps' two halves: one goes into the crawl, one is kept for measuring retrieval."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

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
    texts = sorted({_key(s.text) for s in stamps if s.is_photo}, key=_seeded)
    asked = set(texts[: len(texts) // 2])
    held_out = [s for s in stamps if s.is_photo and _key(s.text) in asked]
    pixels = {_digest(s.path) for s in held_out}
    crawled = [s for s in stamps if _key(s.text) not in asked and _digest(s.path) not in pixels]
    return crawled, held_out


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
