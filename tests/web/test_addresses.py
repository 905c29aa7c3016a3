"""Addresses from strangers."""

from __future__ import annotations

import base64

import pytest

from realsyn_tasks.web.addresses import (
    best_of_srcset,
    canonical,
    decode_data_uri,
    join,
    path_inside,
)

PAGE = "https://a.example/b/c.html"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("d.jpg", "https://a.example/b/d.jpg"),
        ("/d.jpg#part", "https://a.example/d.jpg"),
        ("//E.example/d.jpg", "https://e.example/d.jpg"),
        ("../../../d.jpg", "https://a.example/d.jpg"),
        ("a b.jpg", "https://a.example/b/a%20b.jpg"),
        ("ü.jpg", "https://a.example/b/%C3%BC.jpg"),
        ("http://user:word@a.example/d.jpg", "http://a.example/d.jpg"),
        ("file:///etc/passwd", ""),
        ("javascript:alert(1)", ""),
        ("ftp://a.example/d.jpg", ""),
        ("http://[::1", ""),
        ("http://", ""),
        ("x" * 5_000, ""),
    ],
)
def test_join(reference: str, expected: str) -> None:
    assert join(PAGE, reference) == expected


def test_canonical_is_stable() -> None:
    once = canonical("HTTPS://A.example:443/x y/%20z?q=1#frag")
    assert once == canonical(once) != ""


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("d.jpg", "pages/d.jpg"),
        ("./d.jpg?v=2#x", "pages/d.jpg"),
        ("../pictures/d%20e.jpg", "pictures/d e.jpg"),
        ("../../secret", None),
        ("a/../../../secret", None),
        ("..%2F..%2Fsecret", None),
        ("%2e%2e/%2e%2e/secret", None),
        ("/etc/passwd", None),
        ("%2Fetc%2Fpasswd", None),
        ("file:///etc/passwd", None),
        ("FILE:d.jpg", None),
        ("https://a.example/d.jpg", None),
        ("C:\\secret", None),
        ("..\\..\\secret", None),
        ("d.jpg\0.png", None),
        ("../..", None),
        ("", None),
    ],
)
def test_references_stay_inside_the_folder(reference: str, expected: str | None) -> None:
    assert path_inside("pages/a.html", reference) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a 1x, b 2x", ["b", "a"]),
        ("a 100w,b 900w", ["b", "a"]),
        ("a, b 2x", ["b", "a"]),
        ("data:image/png;base64,AAAA 2x, b 1x", ["data:image/png;base64,AAAA", "b"]),
        ("", []),
        (",,,", []),
    ],
)
def test_srcset(value: str, expected: list[str]) -> None:
    assert best_of_srcset(value) == expected


def test_data_uris() -> None:
    encoded = base64.b64encode(b"\x89PNG").decode()
    assert decode_data_uri(f"data:image/PNG;base64,{encoded}", 99) == ("image/png", b"\x89PNG")
    assert decode_data_uri(f"data:image/png;base64,{encoded[:-2]}", 99) == ("image/png", b"\x89PNG")
    assert decode_data_uri("data:image/svg+xml,%3Csvg/%3E", 99) == ("image/svg+xml", b"<svg/>")
    assert decode_data_uri("data:image/png;base64,!!", 99) is None
    assert decode_data_uri("data:image/png", 99) is None
    assert decode_data_uri("data:,12345", 4) is None
    assert decode_data_uri("data:," + "a" * 10_000, 4) is None
