"""What bytes of the web are, whatever their labels say: pages, pictures, something else.

Follows the MIME Sniffing Standard (mimesniff.spec.whatwg.org), and goes beyond it where the bytes
leave no doubt: picture formats that it does not sniff, marks of pages behind comments and XML
declarations, pages in UTF-16, pages under labels of text and of unknown kinds.
"""

from __future__ import annotations

import codecs
import re

HEADER = 1445
"""Bytes that the Standard looks at."""

_FAR = 16 << 10  # bytes in which the root of a page or a drawing must begin
_PICTURES = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBPVP", re.S), "image/webp"),
    # Two letters begin words, too: BM counts with the size of a header that bitmaps have.
    (re.compile(rb"BM.{12}(?:[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0)", re.S), "image/bmp"),
    (re.compile(rb"\0\0[\x01\x02]\0"), "image/x-icon"),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), "image/tiff"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"), "image/jxl"),
    (re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"), "image/jp2"),
)
_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1"})
_OTHERS = (
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"%!PS-Adobe-"), "application/postscript"),
    (re.compile(rb"FORM....AIFF", re.S), "audio/aiff"),
    (re.compile(rb"ID3"), "audio/mpeg"),
    (re.compile(rb"OggS\0"), "application/ogg"),
    (re.compile(rb"MThd\0\0\0\x06"), "audio/midi"),
    (re.compile(rb"RIFF....AVI ", re.S), "video/avi"),
    (re.compile(rb"RIFF....WAVE", re.S), "audio/wave"),
    (re.compile(rb"....ftyp", re.S), "video/mp4"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "video/webm"),
    (re.compile(rb"\x1f\x8b\x08"), "application/x-gzip"),
    (re.compile(rb"PK\x03\x04"), "application/zip"),
    (re.compile(rb"Rar!\x1a\x07\0"), "application/x-rar-compressed"),
)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BEGINNING = re.compile(
    rb"[\t\n\x0c\r ]*<(?:!--|(?:!doctype html|html|head|script|iframe|h[1-6]|div|font|table|a|style"
    rb"|title|b|body|br|p|meta|link|base|center)(?=[ >\t\n\x0c\r/]))",
    re.I,
)
_ROOT = re.compile(rb"<(?:!doctype html|html|head|body)(?=[ >\t\n\x0c\r/])", re.I)
_PROLOGUE = re.compile(rb"(?>\s+|<!--.*?-->|<\?.*?\?>)*+", re.S)
_DOCTYPE = re.compile(rb"<!doctype\b[^<>\[]*(?:\[.*?\]\s*)?>", re.I | re.S)
_SVG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg(?=[\s/>])[^>]*>?")
_SVG_NAMESPACE = re.compile(rb"""xmlns(?::[\w.-]+)?\s*=\s*["']http://www\.w3\.org/2000/svg["']""")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)\b")
_XHTML_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?html(?=[\s/>])", re.I)
_UNKNOWN = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
_NEVER_SHOWN = re.compile(r"(?:image|audio|video|font)/|.*(?:css|javascript|ecmascript|json)$")
_HTML = "text/html"
_XHTML = "application/xhtml+xml"
_DATA = "application/octet-stream"


def picture_type(data: bytes) -> str:
    """Give the media type of a picture by its bytes, as loading it into an `img` does; "" if none.

    Labels say nothing here. A type is no promise that the rest of the bytes can be decoded.
    """
    head = data[:HEADER]
    for mark, name in _PICTURES:
        if mark.match(head):
            return name
    return _type_of_boxes(head) or ("image/svg+xml" if _is_drawing(data) else "")


def is_page(body: bytes, label: str) -> bool:
    """Say whether a browser, or a reader of what it got, has a page before him.

    `label` is the Content-Type, with or without parameters, "" if there is none. Of a body that is
    labelled as a page and looks like a drawing, too, this says yes: ask for pages first.
    """
    return page_type(body, label) in (_HTML, _XHTML)


def page_type(body: bytes, label: str) -> str:
    """Give the media type of a body that was loaded as a page, by its bytes and its label.

    It is the Standard's computed type, but for bodies that begin as only pages do (any label of
    text, data or nothing), for pictures, archives and media (any label), and for XML that is XHTML.
    """
    supplied = _essence(label)
    head = _narrow(body[:_FAR])
    if supplied in _UNKNOWN:
        return _sniffed(head, body)
    if supplied == _HTML:
        return _type_of_feed(head) or ("" if is_text(body) else _type_by_pattern(body)) or _HTML
    if supplied.endswith("+xml") or supplied in ("text/xml", "application/xml"):
        return _XHTML if _is_xhtml(head) else _type_by_pattern(body) or supplied
    if _is_rooted(head) and not _NEVER_SHOWN.match(supplied):
        return _HTML
    return _type_by_pattern(body) or supplied


def is_text(data: bytes) -> bool:
    """Say whether the beginning has no byte that text does not have, or a mark of Unicode."""
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return marked or not _BINARY.search(data[:HEADER])


def _essence(label: str) -> str:
    """The type of a Content-Type; "" where it is none."""
    essence = label.partition(";")[0].strip().lower()
    return essence if re.fullmatch(r"[^\s/]+/[^\s/]+", essence) else ""


def _narrow(head: bytes) -> bytes:
    """The beginning without a mark of its byte order and, of UTF-16, without the other bytes."""
    if head.startswith(codecs.BOM_UTF8):
        return head[3:]
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(codec, "ignore").encode("ascii", "replace")
    wide = re.match(rb"(?:\s\0)*<\0|(?:\0\s)*\0<", head[:64])
    return head.replace(b"\0", b"") if wide else head


def _sniffed(head: bytes, body: bytes) -> str:
    """The type of a body without a label that says something."""
    if _BEGINNING.match(head) or _is_rooted(head):
        return _type_of_feed(head) or _HTML
    if head.lstrip(b"\t\n\x0c\r ").startswith(b"<?xml"):
        return _XHTML if _is_xhtml(head) else _type_of_feed(head) or "text/xml"
    return _type_by_pattern(body) or ("text/plain" if is_text(body) else _DATA)


def _is_rooted(head: bytes) -> bool:
    """Whether the first thing after comments and declarations is what only pages begin with."""
    return bool(_ROOT.match(head, _after_prologue(head, 0)))


def _after_prologue(head: bytes, start: int) -> int:
    match = _PROLOGUE.match(head, start)
    return match.end() if match else start


def _is_xhtml(head: bytes) -> bool:
    return bool(_XHTML_ROOT.match(head, _root(head)))


def _root(head: bytes) -> int:
    """Where the root of an XML document begins, behind declarations, comments and DOCTYPE."""
    start = _after_prologue(head, 0)
    doctype = _DOCTYPE.match(head, start)
    return _after_prologue(head, doctype.end()) if doctype else start


def _type_of_feed(head: bytes) -> str:
    match = _FEED.match(head, _after_prologue(head, 0))
    if not match or (match[0] == b"<rdf:RDF" and b"http://purl.org/rss/1.0/" not in head):
        return ""
    return "application/atom+xml" if match[0] == b"<feed" else "application/rss+xml"


def _type_by_pattern(body: bytes) -> str:
    """The type of what is neither text nor markup."""
    known = next((name for mark, name in _PICTURES if mark.match(body)), "") or _type_of_boxes(body)
    return known or next((name for mark, name in _OTHERS if mark.match(body)), "")


def _type_of_boxes(head: bytes) -> str:
    """AVIF or HEIC, by the brands in the first box of the file."""
    if head[4:8] != b"ftyp":
        return ""
    size = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if not _AVIF.isdisjoint(brands):
        return "image/avif"
    return "image/heic" if not _HEIC.isdisjoint(brands) else ""


def _is_drawing(data: bytes) -> bool:
    """Whether this is an SVG file: its root, behind declarations, names the namespace."""
    head = _narrow(data[:_FAR])
    start = _root(head)
    root = _SVG.match(head, start)
    # An internal DTD may give the namespace.
    return bool(root and (_SVG_NAMESPACE.search(root[0]) or b"[" in head[:start]))
