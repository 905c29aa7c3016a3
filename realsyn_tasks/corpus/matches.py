"""Which rows of a table a request means. Addresses are compared in their one spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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

Named = Mapping[str, str]  # the id of a request -> the entry of it that means something
NONE: Named = {}


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
    """The entries of some requests in one table of each kind: value -> the entries that mean it."""

    urls: Mapping[str, Named] = field(default_factory=dict)  # by the one spelling, as filed
    domains: Mapping[str, Named] = field(default_factory=dict)
    images: Mapping[str, Named] = field(default_factory=dict)  # by image id
    md5: Mapping[str, Named] = field(default_factory=dict)

    @staticmethod
    def of(*requests: Request) -> Matcher:
        """Make the tables; an image's id is the beginning of its SHA-256."""
        return Matcher(
            _table(requests, {URL: lambda value: url_key(value) or value}),
            _table(requests, {DOMAIN: str}),
            _table(requests, {IMAGE: str, SHA256: lambda value: value[:ID_LENGTH]}),
            _table(requests, {MD5: str}),
        )

    @property
    def by_address(self) -> bool:
        """Say whether addresses matter at all."""
        return bool(self.urls or self.domains)

    def of_address(self, url: str | None) -> Named:
        """Name the entries that an address falls under, one of each request that means it.

        `url: …` before `domain: …`, and of domains the narrowest.
        """
        found: dict[str, str] = {}
        for domain in reversed(domains_of(url)) if self.domains else ():
            found |= self.domains.get(domain, NONE)
        return {**found, **self.urls.get(url_key(url), NONE)} if self.urls else found


def _table(
    requests: Iterable[Request], keys: Mapping[str, Callable[[str], str]]
) -> dict[str, Named]:
    """Gather the entries of some kinds by what they are looked up by; a later kind wins."""
    table: dict[str, dict[str, str]] = {}
    for request in requests:
        for kind, key in keys.items():
            for value in request.entries.get(kind, ()):
                table.setdefault(key(value), {})[request.id] = f"{kind}: {value}"
    return dict(table)


def hits_of(values: pa.ChunkedArray, test: Callable[[str | None], Named]) -> dict[int, Named]:
    """Give row -> entries for the rows of a column that a test names entries for.

    Each different value is tested once.
    """
    codes, different = chunks.coded(values)
    named = [test(value) for value in different]
    if not any(named):
        return {}
    return {
        row: named[code] for row, code in enumerate(codes.tolist()) if code >= 0 and named[code]
    }
