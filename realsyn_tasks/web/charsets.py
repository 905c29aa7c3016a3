"""The encodings of the Encoding Standard (encoding.spec.whatwg.org): labels, and what bytes mean.

Python's codecs are close to the Standard's, and this says where they are not. Other codecs than the
Standard's are never opened for strangers.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

from webencodings.labels import LABELS  # type: ignore[import-untyped]

REPLACEMENT = "replacement"
"""The Standard's name for encodings that are too dangerous to be read."""

WIDE = frozenset({"utf-16le", "utf-16be"})

PAIRED = frozenset({"big5", "euc-jp", "euc-kr", "gb18030", "gbk", "shift_jis"})
"""Encodings with two bytes for most characters."""

_CODECS = {
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "gbk": "gb18030",
    "ibm866": "cp866",
    "iso-8859-8-i": "iso-8859-8",
    "macintosh": "mac-roman",
    "shift_jis": "cp932",
    "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
}
_BY_BYTE = re.compile(r"windows-\d+|iso-8859-.*|ibm866|koi8-[ru]|macintosh|x-mac-cyrillic|x-user.*")
_OTHER_BYTES = {
    "koi8-u": {0xAE: "ў", 0xBE: "Ў"},
    "windows-1255": {0xCA: "\u05ba"},
}
# The Standard reads JIS as Windows does.
_AS_WINDOWS = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
# Characters that gb18030 had in the private area before Unicode had them.
_GB18030 = {0xE5E5: 0x3000, 0xE7C7: 0x1E3F, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6}
_GB18030 |= {0xE82C: 0x9FB7, 0xE832: 0x9FB8, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE864: 0x9FBB}
_GB18030 |= {0xE78D + n: point for n, point in enumerate((0xFE10, 0xFE12, 0xFE11, 0xFE13))}
_GB18030 |= {0xE791 + n: 0xFE14 + n for n in range(6)}
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_ESCAPES = re.compile(rb"\x1b(\([BJI]|\$[@B])")
_HALF_WIDTH = 0xFF61 - 0x21


def encoding_of(label: str) -> str:
    """Give the Standard's name for the encoding that a label stands for; "" if for none."""
    return str(LABELS.get(label.strip("\t\n\f\r ").lower(), ""))


def decode(data: bytes, name: str) -> str:
    """Give the text of bytes in an encoding of the Standard; U+FFFD for what stands for nothing."""
    if name == REPLACEMENT:
        return "\ufffd" if data else ""
    if name == "iso-2022-jp":
        return _iso_2022_jp(data)
    if _BY_BYTE.fullmatch(name):
        return codecs.charmap_decode(data, "replace", _table(name))[0]
    if name in WIDE or name == "utf-8":
        return data.decode(_CODECS.get(name, name), "replace")
    text = data.decode(_CODECS.get(name, name), f"realsyn.{name}")
    if name == "euc-jp":
        return text.translate(_AS_WINDOWS)
    if name in ("gbk", "gb18030") and _PRIVATE.search(text):
        return text.translate(_GB18030)
    return text


@cache
def _table(name: str) -> str:
    """What each byte stands for; those that Windows leaves open are controls on the web."""
    if name == "x-user-defined":
        return "".join(map(chr, [*range(0x80), *range(0xF780, 0xF800)]))
    codec = _CODECS.get(name, name)
    characters = [bytes([byte]).decode(codec, "replace") for byte in range(256)]
    for byte in range(0x80, 0xA0):
        if characters[byte] == "\ufffd":
            characters[byte] = chr(byte)
    for byte, character in _OTHER_BYTES.get(name, {}).items():
        characters[byte] = character
    return "".join(characters)


def _iso_2022_jp(data: bytes) -> str:
    """Text that switches between ASCII, JIS and half-width katakana by escape sequences."""
    state, parts = b"(B", []
    for number, part in enumerate(_ESCAPES.split(data)):
        if number % 2:
            state = part
        elif state[:1] == b"$":
            parts.append(_jis(part))
        elif state == b"(I":
            parts.append(
                "".join(chr(b + _HALF_WIDTH) if 0x20 < b < 0x60 else "\ufffd" for b in part)
            )
        else:
            parts.append(part.decode("ascii", "replace"))
    return "".join(parts)


def _katakana(byte: int) -> str:
    return chr(byte + _HALF_WIDTH) if 0x20 < byte < 0x60 else "\ufffd"


def _jis(part: bytes) -> str:
    """Two bytes a character; a line's end within is one by itself."""
    lines = re.split(rb"([\n\r])", part)
    return "".join(
        line.decode() if number % 2 else decode(bytes(byte | 0x80 for byte in line), "euc-jp")
        for number, line in enumerate(lines)
    )


def _two_bytes(error: UnicodeError) -> tuple[bytes, int]:
    """The lead byte and what follows it, and where reading goes on after an error."""
    assert isinstance(error, UnicodeDecodeError)
    pair = error.object[error.start : error.start + 2]
    both = len(pair) == 2 and pair[1] >= 0x80
    return pair, error.start + (2 if both else 1)


def _after_error(error: UnicodeError) -> tuple[str, int]:
    return "\ufffd", _two_bytes(error)[1]


def _after_error_in_gb18030(error: UnicodeError) -> tuple[str, int]:
    pair, following = _two_bytes(error)
    if pair[:1] == b"\x80":
        return "€", following - (len(pair) == 2 and pair[1] >= 0x80)
    return "\ufffd", following


def _after_error_in_big5(error: UnicodeError) -> tuple[str, int]:
    pair, following = _two_bytes(error)
    try:
        return pair.decode("cp950"), following + (len(pair) == 2 and pair[1] < 0x80)
    except UnicodeDecodeError:
        return "\ufffd", following


def _after_error_in_euc_jp(error: UnicodeError) -> tuple[str, int]:
    """Rows that Windows added to JIS: the same cell in Shift_JIS, which Python knows."""
    pair, following = _two_bytes(error)
    if len(pair) == 2 and min(pair) > 0xA0:
        row, cell = pair[0] - 0xA1, pair[1] - 0xA1
        lead = row // 2 + (0x81 if row < 62 else 0xC1)
        trail = cell + (0x9F if row % 2 else 0x40 if cell < 63 else 0x41)
        return bytes([lead, trail]).decode("cp932", "replace")[:1], following
    return "\ufffd", following


codecs.register_error("realsyn.gbk", _after_error_in_gb18030)
codecs.register_error("realsyn.gb18030", _after_error_in_gb18030)
codecs.register_error("realsyn.big5", _after_error_in_big5)
codecs.register_error("realsyn.euc-jp", _after_error_in_euc_jp)
codecs.register_error("realsyn.euc-kr", _after_error)
codecs.register_error("realsyn.shift_jis", _after_error)
