"""Labels of pages as browsers find them."""

from __future__ import annotations

import pytest

from realsyn_tasks.web.prescan import labelled

FILLER = b"<script>var a = '<b>';</script>" * 100
META = b"<meta charset=koi8-r>"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (META, ["koi8-r"]),
        (b"<META\nCharSet = 'KOI8'  >", ["koi8-r"]),
        (b'<meta charset=" koi8-r\n">', ["koi8-r"]),
        (b"<meta/charset=koi8-r>", ["koi8-r"]),
        (b'<meta name=x charset="koi8-r" charset="utf-8"/>', ["koi8-r"]),
        (b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r">', ["koi8-r"]),
        (b"<meta content=\"text/html; CHARSET = 'koi8-r' \" http-equiv=content-type>", ["koi8-r"]),
        (b'<meta content="charsets; charset=koi8-r;x" http-equiv=content-type>', ["koi8-r"]),
        (b'<meta content="text/html; charset=koi8-r">', []),
        (b'<meta http-equiv=refresh content="text/html; charset=koi8-r">', []),
        (b"<meta charset=no-such><meta charset=l2>", ["iso-8859-2"]),
        (b"<meta charset=utf-16le>", ["utf-8"]),
        (b"<meta charset=x-user-defined>", ["windows-1252"]),
        (b"<meta charset=hz-gb-2312>", ["replacement"]),
        (b"<metaphor charset=koi8-r>", []),
        (b"</meta charset=koi8-r>", []),
        (b"<!-- <meta charset=utf-16> -->" + META, ["koi8-r"]),
        (b"<!--><meta charset=koi8-r>", ["koi8-r"]),
        (b"<!-- <meta charset=koi8-r>", []),
        (b"<p title='>" + META + b"'>", []),
        (b"<? " + b"charset=l2 ?>" + META, ["koi8-r"]),
        (b"<p title=a'b>" + META + b"'>", ["koi8-r"]),
        (FILLER + META, ["koi8-r"]),
        (FILLER + b"<script>'" + META + b"'</script>", []),
        (FILLER + b"<!--" + META + b"-->", []),
        (b'<?xml version="1.0" encoding="koi8-r"?><html>', ["koi8-r"]),
        (b"\n<?xml version='1.0' encoding='UTF-16'?><html>", ["utf-8"]),
        (b'<?xml encoding="l2"?><html><head>' + META, ["koi8-r", "iso-8859-2"]),
        (b"<meta charset=", []),
        (b"<meta charset='koi8-r", []),
        (b"", []),
    ],
)
def test_labels_in_a_page(data: bytes, expected: list[str]) -> None:
    assert labelled(data) == expected


@pytest.mark.parametrize(
    "shape",
    [b"<!--", b"<meta ", b"<meta a='", b"<script>", b"<", b"<a b=", b"<meta charset"],
)
def test_endless_markup_has_an_end(shape: bytes) -> None:
    assert labelled(shape * 200_000) == []
