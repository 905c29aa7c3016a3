"""Bytes of a web page to text, whatever its labels say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from realsyn_tasks.web.charsets import PAIRED, REPLACEMENT, WIDE, decode, encoding_of
from realsyn_tasks.web.detection import SURE, Guess, detected, looks_written
from realsyn_tasks.web.prescan import labelled

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
_NOT_TEXT = re.compile("[\ufffd\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\uf780-\uf7ff]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_HIGH = bytes(range(0x80, 0x100))
_SWITCHES = re.compile(rb"\x1b\$[@B]|\x1b\([IJ]|\x1b\$\)C|~\{")
_JAPANESE_SWITCH = re.compile(rb"\x1b\$[@B]")
_NARROW_MARKUP = re.compile(rb"<[a-zA-Z!/]")
_RUN = re.compile(r"([\u00c0-\u04ff])\1{15,}")  # what one byte again and again is read as
_LENIENT = 0.6  # of the bytes beyond ASCII are of whole characters: UTF-8 with bad bytes
_MOSTLY = 0.9  # of them: UTF-8 whatever else they could be
_HARM = 0.1  # of what is beyond ASCII may be broken under a label
_NULLS = 0.1  # of the characters may be zeros
_TELLING = 16  # bytes beyond ASCII; fewer say little against a label
_LOOKED_AT = 16 << 10  # bytes by which a page is judged


@dataclass(frozen=True)
class Decoded:
    """The text, under an encoding by the name that the Encoding Standard has for it.

    `broken` is the share of characters that are no text: undecodable bytes and controls. `unsure`
    says that nothing names the encoding and the bytes do not tell it.
    """

    text: str
    encoding: str
    broken: float
    unsure: bool = False


def decode_page(data: bytes, declared: str = "") -> Decoded:
    """Give the text of a page under the encoding that explains its bytes best.

    A byte order mark decides, then the pattern of UTF-16, then UTF-8, which other bytes beyond
    ASCII are not by chance: a few bad bytes leave it UTF-8. Then come the label of the answer,
    `declared`, and the page's own, each as long as it decodes the bytes and they don't tell
    otherwise; at last what the bytes tell alone.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], name)
    if wide := _wide(data):
        return _decoded(data, wide)
    try:
        text = _without_nulls(data.decode())
    except UnicodeDecodeError:
        return _legacy(data, declared)
    switches = b"\x1b" in data or b"~{" in data
    if not data.isascii() or not (switches and _SWITCHES.search(data)):
        return Decoded(text, "utf-8", _broken(text))
    return _legacy(data, declared)


def _legacy(data: bytes, declared: str) -> Decoded:
    labels = list(dict.fromkeys(filter(None, [encoding_of(declared), *labelled(data)])))
    if labels[:1] == [REPLACEMENT]:
        return _decoded(data, REPLACEMENT)
    labels = [label for label in labels if label not in WIDE or not _NARROW_MARKUP.search(data)]
    whole = _share_of_utf8(data)
    if whole >= _LENIENT and not (whole < _MOSTLY and _fits(data, labels)):
        return _decoded(data, "utf-8")
    if _JAPANESE_SWITCH.search(data):
        labels = ["iso-2022-jp", *labels]
    elif data.isascii():
        return _decoded(data, "utf-8")
    guess = detected(data)
    choices = chain(_unrefuted(data, labels, guess), _told(data, guess))
    return next(choices, None) or _least_broken(data, labels)


def _unrefuted(data: bytes, labels: list[str], guess: Guess) -> Iterator[Decoded]:
    """What the labels give that fit the bytes."""
    window = _window(data)
    told = decode(window, guess.name) if guess.name else ""
    enough = _count_beyond(window) >= _TELLING
    written = bool(told) and looks_written(told)
    likely = written or (told and guess.confidence >= SURE)
    for label in labels:
        text = decode(window, label)
        beyond = len(text) - len(text.encode("ascii", "ignore"))
        harm = len(_NOT_TEXT.findall(text)) / max(1, beyond)
        switched = label == "iso-2022-jp"
        doubted = (enough and guess.refutes(label)) or (written and not looks_written(text))
        refuted = likely and told != text and doubted and not switched
        if harm <= _HARM and not refuted:
            yield _decoded(data, label)


def _window(data: bytes) -> bytes:
    """The part of a page by which it is judged, from its first byte beyond ASCII on."""
    first = _BEYOND_ASCII.search(data)
    start = first.start() if first else 0
    window = data[start : start + _LOOKED_AT]
    return window[: window.rfind(b"<")] if len(window) == _LOOKED_AT and b"<" in window else window


def _told(data: bytes, guess: Guess) -> Iterator[Decoded]:
    """What the bytes tell by themselves."""
    if guess.name:
        yield _decoded(data, guess.name)


def _least_broken(data: bytes, labels: list[str]) -> Decoded:
    """What comes out where nothing fits: broken, or unsure."""
    tried = [_decoded(data, name) for name in [*labels, "utf-8"]]
    best = min(tried, key=lambda decoded: decoded.broken)
    return Decoded(best.text, best.encoding, best.broken, unsure=True)


def _decoded(data: bytes, name: str) -> Decoded:
    text = _without_nulls(decode(data, name))
    return Decoded(text, name, _broken(text))


def _without_nulls(text: str) -> str:
    """Leave out zeros amid text, as browsers do; where they are many it is no text."""
    return text.replace("\0", "") if 0 < text.count("\0") <= _NULLS * len(text) else text


def _broken(text: str) -> float:
    runs = () if text.isascii() else _RUN.finditer(text)
    harm = len(_NOT_TEXT.findall(text)) + sum(len(run[0]) for run in runs)
    return harm / max(1, len(text))


def _share_of_utf8(data: bytes) -> float:
    """How much of what is beyond ASCII is whole characters of UTF-8."""
    whole = _count_beyond(data.decode("utf-8", "ignore").encode())
    return whole / max(1, _count_beyond(data))


def _count_beyond(data: bytes) -> int:
    return len(data) - len(data.translate(None, _HIGH))


def _fits(data: bytes, labels: list[str]) -> bool:
    """Whether the first label is of an encoding with two bytes a character, and all bytes fit."""
    return labels[:1] != [] and labels[0] in PAIRED and "\ufffd" not in decode(data, labels[0])


def _wide(data: bytes) -> str:
    """The kind of UTF-16 that bytes without a mark are; "" if they are none.

    Markup and blanks put zeros into one column of every second byte, and few into the other.
    """
    head = data[: 4 << 10]
    if b"\0" not in head or len(head) < 8 or _NARROW_MARKUP.search(head):
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    most = len(head) // 2
    if odd > most * 0.04 and even * 4 <= odd:
        name = "utf-16le"
    elif even > most * 0.04 and odd * 4 <= even:
        name = "utf-16be"
    else:
        return ""
    text = decode(head[: len(head) & ~1], name)
    plain = sum(part.isspace() or part in "<>/.=" for part in text)
    return name if plain >= len(text) * 0.02 and _broken(text) <= 0.01 else ""
