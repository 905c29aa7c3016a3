"""Bytes of a file by place: plain, or packed in members of gzip and frames of zstd.

A unit is what is unpacked from one place on. Of a packed file it is one member or frame, so that
what is torn costs itself; of a plain file it is all the rest.
"""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from typing_extensions import Buffer

GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
CHUNK = 64 << 10
_FIRST = 32 << 10  # bytes taken from a place at first: most records are no longer
_SLICE = 2 << 10  # bytes of zstd unpacked at once, which can give a thousand times as much
DICTIONARY = b"\x5d\x2a\x4d\x18"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_MOST_DICTIONARY = 16 << 20  # bytes
_FRAME = struct.Struct("<II")


class Torn(Exception):
    """Packed bytes that cannot be unpacked any further."""


class CutOff(Torn):
    """Packed bytes that end in the middle."""


class TooMuch(Exception):
    """A file has unpacked to more than it may."""


class Unpacker(Protocol):
    """What undoes a packing, of zlib or of zstandard."""

    @property
    def eof(self) -> bool:
        """Say whether the end was reached."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Give what follows the end."""
        ...

    def decompress(self, data: memoryview, /) -> bytes:
        """Unpack more."""
        ...


class Packing(NamedTuple):
    """What unpacks a member or frame, how it fails, and how many bytes it gets at once."""

    unpacker: Unpacker
    fails_with: type[Exception]
    at_once: int


class Frames:
    """A file's bytes by place, the last piece kept, and what unpacks them.

    Raises TooMuch where that comes to more than `most` bytes, if that is said.
    """

    def __init__(self, stream: BinaryIO, most: int | None = None) -> None:
        self._stream = stream
        self._left = most
        self._start = 0
        self._piece = b""
        self._dictionary = b""
        self._begun: tuple[int, Unit] | None = None
        self.skippable(0)

    def at(self, place: int) -> memoryview:
        """Give some bytes from a place on, none at the end."""
        if not self._start <= place < self._start + len(self._piece):
            self._stream.seek(place)
            self._piece, self._start = self._stream.read(CHUNK), place
        return memoryview(self._piece)[place - self._start :]

    def exactly(self, place: int, size: int) -> bytes:
        """Give that many bytes from a place on, or all there are."""
        parts = []
        while size > 0 and (piece := self.at(place)[:size]):
            parts.append(bytes(piece))
            place, size = place + len(piece), size - len(piece)
        return b"".join(parts)

    def end(self) -> int:
        """Tell the size of the file."""
        return self._stream.seek(0, 2)

    def skippable(self, place: int) -> int:
        """Give the length of a frame of zstd that holds no data, 0 if none is here.

        A dictionary in it is taken for the frames that follow.
        """
        head = self.exactly(place, _FRAME.size)
        if len(head) < _FRAME.size:
            return 0
        magic, size = _FRAME.unpack(head)
        if magic not in _SKIPPABLE:
            return 0
        if head.startswith(DICTIONARY):
            self._dictionary = self._unpacked_dictionary(
                self.exactly(place + _FRAME.size, min(size, CHUNK * 64))
            )
        return int(_FRAME.size + size)

    def has_another_dictionary(self) -> bool:
        """Say whether a file that begins with a dictionary seems to hold another one."""
        place, kept = self.skippable(0), b""
        while place and (piece := bytes(self.at(place))):
            if DICTIONARY in kept + piece:
                return True
            place, kept = place + len(piece), piece[-3:]
        return False

    def unit(self, place: int, at_once: int = 0) -> Unit:
        """Read from a place on, a few bytes of what is packed at once if that is said."""
        begun, self._begun = self._begun, None
        if begun and begun[0] == place and not at_once:
            return begun[1]
        head = self.exactly(place, 4)
        if head.startswith(GZIP):
            return Unit(self, place, Packing(zlib.decompressobj(31), zlib.error, at_once or _FIRST))
        return Unit(self, place, self._zstd(at_once or _SLICE) if head == ZSTD else None)

    def beginning(self, place: int, size: int) -> bytes:
        """Give the first bytes that are packed at a place, though what follows them be torn.

        What is unpacked for that is kept for whoever asks for the unit next.
        """
        unit = self.unit(place)
        try:
            head = unit.peek(size)
        except Torn:
            return self._torn_beginning(place, size)
        self._begun = place, unit
        return head

    def _torn_beginning(self, place: int, size: int) -> bytes:
        unit = self.unit(place, at_once=64)
        with suppress(Torn):
            unit.peek(size)
        return unit.ahead

    def _zstd(self, at_once: int) -> Packing:
        import zstandard

        known = zstandard.ZstdCompressionDict(self._dictionary) if self._dictionary else None
        unpacker = zstandard.ZstdDecompressor(dict_data=known).decompressobj()
        return Packing(unpacker, zstandard.ZstdError, at_once)

    def count(self, unpacked: int) -> None:
        """Take bytes from what is left of those that may be unpacked."""
        if self._left is not None:
            self._left -= unpacked
            if self._left < 0:
                raise TooMuch

    @staticmethod
    def _unpacked_dictionary(data: bytes) -> bytes:
        """The dictionary, which may be packed itself; none where it is larger than any."""
        if not data.startswith(ZSTD):
            return data
        import zstandard

        with suppress(zstandard.ZstdError):
            reader = zstandard.ZstdDecompressor().stream_reader(data, read_size=_SLICE)
            known = reader.read(_MOST_DICTIONARY + 1)
            return known if len(known) <= _MOST_DICTIONARY else b""
        return b""


class Unit:
    """Unpacked bytes from a place on, taken from the front. All methods may raise Torn."""

    def __init__(self, frames: Frames, place: int, packing: Packing | None) -> None:
        self._frames = frames
        self._next = place
        self._packing = packing
        self._at_once = packing.at_once if packing else _FIRST
        self._ahead = bytearray()
        self._over = False

    @property
    def is_packed(self) -> bool:
        """Say whether this is a member or a frame."""
        return self._packing is not None

    @property
    def place(self) -> int:
        """Tell where the file goes on: behind what was taken, or behind a member that is over."""
        return self._next if self.is_packed else self._next - len(self._ahead)

    @property
    def ahead(self) -> bytes:
        """Give what is unpacked and was not taken."""
        return bytes(self._ahead)

    def peek(self, size: int) -> bytes:
        """Give the next bytes, fewer at the end, and leave them."""
        while len(self._ahead) < size and self._more():
            pass
        return bytes(self._ahead[:size])

    def advance(self, size: int) -> bytes:
        """Give the next bytes, fewer at the end."""
        data = self.peek(size)
        del self._ahead[:size]
        return data

    def put_back(self, data: bytes) -> None:
        """Let bytes that were taken be the next ones again."""
        self._ahead[0:0] = data

    def jump(self, place: int) -> None:
        """Go on at another place of a plain file."""
        self._ahead.clear()
        self._next = place

    def finish(self) -> None:
        """Unpack what is left of a member that nothing should be left of."""
        while not self._ahead and self._more():
            pass

    def _more(self) -> bool:
        """Unpack a piece; say whether more may follow."""
        if self._over:
            return False
        piece = self._frames.at(self._next)[: self._at_once]
        if self._packing:
            self._unpack(piece, self._packing)
        else:
            self._at_once = CHUNK
            self._over = not piece
            self._ahead += piece
            self._next += len(piece)
        return not self._over

    def _unpack(self, piece: memoryview, packing: Packing) -> None:
        if not piece:
            raise CutOff("the file ends within a packed record")
        unpacker = packing.unpacker
        try:
            more = unpacker.decompress(piece)
        except packing.fails_with as error:
            raise Torn(" ".join(str(error).split())[:120]) from error
        self._frames.count(len(more))
        self._ahead += more
        self._over = unpacker.eof
        self._next += len(piece) - (len(unpacker.unused_data) if self._over else 0)


class Unpacked(io.RawIOBase):
    """What the members or frames of a file hold, one after another.

    Reading raises EOFError where the file ends in the middle, and OSError where it is torn.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._unit = frames.unit(frames.skippable(0))

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read some bytes, none at the end."""
        view = memoryview(buffer)
        try:
            while not self._unit.peek(1):
                place = self._unit.place
                place += self._frames.skippable(place)
                if not self._frames.at(place):
                    return 0
                self._unit = self._frames.unit(place)
                if not self._unit.is_packed:
                    raise OSError("what follows is not packed as the rest is")
        except CutOff as error:
            raise EOFError(str(error)) from error
        except Torn as error:
            raise OSError(str(error)) from error
        data = self._unit.advance(min(len(view), len(self._unit.ahead)))
        view[: len(data)] = data
        return len(data)
