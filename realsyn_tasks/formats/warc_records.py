"""What the records of a WARC file hold, though it may be damaged anywhere.

A record that cannot be read becomes a BadRecord, and reading goes on at the next place in the file
where a record starts, so that one torn gzip member or one wrong length costs one record. Records
are read as they are written: in any packing, of any version, whatever their lines end in.

A record's offset is the place of its member, frame, or first line. Where a member holds several,
the number of the record in it stands in the bits above.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CorruptCrawlFile, Limits
from realsyn_tasks.formats.frames import CutOff, Frames, TooMuch, Torn, Unit
from realsyn_tasks.formats.warc_answers import Answers
from realsyn_tasks.formats.warc_blocks import Blocks, Raw
from realsyn_tasks.formats.warc_items import Item
from realsyn_tasks.formats.warc_starts import OVERLAP, PADDING, Starts
from realsyn_tasks.web.reasons import DECOMPRESSION_BOMB

_NONE_PASSED: Mapping[int, int] = MappingProxyType({})
_PLACE_BITS = 44
PLACE = (1 << _PLACE_BITS) - 1
"""The bits of an offset that are a place in the file."""
_MOST_IN_ONE = 1 << (63 - _PLACE_BITS)
_MOST_OF_SMALL = 4  # records' most bytes that any file may unpack to


def responses(
    stream: BinaryIO,
    path: str,
    limits: Limits,
    start: int = 0,
    passed: Mapping[int, int] = _NONE_PASSED,
) -> Iterator[Item]:
    """Give all responses, redirects and revisits from the record at `start` on.

    `passed` are the offsets of records that need not be read again, with where to go on.
    Raises CorruptCrawlFile if there is no record at all, or damage without end.
    """
    most = max(_MOST_OF_SMALL * limits.record_bytes, stream.seek(0, 2) * limits.expansion)
    return _Walk(Frames(stream, most), path, limits).items(start, passed)


class _Walk:
    """A way through the records of a file, over what is damaged."""

    def __init__(self, frames: Frames, path: str, limits: Limits) -> None:
        self.frames = frames
        self.path = path
        self.limits = limits
        self.damages = 0
        self._starts, self._blocks = Starts(frames), Blocks(frames, limits)
        self._answers = Answers(path, limits)

    def items(self, start: int, passed: Mapping[int, int]) -> Iterator[Item]:
        """Give the items of all records from an offset on, but for those that are passed over."""
        place, number = start & PLACE, start >> _PLACE_BITS
        if self._starts.following(place) is None:
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

    def _unit(self, place: int, skipped: int) -> Generator[Item, None, int | None]:
        """The items of a member, or of one record of a plain file; gives where the next starts."""
        unit = self.frames.unit(place)
        number = 0
        try:
            while number == 0 or (unit.is_packed and unit.peek(OVERLAP).strip(PADDING)):
                offset = place | number << _PLACE_BITS
                raw = self._blocks.record(unit, offset)
                if isinstance(raw, Raw):
                    yield from self._answers.of(raw) if number >= skipped else ()
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
        following = self._starts.following(resume)
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
            self._blocks.until_next(unit, unit.advance(1))
            return BadRecord(self.path, offset, why.reason, why.detail, unit.place - start)
        return BadRecord(self.path, offset, why.reason, why.detail)

    def _following(self, place: int) -> Generator[Item, None, int | None]:
        """Where the next record starts; what lies between is told."""
        bare = self._starts.after_padding(place)
        while skipped := self.frames.skippable(bare):
            bare = self._starts.after_padding(bare + skipped)
        position = self._starts.following(bare)
        end = self.frames.end() if position is None else position
        if bare < end and not self._starts.is_filling(bare, end):
            self._count()
            begun = position is None and self._starts.is_begun(bare)
            reason = reasons.FILE_CUT if begun else reasons.MALFORMED_RECORD
            yield BadRecord(self.path, bare, reason, "no record", end - bare)
        return position

    def _count(self) -> None:
        self.damages += 1
        most = self.limits.broken_frames
        if self.damages > most:
            raise CorruptCrawlFile(self.path, f"more than {most} unreadable records")
