"""The receipt of a request: what was found where, for whoever asked and for the file.

    {root}/takedowns/receipts/{request}/{state}.json, .html
    {root}/takedowns/previews/...                              the same of a dry run

It tells no time: the note is the operator's place for dates and case numbers. Things differ later,
as when a new version is published; then the same request again gives another receipt beside this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from realsyn_tasks.core import templates
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.entries import printable
from realsyn_tasks.corpus.tombstones import FOLDER
from realsyn_tasks.takedown.preview import without_contents

MOST_SHOWN = 5000  # rows of a table of the page; the JSON has more
PREVIEWS = f"{FOLDER}/previews"


def store(
    storage: Storage, facts: dict[str, Any], pictures: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Write a receipt, or the preview of what is not in force; give the URIs of page and JSON.

    `pictures` are data: URIs by id, which stand in the page alone.
    """
    name = "receipt" if facts["number"] else "preview"
    path = f"{FOLDER}/{name}s/{facts['request']}/{digest(facts)[:12]}"
    _write(storage, path, facts, pictures)
    uri = f"{storage.uri}/{path}"
    return {name: f"{uri}.html", f"{name}_json": f"{uri}.json"}


def empty_previews(storage: Storage) -> None:
    """Take pictures and texts out of all previews: something in them has been taken down."""
    listed = (storage.listing(folder) for folder in storage.folders(PREVIEWS))
    for path in sorted(path for files in listed for path, _ in files):
        if path.endswith(".json"):
            facts = json.loads(storage.read(path))
            for item in facts["corpus"]:
                item["rows"] = without_contents(item["rows"])
            _write(storage, path.removesuffix(".json"), facts, {})


def _write(storage: Storage, path: str, facts: dict[str, Any], pictures: Mapping[str, str]) -> None:
    data = json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False).encode()
    storage.replace(f"{path}.html", render(facts, pictures).encode())
    storage.replace(f"{path}.json", data)


def pages(storage: Storage, request: str) -> list[str]:
    """Give the paths of a request's receipts, in the order of their names."""
    listed = storage.listing(f"{FOLDER}/receipts/{request}")
    return sorted(path for path, _ in listed if path.endswith(".html"))


def render(facts: dict[str, Any], pictures: Mapping[str, str] = MappingProxyType({})) -> str:
    """Give the page; everything on it is escaped, and nothing on it is a link."""
    environment = templates.environment(Path(__file__).parent)
    environment.filters["plain"] = lambda value: printable(str(value))
    return str(
        environment.get_template("receipt.html").render(
            found=facts, pictures=pictures, most=MOST_SHOWN
        )
    )
