"""Heads of WARC records and of the HTTP answers in them, as they are written.

Names are of any case, lines end as they like, long ones are folded, and of an answer anything but
its status may be missing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.web.reasons import MALFORMED_HTTP

VERSION = re.compile(rb"WARC/\d\.\d{1,2}[ \t]*\r?\n")
END_OF_HEAD = re.compile(rb"\n\r?\n")
_END_OF_HTTP = re.compile(rb"\n\r?\n|\r\r(?!\n)")
_LINE = re.compile(r"\r\n|\n|\r")
_STATUS = re.compile(rb"[ \t\r\n]*HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)[^\r\n]*(?:\r\n?|\n|$)", re.I)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_DIGESTS = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
_DIGITS = str.maketrans(  # of base 32, as Python counts them; others are none
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ2345670189 _+-", "0123456789ABCDEFGHIJKLMNOPQRSTUV!!!!!!!!"
)
_OK = 200


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its status, its headers by lower-case name, and its body as it is stored."""

    status: int
    headers: dict[str, str]
    body: bytes


def fields(head: bytes) -> dict[str, str]:
    """Give the fields of a record's head by lower-case name; the first of equal ones counts."""
    named: dict[str, str] = {}
    for name, value in _lines(VERSION.sub(b"", head, count=1)):
        named.setdefault(name, value)
    return named


def answer(block: bytes) -> Answer:
    """Read an HTTP answer; Refused if it is none.

    What begins with markup at once is an answer of HTTP/0.9, which has no head.
    """
    status = _STATUS.match(block)
    if not status:
        if block[:64].lstrip().startswith(b"<"):
            return Answer(_OK, {}, block)
        raise Refused(MALFORMED_HTTP, " ".join(block[:80].decode("latin-1").split()))
    # Without a single header, the blank line follows the status at once.
    end = _END_OF_HTTP.search(block, status.end() - 1)
    head, body = block[status.end() :], b""
    if end:
        head, body = block[status.end() : end.start()], block[end.end() :]
    code = int(status[1])
    if code < _OK and _STATUS.match(body):  # 100 Continue, and then the answer
        return answer(body)
    headers: dict[str, str] = {}
    for name, value in _lines(head):
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Answer(code, headers, body)


def _lines(head: bytes) -> list[tuple[str, str]]:
    """Names, lower-case, and values; a line that begins with a blank goes on with the last one."""
    lines: list[tuple[str, str]] = []
    for line in _LINE.split(_text(head)):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and lines:
            last, said = lines[-1]
            lines[-1] = last, f"{said} {line.strip()}".strip()
        elif colon and name.strip():
            lines.append((name.strip().lower(), value.strip()))
    return lines


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def content_type(label: str) -> tuple[str, str]:
    """Give the media type of a label, lower-case, and its charset, "" if it names none."""
    media_type, _, parameters = label.partition(";")
    charset = _CHARSET.search(parameters)
    return media_type.strip().lower(), charset[1] if charset else ""


def digest(label: str) -> str:
    """Give a digest in its one spelling, algorithm:hex; "" if it is none of those known."""
    name, _, value = label.strip().partition(":")
    name = name.strip().lower().replace("-", "")
    size = _DIGESTS.get(name)
    return f"{name}:{hexadecimal}" if size and (hexadecimal := _hex(value.strip(), size)) else ""


def is_of(stated: str, data: bytes) -> bool:
    """Say whether a digest, as `digest` gives it, is that of some bytes."""
    name, _, value = stated.partition(":")
    return bool(name) and hashlib.new(name, data, usedforsecurity=False).hexdigest() == value


def _hex(value: str, size: int) -> str:
    """Give the digest of `size` bytes that is written in base16, base32 or base64, in hex."""
    bare = value.rstrip("=")
    for length, decode in (
        (-(-size * 8 // 5), _base32),
        (size * 2, bytes.fromhex),
        (-(-size * 4 // 3), _base64),
    ):
        if len(bare) == length:
            with suppress(ValueError):
                return decode(bare).hex()
    return ""


def _base32(value: str) -> bytes:
    bits = len(value) * 5
    number = int(value.upper().translate(_DIGITS), 32)
    return (number >> bits % 8).to_bytes(bits // 8, "big")


def _base64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value.replace("+", "-").replace("/", "_") + "==")
