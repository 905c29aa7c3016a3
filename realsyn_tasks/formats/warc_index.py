"""What a WARC file says of addresses: which pictures and pages it holds, and what leads to them.

A name is the identity of an address ("//host/path"), the digest of a payload ("sha1:..."), the id
of a record ("<urn:...>") or an address at a time ("//host/path 2024-01-01T00:00:00Z").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from itertools import chain
from typing import BinaryIO

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, Limits
from realsyn_tasks.formats.warc_items import Item, Moved, Response, Revisit
from realsyn_tasks.formats.warc_records import PLACE, responses
from realsyn_tasks.web.addresses import identity, join_files
from realsyn_tasks.web.opt_out import opt_out_in
from realsyn_tasks.web.reasons import HTTP_STATUS, OPT_OUT

_OK = 200
_MOST_STEPS = 40  # from an address to what it stands for; browsers follow 20 redirects


class What(StrEnum):
    """What a record is to those who look for a page's pictures."""

    IMAGE = "image"
    DOUBTFUL = "doubtful"  # said to be a picture, and its bytes are none that we know
    UNUSABLE = "unusable"  # a picture that must not or cannot be used
    PAGE = "page"
    LINK = "link"  # a redirect or a revisit
    NOT_SHOWN = "not_shown"  # a picture that no page of its own file shows; its name is ""


@dataclass(frozen=True)
class Row:
    """What one record says: `names` that it answers to, and those that it leads to, best first.

    `names[0]` is the identity of its address; `offset` is the byte where the record starts.
    """

    what: What
    offset: int
    names: tuple[str, ...]
    leads_to: tuple[str, ...] = ()


def rows(
    stream: BinaryIO, path: str, limits: Limits, passed: dict[int, int] | None = None
) -> Iterator[Row]:
    """Walk through a file once; memory holds one record.

    What a second walk can pass over is put into `passed`: pictures of which nothing is to be told,
    by their offsets, with the offset of what comes next.
    Raises CorruptCrawlFile if there is no record at all.
    """
    told = picture = -1
    for item in responses(stream, path, limits):
        if passed is not None:
            if picture >= 0 and _starts_record(item):
                passed[picture] = item.offset
            picture = item.offset if item.offset != told and _is_silent(item) else -1
            told = item.offset
        row = None
        if isinstance(item, Response):
            row = _of_response(item)
        elif isinstance(item, Revisit | Moved):
            row = _of_link(item)
        if row and row.names[0]:
            yield row


def _starts_record(item: Item) -> bool:
    """Say whether a record begins at an item's offset, and nothing else was told before."""
    return item.offset <= PLACE and not isinstance(item, BadRecord)


def _is_silent(item: Item) -> bool:
    """Say whether a picture alone in its member gives no document, and nothing to tell."""
    if not isinstance(item, Response) or item.offset > PLACE:
        return False
    return item.is_image and why_no_page(item) is None


def name_of(url: str) -> str:
    """Give the name of an address of the web or, as archives of one machine have them, of a file.

    "" is the name of anything else.
    """
    return identity(url) or join_files(url)


def _of_response(item: Response) -> Row | None:
    verdict = why_no_page(item)
    if verdict and not (item.is_image and item.status == _OK):
        return None
    what = What.IMAGE if item.is_image else What.PAGE
    if what is What.IMAGE and verdict:
        what = What.UNUSABLE
    elif what is What.IMAGE and not item.picture_type:
        what = What.DOUBTFUL
    return Row(what, item.offset, _names(item.url, item.record, item.digest, item.date))


def _of_link(item: Revisit | Moved) -> Row:
    if isinstance(item, Moved):
        return Row(What.LINK, item.offset, _names(item.url), _names(item.target))
    # Its digest is that of the original, too: others that refer to it mean the same payload.
    names = _names(item.url, item.record, "", item.date)
    exact = _names(item.original, item.original_record, item.digest, item.original_date)
    return Row(What.LINK, item.offset, names, (*exact[1:], exact[0]))


def _names(url: str, record: str = "", digest: str = "", date: str = "") -> tuple[str, ...]:
    key = name_of(url)
    at_time = f"{key} {date}" if key and date else ""
    return (key, *filter(None, (record, digest, at_time)))


def why_no_page(response: Response) -> Verdict | None:
    """Say why a response is neither a page nor a usable image."""
    if response.status != _OK:
        return Verdict(HTTP_STATUS, str(response.status))
    if response.is_image:
        if response.cut:
            detail = "the crawler stored only the beginning of the image"
            return Verdict(reasons.TRUNCATED_RECORD, detail)
        forbids = opt_out_of(response)
        return Verdict(OPT_OUT, forbids) if forbids else None
    return None if response.is_page else Verdict(reasons.NOT_HTML, response.media_type)


def opt_out_of(response: Response) -> str:
    """Give the mark in the headers by which a publisher forbids the use, "" if there is none."""
    return opt_out_in(lambda header: [response.headers.get(header, "")])


class Places:
    """Where the pictures of one file are, by every name that leads to them.

    Memory holds a few dozen bytes for each address. Where several pictures were stored under one
    name the first counts, and one whose bytes are no picture's only where no other is.
    """

    def __init__(self, file_rows: Iterable[Row]) -> None:
        self._offsets: dict[What, dict[bytes, int]] = {what: {} for what in What}
        self._links: dict[bytes, tuple[bytes, ...]] = {}
        addresses: set[bytes] = set()
        for row in file_rows:
            names = [_short(name) for name in row.names]
            addresses.add(names[0])
            for name in names:
                self._offsets[row.what].setdefault(name, row.offset)
                if row.leads_to:
                    leads_to = (*self._links.get(name, ()), *map(_short, row.leads_to))
                    self._links[name] = tuple(dict.fromkeys(leads_to))[:_MOST_STEPS]
        named = addresses.union(*self._links.values())
        for what, offsets in self._offsets.items():
            self._offsets[what] = {name: offsets[name] for name in offsets.keys() & named}

    def images(self) -> list[int]:
        """Give the offsets of all pictures that an address stands for, in order."""
        offsets = (self._offsets[what].values() for what in (What.IMAGE, What.DOUBTFUL))
        return sorted(set(chain.from_iterable(offsets)))

    def image(self, address: str) -> int | None:
        """Give the offset of the picture that an address stands for, None if there is none."""
        return self._first(address, What.IMAGE, What.DOUBTFUL)

    def sure_image(self, address: str) -> int | None:
        """Give the same of what is a picture by its bytes."""
        return self._first(address, What.IMAGE)

    def is_unusable(self, address: str) -> bool:
        """Say whether an address leads to a picture that must not or cannot be used."""
        return self._first(address, What.UNUSABLE) is not None

    def holds(self, address: str) -> bool:
        """Say whether an address leads to a page or a picture of the file."""
        whats = (What.IMAGE, What.PAGE, What.DOUBTFUL, What.UNUSABLE)
        return self._first(address, *whats) is not None

    def _first(self, address: str, *whats: What) -> int | None:
        names = self._reached(_short(name_of(address)))
        offsets = (self._offsets[what].get(name) for what in whats for name in names)
        return next((offset for offset in offsets if offset is not None), None)

    def _reached(self, name: bytes) -> list[bytes]:
        """Names that one leads to, nearest first, however they lead in circles."""
        reached = {name: None}
        waiting = [name]
        while waiting and len(reached) < _MOST_STEPS:
            new = [n for known in waiting for n in self._links.get(known, ()) if n not in reached]
            waiting = list(dict.fromkeys(new))
            reached.update(dict.fromkeys(waiting))
        return list(reached)


def _short(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=12).digest()
