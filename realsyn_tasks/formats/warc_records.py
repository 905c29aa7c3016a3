"""What the records of a WARC file hold, though it may be damaged anywhere.

A record that cannot be read becomes a BadRecord, and reading goes on at the next place in the file
where a record starts, so that one torn gzip member or one wrong length costs one record. Records
are read as they are written: in any packing, of any version, whatever their lines end in.

A record's offset is the place of its member, frame, or first line. Where a member holds several,
the number of the record in it stands in the bits above.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from realsyn_tasks.core.reasons import Reason, Refused
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CorruptCrawlFile, Limits
from realsyn_tasks.formats.frames import GZIP, ZSTD, CutOff, Frames, Torn, Unit
from realsyn_tasks.formats.warc_headers import (
    END_OF_HEAD,
    VERSION,
    answer,
    content_type,
    digest,
    fields,
    is_of,
)
from realsyn_tasks.web.addresses import join
from realsyn_tasks.web.codings import Decoded, decoded
from realsyn_tasks.web.sniffing import is_page, picture_type

_START = re.compile(
    rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|\x5d\x2a\x4d\x18|(?<![^\n])WARC/\d\.\d{1,2}[ \t]*\r?\n"
)
_INNER = re.compile(rb"(?<=\n)WARC/\d\.\d{1,2}[ \t]*\r?\n(?=[A-Za-z-]{2,40}:)")
_SEPARATOR = re.compile(rb"\r\n\r\n\Z|\n\n\Z")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?")
_REDIRECTS = (301, 302, 303, 307, 308)
_PADDING = b"\r\n\0"
_ANSWERS = ("response", "resource", "revisit")
_SAYS_NOTHING = ("warcinfo", "request")  # of who crawled, and what for
_WEB = ("http:", "https:", "file:")
_HEAD_BYTES = 64 << 10
_PLACE_BITS = 44
_PLACE = (1 << _PLACE_BITS) - 1
_MOST_IN_ONE = 1 << (63 - _PLACE_BITS)
_OVERLAP = 64


@dataclass(frozen=True)
class Response:
    """A response as the server sent it, its body decoded. `headers` have lower-case names."""

    offset: int
    url: str
    status: int
    media_type: str
    charset: str
    headers: dict[str, str]
    cut: bool  # only the beginning is there
    body: bytes
    date: str = ""  # of the capture, ISO 8601
    digest: str = ""  # of the payload as the crawler states it, algorithm:hex; "" if it doesn't
    record: str = ""  # the record's own name

    @property
    def is_image(self) -> bool:
        """Say whether this is a picture: by its bytes or, where they say nothing, by its label."""
        if is_page(self.body, self.media_type):
            return False
        return bool(picture_type(self.body)) or self.media_type.startswith("image/")


@dataclass(frozen=True)
class Revisit:
    """An address that gave what had been stored before: under `original`, or with that digest.

    `original` is `url` itself where no other is named; `digest` is as that of a response, "" if
    none is stated; `original_record` names the record that it was stored in and `original_date`
    the time, if that is stated. `record` and `date` are the visit's own.
    """

    offset: int
    url: str
    original: str
    digest: str = ""
    original_record: str = ""
    original_date: str = ""
    record: str = ""
    date: str = ""


@dataclass(frozen=True)
class Moved:
    """An address that leads to another one: `target` is absolute, as the server's Location says."""

    offset: int
    url: str
    target: str
    status: int = 301


Item = Response | Revisit | Moved | BadRecord


class _Unreadable(Refused):
    """Why a record gives nothing; `torn` if its end cannot be trusted either."""

    def __init__(self, reason: Reason, detail: str = "", torn: bool = False) -> None:
        super().__init__(reason, detail)
        self.torn = torn


@dataclass(frozen=True)
class _Raw:
    """A record as it is stored; `told` is what is wrong with it although it can be read."""

    offset: int
    fields: dict[str, str]
    block: bytes
    told: tuple[Reason, str] | None = None

    def field(self, name: str) -> str:
        return self.fields.get(name, "")


def responses(stream: BinaryIO, path: str, limits: Limits, start: int = 0) -> Iterator[Item]:
    """All responses, redirects and revisits from the record at `start` on.

    Raises CorruptCrawlFile if there is no record at all, or damage without end.
    """
    return _Walk(Frames(stream), path, limits).items(start)


class _Walk:
    """A way through the records of a file, over what is damaged."""

    def __init__(self, frames: Frames, path: str, limits: Limits) -> None:
        self.frames = frames
        self.path = path
        self.limits = limits
        self.damages = 0

    def items(self, start: int) -> Iterator[Item]:
        """The items of all records from an offset on."""
        place, number = start & _PLACE, start >> _PLACE_BITS
        position = self._next_start(place)
        if position is None:
            raise CorruptCrawlFile(self.path, "holds no WARC record")
        if self._after_padding(place) < position:
            yield self._damage(place, "no record", position)
        while position is not None:
            position = yield from self._unit(position, number)
            number = 0

    def _unit(self, place: int, skipped: int) -> Generator[Item, None, int | None]:
        """The items of a member, or of one record of a plain file; gives where the next starts."""
        unit = self.frames.unit(place)
        offset, number = place, 0
        try:
            while number == 0 or (unit.is_packed and unit.peek(_OVERLAP).strip(_PADDING)):
                offset = place | number << _PLACE_BITS
                raw = self._raw(unit, offset)
                if number >= skipped:
                    yield from self._items_of(raw)
                number += 1
                if number == _MOST_IN_ONE:
                    raise CorruptCrawlFile(self.path, "holds too many records in one gzip stream")
            unit.finish()
        except Torn as problem:
            return (yield from self._after_torn(place, offset, str(problem), problem))
        except _Unreadable as problem:
            verdict = problem.verdict
            return (
                yield from self._after_torn(place, offset, verdict.detail, problem, verdict.reason)
            )
        return (yield from self._following(unit.place))

    def _after_torn(
        self,
        place: int,
        offset: int,
        detail: str,
        problem: Exception,
        reason: Reason = reasons.MALFORMED_RECORD,
    ) -> Generator[Item, None, int | None]:
        following = self._next_start(place + 1)
        at_end = isinstance(problem, CutOff) or reason is reasons.TRUNCATED_RECORD
        if following is None and at_end:
            reason = reasons.FILE_CUT
        lost = (self.frames.end() if following is None else following) - place
        self._count()
        yield BadRecord(
            self.path, offset, reason, detail, 0 if reason is reasons.OVERSIZED_RECORD else lost
        )
        return following

    def _following(self, place: int) -> Generator[Item, None, int | None]:
        """Where the next record starts; what lies between is told."""
        position = self._next_start(place)
        bare = self._after_padding(place)
        end = self.frames.end() if position is None else position
        if bare < end:
            yield self._damage(bare, "no record", end)
        return position

    def _damage(self, place: int, detail: str, end: int) -> BadRecord:
        self._count()
        return BadRecord(self.path, place, reasons.MALFORMED_RECORD, detail, end - place)

    def _count(self) -> None:
        self.damages += 1
        most = self.limits.broken_frames
        if self.damages > most:
            raise CorruptCrawlFile(self.path, f"more than {most} unreadable records")

    def _after_padding(self, place: int) -> int:
        """The first place of something: not of an end of line, or of zeros that fill a block."""
        while piece := self.frames.at(place):
            bare = bytes(piece).lstrip(_PADDING)
            place += len(piece) - len(bare)
            if bare:
                break
        return place

    def _next_start(self, start: int) -> int | None:
        """The first place at or after `start` where a record begins; None if none does."""
        offset = start
        while piece := self.frames.exactly(offset, 1 << 20):
            for match in _START.finditer(piece):
                place = offset + match.start()
                # A piece begins in the middle of something; what stands before decides.
                first = match.start() == 0 and place and match[0].startswith(b"WARC")
                if first and self.frames.exactly(place - 1, 1) != b"\n" and place != start:
                    continue
                if (begins := self._begins(place, match[0])) is not None:
                    return begins
            if len(piece) <= _OVERLAP:
                return None
            offset += len(piece) - _OVERLAP
        return None

    def _begins(self, place: int, mark: bytes) -> int | None:
        """Where the record begins that a mark announces; None if it is none."""
        if mark.startswith(b"WARC"):
            return place
        skipped = self.frames.skippable(place)
        if skipped:
            return self._next_start(place + skipped)
        try:
            return place if VERSION.match(self.frames.unit(place).peek(_OVERLAP)) else None
        except Torn:
            return None

    def _raw(self, unit: Unit, offset: int) -> _Raw:
        """The next record of a unit. Raises Torn and _Unreadable."""
        head = self._head(unit)
        named = fields(head)
        stated = digest(named.get("warc-block-digest", ""))
        size = named.get("content-length", "")
        length = int(size) if size.isascii() and size.isdigit() and len(size) < 19 else -1
        if length > self.limits.record_bytes:
            raise _Unreadable(reasons.OVERSIZED_RECORD, f"{length} bytes", torn=True)
        block = unit.take(max(length, 0))
        if len(block) == length and self._is_over(unit):
            if not stated or is_of(stated, block):
                return _Raw(offset, named, block)
            if not _INNER.search(block):
                return _Raw(offset, named, block, (reasons.WRONG_DIGEST, named["warc-type"]))
        elif stated and len(block) == length and is_of(stated, block):
            return _Raw(offset, named, block)
        return self._by_end(unit, offset, named, block, length)

    def _head(self, unit: Unit) -> bytes:
        """The lines before the block, which end with a blank one."""
        for size in (1 << 10, _HEAD_BYTES):
            ahead = unit.peek(size)
            lines = ahead.lstrip(_PADDING)
            end = END_OF_HEAD.search(lines)
            if not VERSION.match(lines):
                raise _Unreadable(reasons.MALFORMED_RECORD, "no WARC record", torn=True)
            if end:
                return unit.take(len(ahead) - len(lines) + end.end())
            if len(ahead) < size:
                raise _Unreadable(reasons.TRUNCATED_RECORD, "the head has no end", torn=True)
        raise _Unreadable(reasons.MALFORMED_RECORD, "the head is too long", torn=True)

    def _is_over(self, unit: Unit) -> bool:
        """Whether a block is followed by a record, or the end."""
        ahead = unit.peek(_OVERLAP).lstrip(_PADDING)
        return not ahead or bool(VERSION.match(ahead)) or ahead.startswith((GZIP, ZSTD))

    def _by_end(
        self, unit: Unit, offset: int, named: dict[str, str], block: bytes, length: int
    ) -> _Raw:
        """A record whose length is wrong, as it seems: what there is before the next one starts.

        The digest says whether that is the block. Raises _Unreadable if it says no, or if nothing
        does, and the block ends with the file.
        """
        stated = digest(named.get("warc-block-digest", ""))
        whole, is_followed = self._until_next(unit, block)
        bare = _SEPARATOR.sub(b"", whole)
        told = reasons.MALFORMED_RECORD, f"{len(bare)} bytes, said to be {length}"
        if stated:
            for candidate in (bare, whole):
                if is_of(stated, candidate):
                    return _Raw(offset, named, candidate, told)
        short = len(block) < length and not is_followed
        if short:
            detail = f"{len(block)} of {length} bytes"
            if not unit.is_packed or stated:
                raise _Unreadable(reasons.TRUNCATED_RECORD, detail, torn=True)
        if stated or length < 0:
            raise _Unreadable(reasons.WRONG_DIGEST if stated else told[0], told[1], torn=True)
        return _Raw(offset, named, bare, told)

    def _until_next(self, unit: Unit, block: bytes) -> tuple[bytes, bool]:
        """A block up to where the next record starts in the unit, and whether one does."""
        whole = block
        while True:
            inner = _INNER.search(whole)
            if inner:
                unit.put_back(whole[inner.start() :])
                return whole[: inner.start()], True
            more = unit.take(1 << 20)
            if not more or len(whole) > self.limits.record_bytes:
                return whole, False
            whole += more

    def _items_of(self, raw: _Raw) -> Iterator[Item]:
        """What a record holds: at most one item, beside what is told of it."""
        if raw.told:
            reason, detail = raw.told
            yield BadRecord(self.path, raw.offset, reason, detail)
            if reason is reasons.WRONG_DIGEST and self.limits.wrong_digest == "drop":
                return
        kind, url = raw.field("warc-type").lower(), raw.field("warc-target-uri").strip("<> ")
        if kind in _SAYS_NOTHING:
            return
        if kind not in _ANSWERS or not url.lower().startswith(_WEB):
            yield BadRecord(self.path, raw.offset, reasons.NO_ANSWER, f"{kind} {url}"[:120])
            return
        try:
            if kind == "revisit":
                yield _moved_again(raw, url) or _revisit(raw, url)
            else:
                yield from self._answers(raw, kind, url)
        except Refused as problem:
            yield BadRecord(self.path, raw.offset, problem.verdict.reason, problem.verdict.detail)

    def _answers(self, raw: _Raw, kind: str, url: str) -> Iterator[Item]:
        is_http = kind == "response" and not url.lower().startswith("file:")
        given = answer(raw.block) if is_http else None
        payload = given.body if given else raw.block
        headers = given.headers if given else {"content-type": raw.field("content-type")}
        status = given.status if given else 200
        media_type, charset = content_type(headers.get("content-type", ""))
        cut = bool(raw.field("warc-truncated"))
        body = Decoded(b"")
        if status == 200:
            body = self._body(payload, headers if given else {})
        if self._is_stale(raw, payload, body.data, cut):
            yield BadRecord(self.path, raw.offset, reasons.WRONG_DIGEST, "of the payload")
            if self.limits.wrong_digest == "drop":
                return
        moved = _moved(raw, url, status, headers)
        if moved:
            yield moved
            return
        yield Response(
            raw.offset,
            url,
            status,
            media_type,
            charset,
            headers,
            cut or body.cut,
            body.data,
            _date(raw.field("warc-date")),
            digest(raw.field("warc-payload-digest")),
            raw.field("warc-record-id"),
        )

    def _body(self, payload: bytes, headers: dict[str, str]) -> Decoded:
        names = [headers.get(name, "") for name in ("content-encoding", "transfer-encoding")]
        codings = ", ".join(filter(None, names))
        body = decoded(payload, codings, max(self.limits.image_bytes, self.limits.page_bytes))
        label = content_type(headers.get("content-type", ""))[0]
        if is_page(body.data, label) and len(body.data) > self.limits.page_bytes:
            # One bound more for pages, which cost more to read.
            return decoded(payload, codings, self.limits.page_bytes)
        return body

    def _is_stale(self, raw: _Raw, payload: bytes, body: bytes, cut: bool) -> bool:
        """Whether only the payload's digest is there to judge by, and says that it is another."""
        stated = digest(raw.field("warc-payload-digest"))
        if not stated or cut or raw.told or digest(raw.field("warc-block-digest")):
            return False
        return not any(is_of(stated, data) for data in (payload, body))


def _moved_again(raw: _Raw, url: str) -> Moved | None:
    """Where a visit was sent, the same as before: crawlers keep the head of such answers."""
    try:
        given = answer(raw.block)
    except Refused:
        return None
    return _moved(raw, url, given.status, given.headers)


def _moved(raw: _Raw, url: str, status: int, headers: dict[str, str]) -> Moved | None:
    location = headers.get("location", "") if status in _REDIRECTS else ""
    target = join(url, location) if location else ""
    return Moved(raw.offset, url, target, status) if target else None


def _revisit(raw: _Raw, url: str) -> Revisit:
    return Revisit(
        raw.offset,
        url,
        original=raw.field("warc-refers-to-target-uri").strip("<> ") or url,
        digest=digest(raw.field("warc-payload-digest")),
        original_record=raw.field("warc-refers-to"),
        original_date=_date(raw.field("warc-refers-to-date")),
        record=raw.field("warc-record-id"),
        date=_date(raw.field("warc-date")),
    )


def _date(label: str) -> str:
    return label if _DATE.fullmatch(label) else ""
