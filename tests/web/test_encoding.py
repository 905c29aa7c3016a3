"""Encodings of pages, declared, lied about and broken."""

from __future__ import annotations

import random

import pytest

from realsyn_tasks.web.encoding import decode_page

GREETING = "Grüße – naïve café, 25 €"


def meta(charset: str) -> str:
    return f'<head><meta charset="{charset}"></head>'


@pytest.mark.parametrize(
    ("data", "declared", "encoding"),
    [
        (GREETING.encode(), "", "utf-8"),
        (GREETING.encode("cp1252"), "", "cp1252"),
        (GREETING.encode("cp1252"), "iso-8859-1", "cp1252"),
        (GREETING.encode("utf-8-sig"), "koi8-r", "utf-8-sig"),
        (GREETING.encode("utf-16"), "", "utf-16"),
        (GREETING.encode(), "latin-1", "utf-8"),
        ((meta("windows-1252") + GREETING).encode("cp1252"), "", "cp1252"),
        ((meta("windows-1251") + "Привет, мир").encode("cp1251"), "", "cp1251"),
        ("Привет, мир".encode("koi8-r"), "KOI8-R", "koi8-r"),
        ("東京は大きい".encode("shift_jis"), "Shift_JIS", "cp932"),
        ("東京は大きい".encode("euc-jp"), "euc-jp", "euc_jp"),
        ("你好，世界".encode("gbk"), "gb2312", "gb18030"),
        (b'<?xml version="1.0" encoding="ISO-8859-2"?>\xb3ad', "", "iso8859-2"),
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
    assert decoded.text == data.decode(encoding)


def test_the_share_of_broken_characters() -> None:
    decoded = decode_page(b"abc\xffdef\xffgh", "utf-8")
    assert decoded.encoding == "utf-8"
    assert decoded.broken == pytest.approx(0.2)


@pytest.mark.parametrize("declared", ["", "utf-8", "windows-1252", "shift_jis"])
def test_noise_is_broken_in_every_encoding(declared: str) -> None:
    assert decode_page(random.Random(0).randbytes(4_000), declared).broken > 0.02


def test_a_wrong_label_is_not_believed_over_the_bytes() -> None:
    data = (meta("utf-8") + GREETING * 20).encode("cp1252")
    assert decode_page(data).broken > 0.02
    assert decode_page(data, "windows-1252").broken == 0
