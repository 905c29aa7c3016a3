"""What the records of a WARC file hold, though it may be damaged anywhere.

A record that cannot be read becomes a BadRecord, and reading goes on at the next place in the file
where a record starts, so that one torn gzip member or one wrong length costs one record. Records
are read as they are written: in any packing, of any version, whatever their lines end in.

A record's offset is the place of its member, frame, or first line. Where a member holds several,
the number of the record in it stands in the bits above.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from tempfile import NamedTemporaryFile
from types import MappingProxyType
from typing import BinaryIO, cast

from realsyn_tasks.core.reasons import Refused, Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CorruptCrawlFile, CrawlFile, Limits
from realsyn_tasks.formats.frames import GZIP, ZSTD, CutOff, Frames, TooMuch, Torn, Unit
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
from realsyn_tasks.web.reasons import DECOMPRESSION_BOMB
from realsyn_tasks.web.sniffing import is_page, picture_type

_FIRST_LINES = rb"WARC/\d\.\d{1,2}[ \t]*\r?\n(?=[A-Za-z-]{2,40}[ \t]*:)"
_START = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|\x5d\x2a\x4d\x18|" + _FIRST_LINES)
_INNER = re.compile(_FIRST_LINES)
_SEPARATOR = re.compile(rb"\r\n\r\n\Z|\n\n\Z")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?")
_REDIRECTS = (301, 302, 303, 307, 308)
_PADDING = b"\r\n"
_FILLED = 64 << 10  # zeros by which a file may be longer; more of them are lost records
_NONE_PASSED: Mapping[int, int] = MappingProxyType({})
_ANSWERS = ("response", "resource", "revisit")
_SAYS_NOTHING = ("warcinfo", "request")  # of who crawled, and what for
_WEB = ("http:", "https:", "file:")
_HEAD_BYTES = 64 << 10
_PLACE_BITS = 44
PLACE = (1 << _PLACE_BITS) - 1
"""The bits of an offset that are a place in the file."""
_MOST_IN_ONE = 1 << (63 - _PLACE_BITS)
_MOST_PASSED = 16  # times as many bytes as a record may have
_MOST_OF_SMALL = 4  # records' most bytes that any file may unpack to
_LOOKS = 3  # members
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

    @cached_property
    def is_page(self) -> bool:
        """Say whether a browser would show this as a page."""
        return is_page(self.body, self.media_type)

    @cached_property
    def is_image(self) -> bool:
        """Say whether this is a picture: by its bytes or, where they say nothing, by its label."""
        known = self.picture_type or self.media_type.startswith("image/")
        return bool(known) and not self.is_page

    @cached_property
    def picture_type(self) -> str:
        """Give the media type of a picture by its bytes, "" if there is none."""
        return picture_type(self.body)


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


@dataclass(frozen=True)
class _Raw:
    """A record as it is stored; `told` is what is wrong with it although it can be read."""

    offset: int
    fields: dict[str, str]
    block: bytes
    digest: str = ""  # of the block, as it is stated
    told: Verdict | None = None

    def field(self, name: str) -> str:
        return self.fields.get(name, "")


def responses(
    stream: BinaryIO,
    path: str,
    limits: Limits,
    start: int = 0,
    passed: Mapping[int, int] = _NONE_PASSED,
) -> Iterator[Item]:
    """All responses, redirects and revisits from the record at `start` on.

    `passed` are the offsets of records that need not be read again, with where to go on.
    Raises CorruptCrawlFile if there is no record at all, or damage without end.
    """
    most = max(_MOST_OF_SMALL * limits.record_bytes, stream.seek(0, 2) * limits.expansion)
    return _Walk(Frames(stream, most), path, limits).items(start, passed)


@contextmanager
def laid_open(
    file: CrawlFile, limits: Limits, is_first: bool = True
) -> Iterator[tuple[CrawlFile, list[BadRecord]]]:
    """Give a file whose records can be jumped to, and what could not be unpacked for that.

    It is the file itself, unless members hold many records each, or need a dictionary that is not
    where all that is read begins (not `is_first`, or one of several): then it is unpacked to disk.
    Raises CorruptCrawlFile if it unpacks to more than a file of its size may hold.
    """
    with file.open() as stream:
        walk = _Walk(Frames(stream), file.path, limits)
        if not (walk.shares_members() or walk.has_own_dictionary(is_first)):
            yield file, []
            return
        most = max(limits.record_bytes, file.size * limits.expansion)
        with NamedTemporaryFile(prefix="realsyn-") as unpacked:
            torn = list(walk.unpack(cast(BinaryIO, unpacked), most))
            unpacked.flush()
            yield CrawlFile(file.path, unpacked.tell(), partial(_open, unpacked.name)), torn


def _open(path: str) -> BinaryIO:
    return open(path, "rb")


class _Walk:
    """A way through the records of a file, over what is damaged."""

    def __init__(self, frames: Frames, path: str, limits: Limits) -> None:
        self.frames = frames
        self.path = path
        self.limits = limits
        self.damages = 0

    def items(self, start: int, passed: Mapping[int, int]) -> Iterator[Item]:
        """The items of all records from an offset on, but for those that are passed over."""
        place, number = start & PLACE, start >> _PLACE_BITS
        if self._next_start(place) is None:
            raise CorruptCrawlFile(self.path, "holds no WARC record")
        position = yield from self._following(place)
        while position is not None:
            if position in passed:
                position = passed[position]
                continue
            here: int = position
            try:
                position = yield from self._unit(here, number)
            except TooMuch:
                lost, why = self.frames.end() - here, "the rest of the file is not read"
                yield BadRecord(self.path, here, DECOMPRESSION_BOMB, why, lost)
                return
            number = 0

    def has_own_dictionary(self, is_first: bool) -> bool:
        """Say whether the first dictionary of all is not that of this file, or not of all of it."""
        if not is_first:
            return self.frames.skippable(0) > 0
        return self.frames.has_another_dictionary()

    def shares_members(self) -> bool:
        """Say whether one of the first members holds several records."""
        place = self._next_start(0)
        for _ in range(_LOOKS):
            if place is None:
                return False
            unit = self.frames.unit(place)
            try:
                if not unit.is_packed or isinstance(self._raw(unit, place), Verdict):
                    return False
                if unit.peek(_OVERLAP).strip(_PADDING):
                    return True
            except Torn:
                return False
            place = self._next_start(unit.place)
        return False

    def unpack(self, out: BinaryIO, most: int) -> Iterator[BadRecord]:
        """Write what all members hold, at most so many bytes; give what cannot be unpacked."""
        place = self._next_start(0)
        while place is not None:
            unit = self.frames.unit(place)
            try:
                while piece := unit.advance(1 << 20):
                    out.write(piece)
                    if out.tell() > most:
                        raise CorruptCrawlFile(self.path, f"is a bomb: more than {most} bytes")
            except Torn as problem:
                out.write(unit.ahead)
                following = self._next_start(max(place + 1, unit.place))
                if following or not isinstance(problem, CutOff):
                    lost = (following or self.frames.end()) - unit.place
                    yield BadRecord(self.path, 0, reasons.DAMAGED_FILE, str(problem), lost)
                else:
                    yield BadRecord(self.path, 0, reasons.FILE_CUT, str(problem))
                place = following
            else:
                place = self._next_start(unit.place)

    def _unit(self, place: int, skipped: int) -> Generator[Item, None, int | None]:
        """The items of a member, or of one record of a plain file; gives where the next starts."""
        unit = self.frames.unit(place)
        number = 0
        try:
            while number == 0 or (unit.is_packed and unit.peek(_OVERLAP).strip(_PADDING)):
                offset = place | number << _PLACE_BITS
                raw = self._raw(unit, offset)
                if isinstance(raw, _Raw):
                    yield from self._items_of(raw) if number >= skipped else ()
                elif unit.is_packed:
                    yield self._passed_over(unit, offset, raw)
                else:
                    return (yield from self._lost(place, offset, raw, max(place + 1, unit.place)))
                number += 1
                if number == _MOST_IN_ONE:
                    raise CorruptCrawlFile(self.path, "holds too many records in one gzip stream")
            unit.finish()
        except Torn as problem:
            cut = isinstance(problem, CutOff)
            reason = reasons.TRUNCATED_RECORD if cut else reasons.MALFORMED_RECORD
            start = unit.place if number else place
            verdict = Verdict(reason, str(problem))
            return (yield from self._lost(start, place | number << _PLACE_BITS, verdict, place + 1))
        return (yield from self._following(unit.place))

    def _lost(
        self, place: int, offset: int, why: Verdict, resume: int
    ) -> Generator[Item, None, int | None]:
        """Tell of a record that cannot be read; gives where the next one starts."""
        following = self._next_start(resume)
        end = self.frames.end() if following is None else following
        self._count()
        reason, lost = why.reason, end - place
        if reason is reasons.TRUNCATED_RECORD and following is None:
            reason = reasons.FILE_CUT
        elif reason is reasons.OVERSIZED_RECORD:
            lost = 0
        yield BadRecord(self.path, offset, reason, why.detail, lost)
        return following

    def _passed_over(self, unit: Unit, offset: int, why: Verdict) -> BadRecord:
        """Pass over a record that cannot be read, to the next in its member, or to the end."""
        start = unit.place if offset >> _PLACE_BITS else offset
        self._count()
        if why.reason is not reasons.OVERSIZED_RECORD:
            self._until_next(unit, unit.advance(1))
            return BadRecord(self.path, offset, why.reason, why.detail, unit.place - start)
        return BadRecord(self.path, offset, why.reason, why.detail)

    def _following(self, place: int) -> Generator[Item, None, int | None]:
        """Where the next record starts; what lies between is told."""
        bare = self._after_padding(place)
        while skipped := self.frames.skippable(bare):
            bare = self._after_padding(bare + skipped)
        position = self._next_start(bare)
        end = self.frames.end() if position is None else position
        if bare < end and not self._is_filling(bare, end):
            self._count()
            begun = position is None and self._is_begun(bare)
            reason = reasons.FILE_CUT if begun else reasons.MALFORMED_RECORD
            yield BadRecord(self.path, bare, reason, "no record", end - bare)
        return position

    def _is_filling(self, start: int, end: int) -> bool:
        """Whether there are but zeros up to the end of the file, as blocks are filled with."""
        size = end - start
        filling = size <= _FILLED and not self.frames.exactly(start, size).strip(b"\0" + _PADDING)
        return filling and end == self.frames.end()

    def _is_begun(self, place: int) -> bool:
        """Whether what is here could be a record but for what it lacks."""
        head = self.frames.exactly(place, 5)
        return any(head.startswith(mark[: len(head)]) for mark in (GZIP, ZSTD, b"WARC/"))

    def _count(self) -> None:
        self.damages += 1
        most = self.limits.broken_frames
        if self.damages > most:
            raise CorruptCrawlFile(self.path, f"more than {most} unreadable records")

    def _after_padding(self, place: int) -> int:
        """The first place of something else than ends of lines."""
        while piece := self.frames.exactly(place, _OVERLAP):
            bare = piece.lstrip(_PADDING)
            place += len(piece) - len(bare)
            if bare:
                break
        return place

    def _next_start(self, start: int) -> int | None:
        """The first place at or after `start` where a record begins; None if none does."""
        offset, size = start, _OVERLAP
        while len(piece := self.frames.exactly(offset, size)) > 0:
            for match in _START.finditer(piece):
                begins = self._begins(offset + match.start(), match[0])
                if begins is not None:
                    return begins
            if len(piece) < size:
                return None
            # Half of what is read may be the beginning of a mark.
            offset, size = offset + size - _OVERLAP // 2, 1 << 20
        return None

    def _begins(self, place: int, mark: bytes) -> int | None:
        """Where the record begins that a mark announces; None if it is none."""
        if mark.startswith(b"WARC"):
            return place
        if skipped := self.frames.skippable(place):
            return self._next_start(place + skipped)
        return place if VERSION.match(self.frames.beginning(place, _OVERLAP)) else None

    def _raw(self, unit: Unit, offset: int) -> _Raw | Verdict:
        """The next record of a unit, or why it cannot be read. Raises Torn."""
        head = self._head(unit)
        if isinstance(head, Verdict):
            return head
        named = fields(head)
        stated = digest(named.get("warc-block-digest", ""))
        size = named.get("content-length", "")
        length = int(size) if size.isascii() and size.isdigit() and len(size) < 19 else -1
        if length > self.limits.record_bytes:
            self._pass_by(unit, length)
            return Verdict(reasons.OVERSIZED_RECORD, f"{length} bytes")
        block = unit.advance(max(length, 0))
        if len(block) == length and self._is_over(unit):
            if not stated or is_of(stated, block):
                return _Raw(offset, named, block, stated)
            if not _INNER.search(block):
                return _Raw(
                    offset, named, block, stated, Verdict(reasons.WRONG_DIGEST, "of the record")
                )
        elif stated and len(block) == length and is_of(stated, block):
            return _Raw(offset, named, block, stated)
        return self._by_end(unit, offset, named, block, length)

    def _head(self, unit: Unit) -> bytes | Verdict:
        """The lines before the block, which end with a blank one."""
        for size in (1 << 10, _HEAD_BYTES):
            ahead = unit.peek(size)
            lines = ahead.lstrip(_PADDING)
            end = END_OF_HEAD.search(lines)
            if not VERSION.match(lines):
                return Verdict(reasons.MALFORMED_RECORD, "no WARC record")
            if end:
                return unit.advance(len(ahead) - len(lines) + end.end())
            if len(ahead) < size:
                return Verdict(reasons.TRUNCATED_RECORD, "the head has no end")
        return Verdict(reasons.MALFORMED_RECORD, "the head is too long")

    def _pass_by(self, unit: Unit, length: int) -> None:
        """Leave out a block that is too large, if it is there as it says."""
        most = _MOST_PASSED * self.limits.record_bytes
        if not unit.is_packed:
            behind = unit.place + length
            ahead = self.frames.exactly(self._after_padding(behind), _OVERLAP)
            if behind <= self.frames.end() and (not ahead or VERSION.match(ahead)):
                unit.jump(behind)
            return
        left = min(length, most)
        while left > 0 and (piece := unit.advance(min(left, 1 << 20))):
            left -= len(piece)

    def _is_over(self, unit: Unit) -> bool:
        """Whether a block is followed by a record, or the end."""
        ahead = unit.peek(_OVERLAP).lstrip(_PADDING + b"\0")
        return not ahead or bool(VERSION.match(ahead)) or ahead.startswith((GZIP, ZSTD))

    def _by_end(
        self, unit: Unit, offset: int, named: dict[str, str], block: bytes, length: int
    ) -> _Raw | Verdict:
        """A record whose length is wrong, as it seems: what there is before the next one starts.

        The digest says whether that is the block. Without one it is, unless it ends with the file.
        """
        stated = digest(named.get("warc-block-digest", ""))
        whole, is_followed = self._until_next(unit, block)
        bare = _SEPARATOR.sub(b"", whole)
        wrong_length = Verdict(reasons.MALFORMED_RECORD, f"{len(bare)} bytes, said to be {length}")
        for candidate in (bare, whole) if stated else ():
            if is_of(stated, candidate):
                return _Raw(offset, named, candidate, stated, wrong_length)
        if len(block) < length and not is_followed and (stated or not unit.is_packed):
            return Verdict(reasons.TRUNCATED_RECORD, f"{len(block)} of {length} bytes")
        if stated or length < 0:
            return Verdict(reasons.WRONG_DIGEST, "") if stated else wrong_length
        return _Raw(offset, named, bare, stated, wrong_length)

    def _until_next(self, unit: Unit, block: bytes) -> tuple[bytes, bool]:
        """A block up to where the next record starts in the unit, and whether one does."""
        whole, searched = bytearray(block), 0
        for _ in range(_MOST_PASSED * max(1, self.limits.record_bytes >> 20)):
            inner = _INNER.search(whole, searched)
            if inner:
                unit.put_back(bytes(whole[inner.start() :]))
                return bytes(whole[: inner.start()]), True
            searched = max(0, len(whole) - _OVERLAP)
            more = unit.advance(1 << 20)
            if not more:
                return bytes(whole), False
            if len(whole) > self.limits.record_bytes:  # no record, but the next may yet come
                del whole[:searched]
                searched = 0
            whole += more
        raise Torn("no record for too long")

    def _items_of(self, raw: _Raw) -> Iterator[Item]:
        """What a record holds: at most one item, beside what is told of it."""
        if raw.told:
            yield BadRecord(self.path, raw.offset, raw.told.reason, raw.told.detail)
            if raw.told.reason is reasons.WRONG_DIGEST and self.limits.wrong_digest == "drop":
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
        stated = digest(raw.field("warc-payload-digest"))
        if stated and not cut and _is_stale(raw, stated, payload, body.data):
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
            stated,
            raw.field("warc-record-id"),
        )

    def _body(self, payload: bytes, headers: dict[str, str]) -> Decoded:
        names = [headers.get(name, "") for name in ("content-encoding", "transfer-encoding")]
        codings = ", ".join(filter(None, names))
        pages, others = self.limits.page_bytes, self.limits.image_bytes
        body = decoded(payload, codings, max(pages, others))
        label = content_type(headers.get("content-type", ""))[0]
        cap = pages if is_page(body.data, label) else others
        return body if len(body.data) <= cap else decoded(payload, codings, cap)


def _is_stale(raw: _Raw, stated: str, payload: bytes, body: bytes) -> bool:
    """Whether only the payload's digest is there to judge by, and says that it is another."""
    return not raw.digest and not any(is_of(stated, data) for data in (payload, body))


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
