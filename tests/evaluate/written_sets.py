"""Evaluation sets for tests, in each layout that there is."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from realsyn_tasks.evaluate.evaluation_sets import Description, PinnedSet, SetFiles
from realsyn_tasks.evaluate.set_layouts import OpenedSet
from tests.extract.pictures import encoded, scene

RETRIEVAL: dict[str, Any] = {
    "about": "pictures with their words",
    "tasks": ("retrieval",),
    "metric": "recall",
    "licence": "CC0-1.0",
    "source": "this test",
}
CLASSIFICATION = RETRIEVAL | {"tasks": ("zero_shot", "linear_probe"), "metric": "accuracy"}
Members = Iterable[tuple[str, bytes]]


def png(seed: int) -> bytes:
    return encoded(scene(seed), "PNG")


def tar(path: Path, members: Members) -> None:
    """Write a tar with these members, whatever they are called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))


def tars(folder: Path, *members: Members, split: str = "test") -> Path:
    """Write a set, or another split of it, as clip-benchmark does."""
    for number, each in enumerate(members):
        tar(folder / split / f"{number}.tar", each)
    (folder / split / "nshards.txt").write_text(f"{len(members)}\n")
    return folder


def captioned(*texts: str, first: int = 0) -> list[tuple[str, bytes]]:
    """Members of one tar: a picture for each text, which may have several lines."""
    return [
        member
        for number, text in enumerate(texts, start=first)
        for member in ((f"s{number:07d}.png", png(number)), (f"s{number:07d}.txt", text.encode()))
    ]


def classified(*classes: int, first: int = 0) -> list[tuple[str, bytes]]:
    """Members of one tar: a picture for each number of a class."""
    return [
        member
        for number, label in enumerate(classes, start=first)
        for member in ((f"s{number}.png", png(number)), (f"s{number}.cls", b"%d" % label))
    ]


def captions_file(folder: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write a set of pictures beside a file of captions."""
    (folder / "test/pictures").mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) for row in rows]
    (folder / "test/captions.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def opened(folder: Path) -> OpenedSet:
    """Open a set as it is now."""
    return OpenedSet(files(folder))


def files(folder: Path) -> SetFiles:
    """List a set as it is now."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in found}
    return SetFiles(uri=str(folder), files=sizes)


def pinned(folder: Path, description: Mapping[str, Any] = RETRIEVAL, **more: Any) -> PinnedSet:
    """Pin a set that include/ does not describe."""
    return PinnedSet(
        name=folder.name,
        uri=str(folder),
        digest=files(folder).digest(),
        description=Description(**description, **more),
    )
