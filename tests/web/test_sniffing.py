"""What bytes are, under every label, beside an implementation of the MIME Sniffing Standard."""

from __future__ import annotations

import codecs
import itertools
import random
from io import BytesIO

import pytest
from PIL import Image
from xtractmime import extract_mime

from realsyn_tasks.web.sniffing import is_page, is_text, page_type, picture_type

TAGS = "!DOCTYPE HTML,HTML,HEAD,SCRIPT,IFRAME,H1,DIV,FONT,TABLE,A,STYLE,TITLE,B,BODY,BR,P,!--"
XHTML = b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">\n'
XHTML += b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
MADE = {"JPEG": "jpeg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp", "TIFF": "tiff"}
MADE |= {"ICO": "x-icon", "AVIF": "avif", "JPEG2000": "jp2"}
MAGIC = {
    "image/heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "image/avif": b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf",
    "image/jxl": b"\xff\x0a\xff\x07",
    "image/svg+xml": SVG,
    "image/tiff": b"MM\0\x2a\0\0\0\x08",
    "image/jp2": b"\xff\x4f\xff\x51\0\0",
}


def picture(kind: str) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (32, 32), "red").save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize(("kind", "subtype"), MADE.items())
def test_pictures_are_told_by_their_bytes(kind: str, subtype: str) -> None:
    data = picture(kind)
    assert picture_type(data) == picture_type(data[:60]) == f"image/{subtype}"
    labels = ["", "text/html", "text/plain", "application/x-download", "image/x-wrong", "video/mp4"]
    assert [is_page(data, label) for label in labels] == [False] * len(labels)


@pytest.mark.parametrize(("kind", "data"), MAGIC.items())
def test_pictures_that_the_standard_does_not_sniff(kind: str, data: bytes) -> None:
    assert picture_type(data) == kind


@pytest.mark.parametrize(
    "before",
    [b"", codecs.BOM_UTF8, b"\n ", b'<?xml version="1.0"?>', b"<!-- x -->\n"],
)
@pytest.mark.parametrize("doctype", [b"", b'<!DOCTYPE svg PUBLIC "x" "y">', b"<!DOCTYPE svg [ ]>"])
def test_drawings_behind_what_may_come_before(before: bytes, doctype: bytes) -> None:
    assert picture_type(before + doctype + SVG) == "image/svg+xml"


@pytest.mark.parametrize(
    "data",
    [b"", b"BMW builds cars.", b"GIF is a format", b"<svg><path/></svg>", b"<p>" + SVG, b"II. So"],
)
def test_what_is_no_picture(data: bytes) -> None:
    assert picture_type(data) == ""


def _beginnings() -> list[bytes]:
    chosen = random.Random(0)
    words = [tag.encode() for tag in TAGS.split(",")]
    spaces = [b"", b" ", b"\n\t", b"\r\n\x0c"]
    ends = [b">", b" x=y>", b"x>", b"-"]
    made = [
        space + b"<" + chosen.choice([word, word.lower()]) + end
        for space, word, end in itertools.product(spaces, words, ends)
    ]
    plain = [b"", b"word", b"%PDF-1.7", b"%!PS-Adobe-3", b"\0\x01", b"a\x1bb", b"ID3\x03", b"< p>"]
    archives = [b"PK\x03\x04", b"\x1f\x8b\x08", b"OggS\0", b"MThd\0\0\0\x06"]
    pictures = [picture(kind) for kind in ("JPEG", "PNG", "GIF", "WEBP")]
    # The other implementation stumbles over bodies that are shorter than its patterns.
    return [start + b" and the rest of it" for start in (*made, *plain, *archives, *pictures)]


@pytest.mark.parametrize("label", ["", "unknown/unknown", "application/unknown", "*/*"])
def test_bodies_without_a_label_are_what_the_standard_says(label: str) -> None:
    for body in _beginnings():
        expected = (extract_mime(body, content_types=(label.encode(),)) or b"").decode()
        assert page_type(body, label) == expected or b"<!--" in body, body


@pytest.mark.parametrize(
    "body", [b"<rss version='2.0'>", b"<!-- x --><feed>", b"<?xml version='1.0'?>\n<rss>", b"<p>x"]
)
def test_feeds_under_the_label_of_a_page(body: bytes) -> None:
    expected = (extract_mime(body, content_types=(b"text/html",)) or b"").decode()
    assert page_type(body, "text/html; charset=utf-8") == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("text/html", True),
        ("Text/HTML ;charset=x", True),
        ("", True),
        ("none", True),
        ("unknown/unknown", True),
        ("text/plain", True),
        ("text/plain; charset=UTF-8", True),
        ("application/octet-stream", True),
        ("application/x-httpd-php", True),
        ("application/xhtml+xml", True),
        ("text/css", False),
        ("application/json", False),
        ("image/png", False),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><p>x",
        b"\n<html lang=en><p>x",
        codecs.BOM_UTF8 + b"<!-- saved from url=(0014)about:internet -->\n<html><p>x",
        XHTML,
        "<!DOCTYPE html><p>x".encode("utf-16"),
        "<html><p>x".encode("utf-16-le"),
        "<html><p>x".encode("utf-16-be"),
    ],
    ids=["doctype", "root", "mark and comment", "xhtml", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_pages_under_every_label(body: bytes, label: str, expected: bool) -> None:
    assert is_page(body, label) == expected


@pytest.mark.parametrize("label", ["text/xml", "application/xml", "application/atom+xml"])
def test_xml_is_a_page_if_its_root_is_that_of_one(label: str) -> None:
    assert is_page(XHTML, label) and is_page(codecs.BOM_UTF8 + XHTML, label)
    assert not is_page(b"<?xml version='1.0'?><rss/>", label)
    assert not is_page(b"<?xml version='1.0'?><note><html/></note>", label)


@pytest.mark.parametrize("body", [b"<p>x", b"words", b"<ul><li>x", b"", b"\xe9t\xe9"])
def test_a_page_by_its_label_alone(body: bytes) -> None:
    assert is_page(body, "text/html")
    assert not is_page(body, "text/plain")


def test_what_is_shown_as_something_else_is_no_page() -> None:
    for body in (b"\0\1\2", b"%PDF-1.4\n%\xe2\0", b"PK\x03\x04\0\0", picture("PNG")):
        assert not is_page(body, "")
        assert not is_page(body, "text/plain")
    assert not is_page(b"<?xml version='1.0'?><rss/>", "text/xml")
    assert not is_page(b"var a = '<html>';", "")
    assert not is_page(b"var a = '<html>';", "text/plain")


def test_text_has_no_bytes_of_machines() -> None:
    assert is_text("Grüße\n\t".encode()) and is_text("Grüße".encode("utf-16"))
    assert not is_text(b"a\0b")
