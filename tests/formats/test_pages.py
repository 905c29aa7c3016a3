"""What a reader of a page sees and a document lacks is told, whatever the format."""

from __future__ import annotations

from io import BytesIO

import pytest

from realsyn_tasks.formats import BadRecord, CrawlFile, Document, Limits, read

PROSE = "<p>The boat sails home tonight.</p>"


@pytest.mark.parametrize(
    ("html", "reason", "detail"),
    [
        ("<pre>for x in range(3): print(x)</pre>", "listing", "for x in range"),
        (
            "<p>The area <math><mfrac></mfrac></math> is small.</p>",
            "formula",
            "The area … is small.",
        ),
        ('<video poster="a.jpg"></video>', "picture_not_taken", "a.jpg"),
        ('<div style="background:url(b.jpg)"></div>', "picture_not_taken", "b.jpg"),
        ('<svg><image href="c.jpg"/></svg>', "picture_not_taken", "c.jpg"),
    ],
)
def test_what_is_left_out_has_a_row(html: str, reason: str, detail: str) -> None:
    data = f"<html><body>{PROSE}{html}</body></html>".encode()
    files = [CrawlFile("a.html", len(data), lambda: BytesIO(data))]
    bad, page = read("html", files, lambda _: None, Limits())
    assert isinstance(bad, BadRecord) and (bad.source, bad.reason.code) == ("a.html", reason)
    assert detail in bad.detail
    assert isinstance(page, Document) and len(page.nodes) == 1
