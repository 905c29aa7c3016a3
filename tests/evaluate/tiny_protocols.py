"""A tiny protocol with two tiny evaluation sets, in an include folder of a test's own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml

from realsyn_tasks.core import include
from tests.extract.pictures import encoded, scene

NAME, WORDS, THINGS = "tiny", "words", "things"
QUESTIONS = 4  # of each set
PROTOCOL: dict[str, Any] = {
    "about": "a tiny one",
    "method": "heads",
    "seeds": 2,
    "sets": [WORDS, THINGS],
    "arms": {
        "three": {"texts": {"realistic": 3}},
        "one": {"texts": {"realistic": 1}},
        "shuffled": {"texts": {"realistic": 3}, "shuffled": 1.0},
    },
    "training": {"steps": 40, "batch": 8, "components": 4},
    "statistics": {"resamples": 100},
    "claims": [
        {"name": "more", "words": "three teach more than one", "arm": "three", "than": "one"},
        {"name": "only_words", "words": "", "arm": "three", "than": "one", "sets": [WORDS]},
    ],
}
# So that the loss falls on six pictures, too, whichever they are: the gate asks for that.
LEARNING: dict[str, Any] = {
    **PROTOCOL,
    "training": {"steps": 120, "batch": 8, "learning_rate": 0.02},
}
_SETS: dict[str, dict[str, Any]] = {
    WORDS: {"tasks": ["retrieval"], "metric": "recall"},
    THINGS: {"tasks": ["zero_shot"], "metric": "accuracy", "classes": 2, "templates": "simple"},
}


def write_include(folder: Path, **protocols: dict[str, Any]) -> Path:
    """Make an include folder with these protocols and two sets besides those of the project."""
    folder.mkdir(parents=True)
    for path in include.include_folder().iterdir():
        if path.name not in ("protocols", "evaluation_sets"):
            (folder / path.name).symlink_to(path)
            continue
        (folder / path.name).mkdir()
        for file in path.iterdir():
            (folder / path.name / file.name).symlink_to(file)
    for name, said in {NAME: PROTOCOL, **protocols}.items():
        _write(folder / "protocols" / f"{name}.yaml", said)
    for name, said in _SETS.items():
        about = {"about": name, "licence": "CC0-1.0", "source": "this test"}
        _write(folder / "evaluation_sets" / f"{name}.yaml", about | said)
    return folder


def _write(path: Path, said: dict[str, Any]) -> None:
    path.unlink(missing_ok=True)  # or what a link points at, the project's own, would be written to
    path.write_text(yaml.safe_dump(said), encoding="utf-8")


def write_sets(folder: Path) -> Path:
    """Write the two sets: pictures with a line of text each, and pictures in folders."""
    (folder / WORDS / "test").mkdir(parents=True)
    rows = [{"image": f"{n}.png", "caption": f"a lamp of kind {n}"} for n in range(QUESTIONS)]
    for number, row in enumerate(rows):
        (folder / WORDS / "test" / row["image"]).write_bytes(_picture(number))
    lines = "".join(f"{json.dumps(row)}{os.linesep}" for row in rows)
    (folder / WORDS / "test" / "captions.jsonl").write_text(lines, encoding="utf-8")
    for number in range(QUESTIONS):
        path = folder / THINGS / "test" / ("bell", "lamp")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_picture(10 + number))
    return folder


def _picture(seed: int) -> bytes:
    return encoded(scene(1000 + seed), "PNG")
