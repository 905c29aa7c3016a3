"""What a page's own bytes say of their encoding: meta elements and the XML declaration.

Reads markup as browsers do before they know the encoding (HTML Standard, "prescan a byte stream"),
then goes on behind the bytes that they scan: they find a late label while parsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from realsyn_tasks.web.charsets import WIDE, encoding_of

PRESCANNED = 1024  # bytes
MOST = 8  # labels that are looked at

_MARKUP = re.compile(
    rb"<!--(?:-?>|.*?-->|(?P<open>))|</?(?P<tag>[a-z][^\t\n\f\r >/]*)|<[!/?][^>]*>?", re.I | re.S
)
_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)"
    rb"(?:[\t\n\f\r ]*=[\t\n\f\r ]*"
    rb"""(?:"([^"]*)"|'([^']*)'|(?!["'])([^\t\n\f\r >]*)|(["'])))?"""
)
_LATE = re.compile(
    rb"<!--(?:-?>|.*?(?:-->|\Z))"
    rb"|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)"
    rb"|<meta(?=[\t\n\f\r /])"
    rb"""|</?[a-z](?:[^>=]++|=\s*+(?:"[^"]*"|'[^']*')|=)*+""",
    re.I | re.S,
)
_CHARSET = re.compile(
    rb"charset[\t\n\f\r ]*=[\t\n\f\r ]*"
    rb"""(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r ;"'][^\t\n\f\r ;]*))""",
    re.I,
)
_XML = re.compile(
    rb"<\?xml[\t\n\f\r ][^>]{0,400}?encoding[\t\n\f\r ]*=[\t\n\f\r ]*"
    rb"""(?:"([^"<>]*)"|'([^'<>]*)')"""
)


def labelled(data: bytes) -> list[str]:
    """Give the encodings that a page names for itself, by the Standard's names, first things first.

    What is read as ASCII cannot be UTF-16: such a label means UTF-8.
    """
    names = [*_early(data[:PRESCANNED]), *_late(data)][:MOST]
    declaration = _XML.match(data[:PRESCANNED].lstrip())
    if declaration:
        names.append(_ascii_based(encoding_of(_value(declaration, 1, 2))))
    return list(dict.fromkeys(filter(None, names)))


def _early(head: bytes) -> Iterator[str]:
    """The labels in the bytes that browsers scan before they parse."""
    position = 0
    while match := _MARKUP.search(head, position):
        if match["open"] is not None:  # a comment that does not end
            return
        position = match.end()
        if tag := match["tag"]:
            attributes, position = _attributes(head, position)
            if tag.lower() == b"meta" and head[match.start() + 1 : match.start() + 2] != b"/":
                yield _encoding_in(attributes)


def _late(data: bytes) -> Iterator[str]:
    """The labels in the whole page, outside of comments and of elements that hold no markup."""
    position = 0
    while match := _LATE.search(data, position):
        position = match.end()
        if match[0][:5].lower() == b"<meta":
            attributes, position = _attributes(data, position)
            yield _encoding_in(attributes)


def _attributes(data: bytes, position: int) -> tuple[dict[bytes, bytes], int]:
    """The attributes of a tag from a position in it on, and where it ends."""
    attributes: dict[bytes, bytes] = {}
    while match := _ATTRIBUTE.match(data, position):
        if match[5]:  # a quotation that does not end
            return {}, len(data)
        position = match.end()
        attributes.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
    return attributes, position


def _encoding_in(attributes: dict[bytes, bytes]) -> str:
    """The encoding that a meta element names; "" if it names none."""
    if b"charset" in attributes:
        return _ascii_based(encoding_of(attributes[b"charset"].decode("latin-1")))
    if attributes.get(b"http-equiv", b"").lower() != b"content-type":
        return ""
    match = _CHARSET.search(attributes.get(b"content", b""))
    return _ascii_based(encoding_of(_value(match, 1, 2, 3))) if match else ""


def _value(match: re.Match[bytes], *groups: int) -> str:
    return b"".join(match[group] or b"" for group in groups).decode("latin-1")


def _ascii_based(name: str) -> str:
    """What a label means that was itself read as ASCII."""
    return "utf-8" if name in WIDE else "windows-1252" if name == "x-user-defined" else name
