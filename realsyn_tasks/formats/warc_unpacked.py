"""A WARC file laid open, so that its records can be jumped to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CorruptCrawlFile, CrawlFile, Limits
from realsyn_tasks.formats.frames import CutOff, Frames, Torn
from realsyn_tasks.formats.warc_blocks import Blocks
from realsyn_tasks.formats.warc_starts import OVERLAP, PADDING, Starts

_LOOKS = 3  # members


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
        members = _Members(Frames(stream), file.path, limits)
        if not (members.shares_members() or members.has_own_dictionary(is_first)):
            yield file, []
            return
        most = max(limits.record_bytes, file.size * limits.expansion)
        with NamedTemporaryFile(prefix="realsyn-") as unpacked:
            torn = list(members.unpack(cast(BinaryIO, unpacked), most))
            unpacked.flush()
            yield CrawlFile(file.path, unpacked.tell(), partial(_open, unpacked.name)), torn


def _open(path: str) -> BinaryIO:
    return open(path, "rb")


class _Members:
    """The members of a packed file."""

    def __init__(self, frames: Frames, path: str, limits: Limits) -> None:
        self.frames, self.path = frames, path
        self._starts, self._blocks = Starts(frames), Blocks(frames, limits)

    def has_own_dictionary(self, is_first: bool) -> bool:
        """Say whether the first dictionary of all is not that of this file, or not of all of it."""
        if not is_first:
            return self.frames.skippable(0) > 0
        return self.frames.has_another_dictionary()

    def shares_members(self) -> bool:
        """Say whether one of the first members holds several records."""
        place = self._starts.following(0)
        for _ in range(_LOOKS):
            if place is None:
                return False
            unit = self.frames.unit(place)
            try:
                if not unit.is_packed or isinstance(self._blocks.record(unit, place), Verdict):
                    return False
                if unit.peek(OVERLAP).strip(PADDING):
                    return True
            except Torn:
                return False
            place = self._starts.following(unit.place)
        return False

    def unpack(self, out: BinaryIO, most: int) -> Iterator[BadRecord]:
        """Write what all members hold, at most so many bytes; give what cannot be unpacked."""
        place = self._starts.following(0)
        while place is not None:
            unit = self.frames.unit(place)
            try:
                while piece := unit.advance(1 << 20):
                    out.write(piece)
                    if out.tell() > most:
                        raise CorruptCrawlFile(self.path, f"is a bomb: more than {most} bytes")
            except Torn as problem:
                out.write(unit.ahead)
                following = self._starts.following(max(place + 1, unit.place))
                if following or not isinstance(problem, CutOff):
                    lost = (following or self.frames.end()) - unit.place
                    yield BadRecord(self.path, 0, reasons.DAMAGED_FILE, str(problem), lost)
                else:
                    yield BadRecord(self.path, 0, reasons.FILE_CUT, str(problem))
                place = following
            else:
                place = self._starts.following(unit.place)
