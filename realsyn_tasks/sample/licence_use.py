"""Under which licences, and from which hosts, the pictures and texts of a dataset come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

Use = tuple[str, str]  # host, licence
Key = TypeVar("Key", str, Use)


@dataclass
class LicenceUse:
    """How many pictures and realistic texts come from pages of a host under a licence."""

    pictures: Counter[Use] = field(default_factory=Counter)
    texts: Counter[Use] = field(default_factory=Counter)
    licences_of_pictures: Counter[str] = field(default_factory=Counter)
    licences_of_texts: Counter[str] = field(default_factory=Counter)

    def add_hosts(self, row: Mapping[str, Any]) -> None:
        """Count the hosts of a pair."""
        self.pictures[host_of(row["document_url"]), row["licence"] or ""] += 1
        pages = zip(row["text_urls"], row["text_licences"], strict=True)
        self.texts.update((host_of(url), licence or "") for url, licence in pages)

    def add_licences(self, pairs: pa.Table) -> None:
        """Count the licences of a table of pairs."""
        _count(self.licences_of_pictures, pairs["licence"])
        _count(self.licences_of_texts, pc.list_flatten(pairs["text_licences"]))

    def by_licence(self) -> list[tuple[str, int, int]]:
        """Give licence, pictures and texts, the most frequent first; "" is not stated."""
        return _ordered(self.licences_of_pictures, self.licences_of_texts)

    def by_host(self) -> list[tuple[Use, int, int]]:
        """Give host and licence, pictures and texts, the most frequent first."""
        return _ordered(self.pictures, self.texts)

    @property
    def stated(self) -> set[str]:
        """Give all licences that pages state; "" where one states none."""
        return {*self.licences_of_pictures, *self.licences_of_texts}


def _count(counts: Counter[str], licences: pa.ChunkedArray) -> None:
    for each in pc.value_counts(licences).to_pylist():
        counts[each["values"] or ""] += each["counts"]


def _ordered(pictures: Counter[Key], texts: Counter[Key]) -> list[tuple[Key, int, int]]:
    rows = [(name, pictures[name], texts[name]) for name in {**pictures, **texts}]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def host_of(url: str | None) -> str:
    """Give the host of an address; "" for what is none."""
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""
