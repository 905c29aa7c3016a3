"""A crawl on local disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from realsyn_tasks.formats.documents import CrawlFile


def list_folder(root: Path) -> list[CrawlFile]:
    """All files under `root`, sorted by path. Links that lead out of `root` are left out."""
    inside = root.resolve()
    return sorted(_files(root, inside), key=lambda file: file.path)


def _files(root: Path, inside: Path) -> Iterator[CrawlFile]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            target = Path(os.path.realpath(path))
            if target.is_file() and target.is_relative_to(inside):
                relative = path.relative_to(root).as_posix()
                yield CrawlFile(relative, target.stat().st_size, partial(_open, target))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")
