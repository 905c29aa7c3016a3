"""Bytes of a web page to text, whatever its labels say."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_META = re.compile(rb"""<meta[^>]{0,512}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,256}?encoding\s*=\s*["']([\w.:-]{2,40})["']""", re.I)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Labels mean what browsers take them for (WHATWG Encoding), not what their names say. Python knows
# more codecs than the web; only these are opened for strangers.
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
}
_KNOWN = re.compile(
    r"utf-8|utf-16(-[lb]e)?|iso8859-\d+|cp(125\d|866|874|932|949)|koi8-[ru]|mac-(roman|cyrillic)"
    r"|euc_jp|iso2022_jp|gb18030|big5hkscs"
)
_NOT_TEXT = re.compile("[\ufffd\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True)
class Decoded:
    """`broken` is the share of characters that are no text: undecodable bytes and controls."""

    text: str
    encoding: str
    broken: float


def decode_page(data: bytes, declared: str = "") -> Decoded:
    """The text of a page under the encoding that explains its bytes best.

    A byte order mark decides. Bytes that are valid UTF-8 beyond ASCII are UTF-8 even where a label
    says otherwise, which on the web is the commonest lie. Then the HTTP label `declared`, the
    page's own, UTF-8 and Windows-1252 are tried in this order; the first without a broken
    character wins, or else the least broken one.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode(data, name)
    utf8 = _decode(data, "utf-8")
    if not utf8.broken and not data.isascii():
        return utf8
    best = None
    for name in _candidates(data, declared):
        decoded = utf8 if name == "utf-8" else _decode(data, name)
        if not decoded.broken:
            return decoded
        if best is None or decoded.broken < best.broken:
            best = decoded
    return best or utf8


def _candidates(data: bytes, declared: str) -> list[str]:
    head = data[:4096]
    labels = [declared]
    labels += [m[1].decode("ascii", "ignore") for m in (_XML.search(head), _META.search(head)) if m]
    named = [codec for codec in map(_codec, labels) if codec]
    # Windows-1252 can read nearly any bytes, so it may only speak where nobody else did.
    return list(dict.fromkeys([*named, "utf-8", *([] if named else ["cp1252"])]))


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label.strip().lower()).name
    except (LookupError, UnicodeError, ValueError):
        return ""
    name = _WIDER.get(name, name)
    return name if _KNOWN.fullmatch(name) else ""


def _decode(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    broken = len(_NOT_TEXT.findall(text)) / max(1, len(text))
    return Decoded(text, encoding, broken)
