"""What people say of images and texts: whether a text is right about a picture.

    {root}/labels/{digest}.json     the judgements of one reading of a page (`realsyn label`), or a
                                    mark that somebody set at a pair in the UI

A file is named by its content, so reading the same page twice leaves one. No stage reads labels:
they change no byte of any dataset, only what is known about it.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.ids import ID_LENGTH, digest, sentence_id
from realsyn_tasks.core.records import parsed
from realsyn_tasks.core.storage import Storage

FOLDER = "labels"
MOST = 10_000  # judgements of one file
_ADVICE = "remove it, and read the page's file again (`label --read`)"

Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=80, pattern=r"^[^\x00-\x1f]*$")
]


class Judgement(StrEnum):
    """What a person says of a text under a picture."""

    RIGHT = "right"  # true of what is pictured
    PARTLY = "partly"  # of the same kind or topic, but vague, or off in a detail
    WRONG = "wrong"


class Label(Frozen):
    """One judgement of one person."""

    image_id: str = Field(pattern=f"^[0-9a-f]{{{ID_LENGTH}}}$")
    text: Text
    judgement: Judgement


class Labels(Frozen):
    """What one person judged on one page."""

    build: str = Field(max_length=200)
    who: Name = ""
    labels: tuple[Label, ...] = Field(max_length=MOST)


def add(storage: Storage, labels: Labels) -> str:
    """Store judgements beside those there are; give their path."""
    storage.sweep(FOLDER)
    path = f"{FOLDER}/{digest(labels.model_dump(mode='json'))[:ID_LENGTH]}.json"
    storage.put_if_absent(path, labels.model_dump_json(indent=1).encode())
    return path


def read(storage: Storage) -> list[Labels]:
    """Read all judgements there are; DamagedRecord where a file is none."""
    files = sorted(storage.contents(FOLDER))
    return [parsed(data, f"{storage.uri}/{path}", Labels, _ADVICE) for path, data in files]


def take_back(storage: Storage, who: str, image: str, text: str) -> int:
    """Remove what a person said of one pair; give how often it was said."""
    return _remove(
        storage, lambda page, label: (page.who, label.image_id, label.text) == (who, image, text)
    )


def count_of(storage: Storage, ids: Set[str]) -> int:
    """Count the judgements of images and sentences."""
    every = (label for page in read(storage) for label in page.labels)
    return sum(bool({*_ids_of(label)} & ids) for label in every)


def forget(storage: Storage, ids: Set[str]) -> int:
    """Remove the judgements of images and sentences; give how many there were.

    What is left of a file is stored first, so that a kill in between forgets nothing else.
    """
    return _remove(storage, lambda page, label: bool({*_ids_of(label)} & ids))


def _remove(storage: Storage, goes: Callable[[Labels, Label], bool]) -> int:
    removed = 0
    for path, data in sorted(storage.contents(FOLDER)):
        page = parsed(data, f"{storage.uri}/{path}", Labels, _ADVICE)
        left = tuple(label for label in page.labels if not goes(page, label))
        if len(left) == len(page.labels):
            continue
        if left:
            add(storage, page.model_copy(update={"labels": left}))
        storage.delete(path)
        removed += len(page.labels) - len(left)
    return removed


def _ids_of(label: Label) -> tuple[str, str]:
    return label.image_id, sentence_id(label.text)
