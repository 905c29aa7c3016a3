"""Evaluation sets: what they are (include/evaluation_sets), where they lie, and what they hold.

A set is a folder, or a prefix of a bucket, below that of all sets. Its files are those of
clip-benchmark's webdatasets, or pictures in folders, or a file of captions (set_layouts). What it
holds is noted when an evaluation is opened, and looked at again by whoever reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from realsyn_tasks.core import closed, include
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.evaluate.protocol import Task

FOLDER = "evaluation_sets"  # of include/
VARIABLE = "REALSYN_EVALUATION_SETS"
CONTENT_BYTES = 8 << 30  # of larger sets names and sizes are noted, for to read them takes minutes

Metric = Literal["recall", "accuracy", "mean_per_class", "roc_auc"]
Templates = Literal["openai", "simple"]  # open_clip's: 80 of them, or 7


class Description(Frozen):
    """An evaluation set as include/evaluation_sets/NAME.yaml has it."""

    about: str
    tasks: tuple[Task, ...] = Field(min_length=1)
    metric: Metric  # that is reported of it; recall: of retrieval
    classes: int | None = Field(default=None, ge=2)
    train: int | None = Field(default=None, ge=1)  # pictures, as published
    test: int | None = Field(default=None, ge=1)
    licence: str
    source: str  # where an operator gets it
    made: bool = False  # by `realsyn evaluation-sets`
    templates: Templates = "openai"  # where the set has none of its own
    most_repeats: int | None = Field(default=None, ge=1)  # pictures that may have the same text
    paper: str = ""  # what the paper calls it


class PinnedSet(Frozen):
    """A set as it was when an evaluation was opened."""

    name: str
    uri: str
    digest: str
    description: Description


class SetFiles(Frozen):
    """The files of a set, by path below it with their sizes in bytes."""

    uri: str
    files: dict[str, int]

    def digest(self) -> str:
        """Digest names, sizes and, of sets up to `CONTENT_BYTES`, contents."""
        if sum(self.files.values()) > CONTENT_BYTES:
            return digest(self.files)
        storage = Storage.at(self.uri)
        return digest({path: [size, storage.content(path)] for path, size in self.files.items()})


def names() -> list[str]:
    """Name the sets that are described."""
    return sorted(path.stem for path in (include.include_folder() / FOLDER).glob("*.yaml"))


def describe(name: str) -> Description:
    """Read what a set is; ConfigError names the nearest if there is none, or what is wrong."""
    closed.require(name, names(), f"include/{FOLDER}", what="evaluation set")
    path = include.include_folder() / FOLDER / f"{name}.yaml"
    return closed.validate(Description, include.load(path), str(path))


def folder_of_sets(folder: str = "") -> str:
    """Say where sets lie: a URI or path that was named, or the environment's, or the cache."""
    named = folder or os.environ.get(VARIABLE, "")
    return named.rstrip("/") or str(include.cache_folder().resolve() / "evaluation-sets")


def pin(chosen: Iterable[str], folder: str = "") -> tuple[PinnedSet, ...]:
    """Note what these sets hold, in their order.

    Raises ConfigError where one is not described, or is not there: it says how to get it.
    """
    return tuple(_pinned(name, folder_of_sets(folder)) for name in chosen)


def files_of(pinned: PinnedSet) -> SetFiles:
    """List the files of a set; ConfigError unless it holds what it held when it was pinned."""
    found = _found(pinned.name, pinned.uri, pinned.description)
    if found.digest() != pinned.digest:
        raise ConfigError(
            f"evaluation set {pinned.name} at {pinned.uri} has changed since the evaluation was"
            " opened; open it again, so that its stages use what is there now"
        )
    return found


def _pinned(name: str, folder: str) -> PinnedSet:
    description, uri = describe(name), f"{folder}/{name}"
    found = _found(name, uri, description)
    return PinnedSet(name=name, uri=uri, digest=found.digest(), description=description)


def _found(name: str, uri: str, description: Description) -> SetFiles:
    try:
        listed = Storage.at(uri).listing("", recursive=True)
    except FileNotFoundError:
        listed = []
    files = {path: size for path, size in listed if not _is_hidden(path.split("/"))}
    if not files:
        raise _missing(name, uri, description)
    return SetFiles(uri=uri, files=files)


def _is_hidden(parts: Sequence[str]) -> bool:
    """Tell what is being written, or was left by a file manager."""
    return any(part.startswith(".") for part in parts)


def _missing(name: str, uri: str, description: Description) -> ConfigError:
    way = (
        f"make it: realsyn evaluation-sets {name}"
        if description.made
        else f"get it ({description.source}) and put it there, as docs/evaluation.md says"
    )
    return ConfigError(
        f"evaluation set {name} is not at {uri}; {way}. If it lies elsewhere, name the folder of"
        f" all sets in {VARIABLE} or in the form; or leave {name} out of the evaluation"
    )
