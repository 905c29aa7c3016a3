"""Crawls that brought nothing new: noted, so that nobody extracts them again; no generation.

{root}/known/{extract}.json      which crawl, and what of it the corpus holds already
"""

from __future__ import annotations

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.records import derived_record
from realsyn_tasks.core.storage import Storage

FOLDER = "known"


class KnownCrawl(Frozen):
    """A crawl of which no image was new when it was extracted."""

    crawl: str  # URI
    name: str  # of its extract
    why: str


def note(storage: Storage, crawl: KnownCrawl) -> None:
    """Note a crawl; the same again changes nothing."""
    data = crawl.model_dump_json(indent=1).encode()
    path = f"{FOLDER}/{crawl.name}.json"
    storage.sweep(FOLDER)
    if not storage.put_if_absent(path, data) and storage.read(path) != data:
        storage.replace(path, data)


def known_crawls(storage: Storage) -> list[KnownCrawl]:
    """Read the notes of all crawls that brought nothing new."""
    paths = [path for path, _ in storage.listing(FOLDER) if path.endswith(".json")]
    advice = "the crawl is extracted again, and noted again if nothing of it is new"
    notes = [derived_record(storage, path, KnownCrawl, advice) for path in paths]
    return [note for note in notes if note is not None]


def forget(storage: Storage, name: str) -> None:
    """Let a crawl be tried again."""
    storage.delete(f"{FOLDER}/{name}.json")
