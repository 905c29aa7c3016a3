"""Encodings of pages, declared, lied about and broken."""

from __future__ import annotations

import random

import pytest
from webencodings.labels import LABELS

from realsyn_tasks.web.charsets import decode, encoding_of
from realsyn_tasks.web.encoding import decode_page
from tests.web.encoded_pages import judge, pages

GREETING = "Grüße – naïve café, 25 €"


def meta(charset: str) -> str:
    return f'<head><meta charset="{charset}"></head>'


@pytest.mark.parametrize(
    ("data", "declared", "encoding"),
    [
        (GREETING.encode(), "", "utf-8"),
        (GREETING.encode("cp1252"), "", "windows-1252"),
        (GREETING.encode("cp1252"), "iso-8859-1", "windows-1252"),
        (GREETING.encode("utf-8-sig"), "koi8-r", "utf-8"),
        (GREETING.encode("utf-16"), "", "utf-16le"),
        (GREETING.encode(), "latin-1", "utf-8"),
        ((meta("windows-1252") + GREETING).encode("cp1252"), "", "windows-1252"),
        ((meta("windows-1251") + "Привет, мир").encode("cp1251"), "", "windows-1251"),
        ("Привет, мир".encode("koi8-r"), "KOI8-R", "koi8-r"),
        ("東京は大きい".encode("shift_jis"), "Shift_JIS", "shift_jis"),
        ("東京は大きい".encode("euc-jp"), "euc-jp", "euc-jp"),
        ("你好，世界".encode("gbk"), "gb2312", "gbk"),
        (b'<?xml version="1.0" encoding="ISO-8859-2"?>\xb3ad', "", "iso-8859-2"),
        (b"plain", "no-such-charset", "utf-8"),
        (b"plain", "rot13", "utf-8"),
        (b"plain", "unicode_escape", "utf-8"),
        (b"plain", "utf-7", "utf-8"),
        (b"", "", "utf-8"),
    ],
)
def test_the_encoding_that_explains_the_bytes(data: bytes, declared: str, encoding: str) -> None:
    decoded = decode_page(data, declared)
    assert decoded.encoding == encoding
    assert decoded.broken == 0
    marked = encoding.startswith("utf") and data[:1] in b"\xef\xff"
    assert decoded.text == (GREETING if marked and data else decode(data, encoding))


def test_the_share_of_broken_characters() -> None:
    decoded = decode_page("é–€".encode() * 4 + b"abc\xffdef\xffgh", "utf-8")
    assert decoded.encoding == "utf-8"
    assert decoded.broken == pytest.approx(2 / 22)


@pytest.mark.parametrize("declared", ["", "utf-8", "windows-1252", "shift_jis", "utf-16"])
def test_noise_is_broken_or_unsure_in_every_encoding(declared: str) -> None:
    decoded = decode_page(random.Random(0).randbytes(4_000), declared)
    assert decoded.broken > 0.02 or decoded.unsure


def test_a_wrong_label_is_not_believed_over_the_bytes() -> None:
    data = (meta("utf-8") + GREETING * 20).encode("cp1252")
    assert decode_page(data).encoding == decode_page(data, "windows-1252").encoding


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_standard_is_known(label: str) -> None:
    name = encoding_of(f" {label.upper()}\n")
    assert name == LABELS[label]
    if name not in ("replacement", "x-user-defined") and "utf-16" not in name:
        assert decode(b"Plain.", name) == "Plain."
    text = f"<meta charset='{label}'><p>The fisherman carries a crate.</p>"
    assert decode_page(text.encode()).text == text


def test_no_sentence_of_generated_pages_is_kept_as_mojibake_unless_short_and_lied_about() -> None:
    kept = mojibake = dropped = 0
    for page in pages(400, seed=5):
        decoded = decode_page(page.data, page.declared)
        if decoded.unsure or decoded.broken > 0.02:
            dropped += 1
            continue
        right, _, wrong = judge(page, decoded.text)
        kept, mojibake = kept + right, mojibake + wrong
        told = page.name.split()[2] in ("http", "meta", "pragma", "late")
        assert not wrong or not told, page.name
        assert not wrong or not page.name.startswith("en"), page.name
    assert kept > 3_000 and dropped < 20 and mojibake < kept * 0.02
