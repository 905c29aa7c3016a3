"""What people said of the texts of pairs, beside the pairs; and what they say now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement, Label, Labels

JUDGED = ("text1", "text2", "text3", "syn_text")


Marks = dict[tuple[str, str], list[dict[str, str]]]  # by image and text: judgement and who


_KNOWN: Recent[Marks] = Recent(4)


def marks_of(known: Marks, row: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Give what was said of each text of a pair, by its column."""
    said = {name: known.get((row["image_id"], row.get(name) or ""), []) for name in JUDGED}
    return {name: marks for name, marks in said.items() if marks}


def known_in(storage: Storage) -> Marks:
    """Give all that was said in a root."""
    tags = tuple(sorted(storage.tags(labels.FOLDER).items()))
    if not all(tag for _, tag in tags):
        return _read(storage)
    return _KNOWN.of((storage.uri, tags), lambda: _read(storage))


def _read(storage: Storage) -> Marks:
    said: Marks = {}
    for page in labels.read(storage):
        for label in page.labels:
            mark = {"judgement": label.judgement.value, "who": page.who}
            said.setdefault((label.image_id, label.text), []).append(mark)
    return said


def mark(
    storage: Storage, build: str, row: Mapping[str, Any], column: str, judgement: str, by: str
) -> dict[str, Any]:
    """Keep what a person says of a text, in place of what the same one said before.

    An empty judgement takes it back. ConfigError for what is no text, or no judgement.
    """
    if column not in JUDGED or not row.get(column):
        names = ", ".join(name for name in JUDGED if row.get(name))
        raise ConfigError(f"{column!r} is no text of this pair; it has: {names or 'none'}")
    who = by.strip()[:80]
    labels.take_back(storage, who, row["image_id"], row[column])
    if judgement:
        said = Label(image_id=row["image_id"], text=row[column], judgement=_judgement(judgement))
        labels.add(storage, Labels(build=build, who=who, labels=(said,)))
    return {"marks": marks_of(known_in(storage), row)}


def _judgement(word: str) -> Judgement:
    try:
        return Judgement(word)
    except ValueError:
        raise ConfigError(f"{word!r} is no judgement: right, partly or wrong") from None
