"""Which rows of a table a request means. Addresses are compared in their one spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa

from realsyn_tasks.core import chunks
from realsyn_tasks.core.ids import ID_LENGTH
from realsyn_tasks.corpus.entries import (
    DOMAIN,
    IMAGE,
    MD5,
    SHA256,
    URL,
    Meaningless,
    domains_above,
)
from realsyn_tasks.corpus.entries import host_of as host
from realsyn_tasks.corpus.entries import url_of as spelled
from realsyn_tasks.corpus.tombstones import Request


@lru_cache(maxsize=200_000)
def url_key(url: str | None) -> str:
    """Give the one spelling of an address in a table; "" for what is none."""
    try:
        return spelled(url) if url else ""
    except Meaningless:
        return ""


def domains_of(url: str | None) -> tuple[str, ...]:
    """Give the domains that the host of an address belongs to; none for what is no address."""
    key = url_key(url)
    return _domains(key.removeprefix("https://").partition("/")[0]) if key else ()


@lru_cache(maxsize=100_000)
def _domains(place: str) -> tuple[str, ...]:
    name, colon, port = place.rpartition(":")
    try:
        return domains_above(host(name if colon and port.isdigit() else place))
    except Meaningless:
        return ()


@dataclass(frozen=True)
class Matcher:
    """The entries of one request as sets."""

    urls: Mapping[str, str] = field(default_factory=dict)  # one spelling -> as it was filed
    domains: frozenset[str] = field(default_factory=frozenset)
    images: Mapping[str, str] = field(default_factory=dict)  # image id -> entry
    md5: frozenset[str] = field(default_factory=frozenset)

    @staticmethod
    def of(request: Request) -> Matcher:
        """Make the sets; an image's id is the beginning of its SHA-256."""
        ids = {value: f"{IMAGE}: {value}" for value in request.entries.get(IMAGE, ())}
        by_hash = {v[:ID_LENGTH]: f"{SHA256}: {v}" for v in request.entries.get(SHA256, ())}
        return Matcher(
            {url_key(value) or value: value for value in request.entries.get(URL, ())},
            frozenset(request.entries.get(DOMAIN, ())),
            ids | by_hash,
            frozenset(request.entries.get(MD5, ())),
        )

    @property
    def by_address(self) -> bool:
        """Say whether addresses matter at all."""
        return bool(self.urls or self.domains)

    def of_address(self, url: str | None) -> str:
        """Name the entry that an address falls under: `url: …` or `domain: …`; "" for none."""
        key = url_key(url)
        if key in self.urls:
            return f"{URL}: {self.urls[key]}"
        domain = next((name for name in domains_of(url) if name in self.domains), "")
        return f"{DOMAIN}: {domain}" if domain else ""


def hits_of(values: pa.ChunkedArray, test: Callable[[str | None], str]) -> dict[int, str]:
    """Give row -> entry for the rows of a column that a test names an entry for.

    Each different value is tested once.
    """
    codes, different = chunks.coded(values)
    named = [test(value) for value in different]
    if not any(named):
        return {}
    return {
        row: named[code] for row, code in enumerate(codes.tolist()) if code >= 0 and named[code]
    }
