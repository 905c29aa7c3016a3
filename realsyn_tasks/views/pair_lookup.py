"""What the words in the search box mean: an address, an id, a key, or a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core.ids import ID_LENGTH
from realsyn_tasks.corpus.entries import DOMAIN, IMAGE, Entry, Meaningless, entry_of, printable
from realsyn_tasks.corpus.matches import domains_of, url_key
from realsyn_tasks.datasets import index
from realsyn_tasks.datasets.gallery_index import Gallery
from realsyn_tasks.views.background import Background

KEY, TEXT = "key", "text"
_KEY = re.compile(r"\d{10}")
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.I)
_ROWS = Background(most=64)
_TEXTS = ("text1", "text2", "text3", "syn_text", "recaption", "caption", "alt", "title")


@dataclass(frozen=True)
class Meaning:
    """What the words are: their kind, and the entries that they may stand for."""

    kind: str  # key | url | domain | sha256 | md5 | image | text
    words: str
    entries: tuple[Entry, ...] = ()


def meaning_of(words: str) -> Meaning:
    """Tell what somebody has typed; what is nothing else is a text."""
    typed = printable(words.strip())
    if _KEY.fullmatch(typed):
        return Meaning(KEY, typed)
    if any(char.isspace() for char in typed) and ":" not in typed.split()[0]:
        return Meaning(TEXT, typed)
    try:
        entry = entry_of(typed)
    except Meaningless:
        return Meaning(TEXT, typed)
    if entry.kind == DOMAIN and not (":" in typed or _HOST.fullmatch(typed)):
        return Meaning(TEXT, typed)
    same = (Entry(IMAGE, entry.value),) if len(entry.value) == ID_LENGTH else ()
    return Meaning(entry.kind, typed, (entry, *same))


def rows_of(gallery: Gallery, meaning: Meaning) -> Any | None:
    """Give the rows of a version that an address, id or key stands for; None while looking."""
    if meaning.kind == KEY:
        row = gallery.row_of(meaning.words)
        return np.array([] if row is None else [row], dtype=np.int64)
    key = (gallery.version.uri, meaning.entries)
    return _ROWS.ready(key, lambda: _looked_up(gallery, meaning.entries))


def _looked_up(gallery: Gallery, entries: tuple[Entry, ...]) -> Any:
    version = gallery.version
    keys = [index.key_of(entry) for entry in entries]
    hits = index.look_up(version.storage, index.of_version(version), keys)
    kinds = {int(what) for entry in entries for what in index.OF_KIND[entry.kind]}
    hits = hits[np.isin(hits["what"], sorted(kinds))]
    rows = gallery.starts[hits["shard"].astype(np.int64)] + hits["row"].astype(np.int64)
    return np.unique(rows)


def mask_of(pictures: pa.Table, meaning: Meaning) -> Any:
    """Say which pictures of a build's window are meant; texts have the words in them; (n,) bool."""
    if meaning.kind == TEXT:
        return _having(pictures, meaning.words.casefold())
    wanted = {entry.value for entry in meaning.entries} | {meaning.words}
    ids = [name in wanted for name in pictures["image_id"].to_pylist()]
    addresses = [pictures[name].to_pylist() for name in ("url", "document_url")]
    for column in addresses:
        ids = [
            known or bool({url_key(each), *domains_of(each)} & wanted)
            for known, each in zip(ids, column, strict=True)
        ]
    by_text = [bool(wanted & set(each or ())) for each in pictures["sentence_ids"].to_pylist()]
    return np.array(ids, dtype=bool) | np.array(by_text, dtype=bool)


def _having(pictures: pa.Table, words: str) -> Any:
    mask = np.zeros(pictures.num_rows, dtype=bool)
    for name in _TEXTS:
        mask |= np.array([words in (t or "").casefold() for t in pictures[name].to_pylist()], bool)
    return mask
