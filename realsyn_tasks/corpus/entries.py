"""What may be asked for: URLs, domains, image hashes and ids, in one spelling each.

Lists come from outside: a bad line is reported with its number, and the rest goes on.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO
from urllib.parse import urlsplit

from realsyn_tasks.web.addresses import MAX_URL, identity
from realsyn_tasks.web.suffixes import is_public_suffix

URL, DOMAIN, SHA256, MD5, IMAGE = "url", "domain", "sha256", "md5", "image"
KINDS = (URL, DOMAIN, SHA256, MD5, IMAGE)
MAX_LINE = 8192  # bytes
_PLAIN = re.compile(r"https?://((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)(/[A-Za-z0-9._~/?&=+,;:@-]*)?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NO_HOST = re.compile(r"\s*https?:///", re.I)  # a slip, though browsers would take what follows
_HASH = {64: SHA256, 32: MD5}


@dataclass(frozen=True, order=True)
class Entry:
    """One thing to take down or to look for, in its one spelling."""

    kind: str
    value: str


@dataclass(frozen=True)
class BadLine:
    """A line that means nothing, and why: never its text, which may be of a file named by slip."""

    source: str  # the field or file it is from
    line: int
    why: str


class Meaningless(ValueError):
    """What a text cannot be read as, and why, in words that hold nothing of the text."""


@dataclass(frozen=True)
class Asked:
    """What was asked for, sorted and once each, and the lines that say nothing."""

    entries: tuple[Entry, ...]
    bad: tuple[BadLine, ...]


def read_lines(source: str, lines: Iterable[bytes], kinds: tuple[str, ...] = KINDS) -> Asked:
    """Read entries, one a line; blank lines and those that start with # are passed over.

    A line is a URL, a domain or a hash, or says which: `domain: example.org`. An image's id is as
    long as an MD5 and always says so: `image: 00ff...`.
    """
    entries: set[Entry] = set()
    bad: list[BadLine] = []
    for number, raw in enumerate(lines, start=1):
        text = raw[: MAX_LINE + 1].decode("utf-8", "replace").strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            continue
        try:
            if len(raw) > MAX_LINE:
                raise Meaningless(f"is longer than {MAX_LINE} bytes")
            entries.add(entry_of(text, kinds))
        except Meaningless as error:
            bad.append(BadLine(source, number, str(error)))
    return Asked(tuple(sorted(entries)), tuple(bad))


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a file, none of them held longer than MAX_LINE allows."""
    while line := file.readline(MAX_LINE + 2):
        whole = line.endswith(b"\n")
        yield line.rstrip(b"\r\n") if whole or len(line) <= MAX_LINE else line
        while not whole and (rest := file.readline(1 << 16)):
            whole = rest.endswith(b"\n")


def together(parts: Iterable[Asked]) -> Asked:
    """Join what several fields and files ask for."""
    known = list(parts)
    entries = {entry for part in known for entry in part.entries}
    return Asked(tuple(sorted(entries)), tuple(line for part in known for line in part.bad))


def printable(text: str) -> str:
    """Keep control characters of foreign texts from pages and terminals."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def entry_of(text: str, kinds: tuple[str, ...] = KINDS) -> Entry:
    """Read one entry; raises Meaningless."""
    name, colon, rest = text.partition(":")
    if colon and name.strip().lower() in KINDS:
        kind, value = name.strip().lower(), rest.strip()
    else:
        kind, value = _kind_of(text), text
    if kind not in kinds:
        raise Meaningless(f"is a {kind}; here belongs: {' or '.join(kinds)}")
    return Entry(kind, _READERS[kind](value))


def _kind_of(text: str) -> str:
    if "://" in text:
        return URL
    if re.fullmatch(r"[0-9A-Fa-f]+", text) and len(text) in _HASH:
        return _HASH[len(text)]
    return DOMAIN


def _of_hash(length: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        value = text.lower()
        if not re.fullmatch(rf"[0-9a-f]{{{length}}}", value):
            raise Meaningless(f"is not a hash of {length} hexadecimal digits")
        return value

    return read


def url_of(text: str) -> str:
    """Give the one spelling of a URL; raises Meaningless for what is no http(s) address.

    It is that of its identity (web.addresses): http and https are one, as are the spellings of a
    host, its default port, escapes, dot segments, and anything with another fragment or user name.
    """
    if _PLAIN.fullmatch(text) and "/." not in text and text[-1] != "?":
        rest = text.partition("://")[2]
        return f"https://{rest}" if "/" in rest else f"https://{rest}/"
    key = "" if _NO_HOST.match(text) else identity(text)
    if not key:
        raise Meaningless(_why_no_url(text))
    return f"https:{key}"


def _why_no_url(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        has_host = bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        return "is not a URL"
    if parts.scheme.lower() not in ("http", "https") or not has_host:
        return "is not an http(s) URL"
    return f"is longer than {MAX_URL} characters or not at the name of a host"


@lru_cache(maxsize=100_000)
def host_of(text: str) -> str:
    """Give a host in ASCII and lower case: a name or an address; raises Meaningless."""
    name = text.strip().strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name.isascii():
        name = _in_ascii(name)
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Meaningless("is not the name of a host")
    return name


def _in_ascii(name: str) -> str:
    from ada_url import idna

    try:
        return idna.encode(name).decode().lower()
    except UnicodeError:
        raise Meaningless("is not the name of a host") from None


def domain_of(text: str) -> str:
    """Give a domain, which stands for its subdomains too; raises Meaningless.

    Refused are public suffixes (com, co.uk, github.io), under which strangers live.
    """
    name = host_of(text.strip().removeprefix("*.").removeprefix("."))
    labels = name.split(".")
    if len(labels) < 2 and ":" not in name:
        raise Meaningless("is a top-level domain, or no domain, and so nobody's own")
    if is_public_suffix(name):
        raise Meaningless(
            "is a public suffix: that is nobody's own; name the sites under it, one to a line"
        )
    return name


def domains_above(host: str) -> tuple[str, ...]:
    """Give a host and the domains that it belongs to; of an address, itself alone.

    All of them, public suffixes too: the list of those changes, and what a request means must not.
    """
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return (host,)
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


_READERS = {
    URL: url_of,
    DOMAIN: domain_of,
    SHA256: _of_hash(64),
    MD5: _of_hash(32),
    IMAGE: _of_hash(32),
}
