"""A page of a random sample of pairs: one file with their pictures in it, which loads nothing.

Of a published version, or of a build on its way, where each picture says how far it came. All texts
on it come from the web and are escaped; pictures are encoded anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realsyn_tasks.core import chunks
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets import gallery_index
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report import pair_steps
from realsyn_tasks.report.page import environment
from realsyn_tasks.report.pictures import thumbnail
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order, row_order

SIDE = 320  # px, of the pictures, at most


@dataclass(frozen=True)
class Shown:
    """A pair as the page shows it."""

    picture: str  # data URI; empty where it cannot be shown
    row: Mapping[str, Any]

    @property
    def alt(self) -> str:
        """Say what is pictured, in the words of its own page."""
        tags = ", ".join((self.row.get("tags") or [])[:3])
        return self.row.get("alt") or self.row.get("caption") or tags or "a picture without words"

    @property
    def texts(self) -> Iterator[tuple[str, str, float | None]]:
        """Give the texts with what they are, and their cosines with the picture."""
        scores = list(self.row.get("realistic_scores") or [])
        for place, name in enumerate(("text1", "text2", "text3")):
            if self.row.get(name):
                yield name, self.row[name], scores[place] if place < len(scores) else None
        if self.row.get("syn_text"):
            yield "synthetic", self.row["syn_text"], self.row.get("syn_score")
        for name in ("recaption", "caption", "alt"):
            if self.row.get(name):
                yield name, self.row[name], None


def of_version(version: Version, pairs: int, seed: int, out: Path) -> int:
    """Write the page of so many random pairs of a version; give how many there are on it."""
    gallery = gallery_index.opened(version)
    rows = bottom_k(row_order(gallery.known.pairs, seed), pairs).tolist()
    shown = [Shown(thumbnail(gallery.picture(row), SIDE), gallery.about(row)) for row in rows]
    return _write(version.path.split("/", 1)[1], gallery.known.pairs, shown, out)


def of_build(run: Workspace, pairs: int, seed: int, out: Path) -> int:
    """Write it of what a build has published or, before, of all pictures that have a text1.

    Of a large build's some shards are drawn from. ConfigError where there are none.
    """
    if note := published(run):
        return of_version(Version(run.storage, note.path), pairs, seed, out)
    shown, known = _on_the_way(run, pairs, seed)
    return _write(run.config.name, known, shown, out)


def _on_the_way(run: Workspace, pairs: int, seed: int) -> tuple[list[Shown], int]:
    shards = pair_steps.shards_of(run)
    parts, known = [], 0
    for shard in bottom_k(row_order(shards, seed), shards).tolist():
        pictures = pair_steps.of_shard(run, shard)
        matched = np.flatnonzero([bool(text) for text in pictures["text1"].to_pylist()])
        parts.append(chunks.taken(pictures, matched))
        known += len(matched)
        if known >= max(pairs, pair_steps.WINDOW):
            break
    rows = [row for part in parts for row in part.to_pylist()]
    order = bottom_k(hash_order([row["image_id"] for row in rows], seed), pairs) if rows else ()
    drawn = [rows[place] for place in order]
    return [Shown(thumbnail(pair_steps.picture_of(run, row), SIDE), row) for row in drawn], known


def _write(name: str, known: int, shown: list[Shown], out: Path) -> int:
    if not shown:
        raise ConfigError(f"{name} has no pairs to show: run its group retrieve first")
    template = environment(autoescape=True).get_template("gallery.html")
    out.write_text(template.render(name=name, known=known, shown=shown), encoding="utf-8")
    return len(shown)
