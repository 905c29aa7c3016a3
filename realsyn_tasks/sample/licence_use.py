"""Under which licences, and from which hosts, the pictures and texts of a dataset come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

Use = tuple[str, str]  # host, licence
Key = TypeVar("Key", str, Use)


@dataclass
class LicenceUse:
    """How many pictures and realistic texts come from pages of a host under a licence."""

    pictures: Counter[Use] = field(default_factory=Counter)
    texts: Counter[Use] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a pair."""
        self.pictures[host_of(row["document_url"]), row["licence"] or ""] += 1
        pages = zip(row["text_urls"], row["text_licences"], strict=True)
        self.texts.update((host_of(url), licence or "") for url, licence in pages)

    def by_licence(self) -> list[tuple[str, int, int]]:
        """Give licence, pictures and texts, the most frequent first; "" is not stated."""
        return _ordered(_summed(self.pictures), _summed(self.texts))

    def by_host(self) -> list[tuple[Use, int, int]]:
        """Give host and licence, pictures and texts, the most frequent first."""
        return _ordered(self.pictures, self.texts)

    @property
    def stated(self) -> set[str]:
        """Give all licences that pages state; "" where one states none."""
        return {licence for _, licence in (*self.pictures, *self.texts)}


def _summed(counts: Mapping[Use, int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (_, licence), count in counts.items():
        total[licence] += count
    return total


def _ordered(pictures: Counter[Key], texts: Counter[Key]) -> list[tuple[Key, int, int]]:
    rows = [(name, pictures[name], texts[name]) for name in {**pictures, **texts}]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def host_of(url: str | None) -> str:
    """Give the host of an address; "" for what is none."""
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""
