"""The receipt of a request: what was found where, for whoever asked and for the file.

    {root}/takedowns/receipts/{request}/{state}.json, .html
    {root}/takedowns/previews/...                              the same of a dry run

It tells no time: the note is the operator's place for dates and case numbers. Things differ later,
as when a new version is published; then the same request again gives another receipt beside this.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from realsyn_tasks.core import templates
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.entries import printable
from realsyn_tasks.corpus.tombstones import FOLDER


def store(storage: Storage, facts: dict[str, Any]) -> dict[str, str]:
    """Write a receipt, or the preview of what is not in force; give the URIs of page and JSON."""
    name = "receipt" if facts["number"] else "preview"
    path = f"{FOLDER}/{name}s/{facts['request']}/{digest(facts)[:12]}"
    data = json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False).encode()
    storage.replace(f"{path}.html", render(facts).encode())
    storage.replace(f"{path}.json", data)
    uri = f"{storage.uri}/{path}"
    return {name: f"{uri}.html", f"{name}_json": f"{uri}.json"}


def pages(storage: Storage, request: str) -> list[str]:
    """Give the paths of a request's receipts, in the order of their names."""
    listed = storage.listing(f"{FOLDER}/receipts/{request}")
    return sorted(path for path, _ in listed if path.endswith(".html"))


def render(facts: dict[str, Any]) -> str:
    """Give the page; everything on it is escaped, and nothing on it is a link."""
    environment = templates.environment(Path(__file__).parent)
    environment.filters["plain"] = lambda value: printable(str(value))
    return str(environment.get_template("receipt.html").render(found=facts))
