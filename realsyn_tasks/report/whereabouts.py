"""Where things are published, and of whatever is not, what became of it: by any key.

URLs, domains and hashes are looked up in the indices of the datasets; an id, a sample's key, a
sentence or a phrase is told as `inspection` tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from realsyn_tasks.core.declaration import Pipeline
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.corpus.entries import Meaningless, entry_of
from realsyn_tasks.report import inspection
from realsyn_tasks.report.item_fates import State
from realsyn_tasks.report.item_search import Search
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.takedown import command

MOST_ANSWERS = 20  # to what became of things
NOTHING: dict[str, Any] = {"missing": [], "looked_for": 0, "bad_lines": [], "searched": []}


def find(root: str, pipeline: Pipeline, things: Sequence[str], file: str = "") -> dict[str, Any]:
    """Say of things, and of a file of URLs, domains and hashes, where they are, or why not."""
    named = [thing.strip() for thing in things if thing.strip()]
    if not (named or file):
        raise ConfigError("name something: a URL, domain, hash, id, sample's key, sentence, phrase")
    entries = [thing for thing in named if _is_entry(thing)]
    others = [thing for thing in named if thing not in entries]
    places = command.find(root, entries, file) if entries or file else {**NOTHING, "found": []}
    asked = [*places["missing"], *others][:MOST_ANSWERS]
    search = Search(Runs(root, pipeline)) if asked else None
    answers = [inspection.verdict_of(search, text) for text in asked] if search else []
    published = {answer["asked"] for answer in answers if answer["state"] == State.PUBLISHED}
    missing = [text for text in [*places["missing"], *others] if text not in published]
    looked_for = places["looked_for"] + len(others)
    return {**places, "looked_for": looked_for, "missing": missing, "answers": answers}


def _is_entry(text: str) -> bool:
    try:
        entry_of(text)
    except Meaningless:
        return False
    return True
