"""Pages that would cost a parser hours or gigabytes."""

from __future__ import annotations

import time
from io import BytesIO

import pytest

from realsyn_tasks.formats import BadRecord, CrawlFile, Document, Limits, TextNode, read
from realsyn_tasks.web.dom_guard import MAX_DEPTH, why_too_costly, without_costly

BOMBS = {
    "deep": "<div>" * 200_000,
    "deep with attributes": "<div class='a>b'>" * 50_000,
    "deep styling": "<b><i><u>" * 30_000,
    "reopened styling": "".join(f"<b id={n}>" for n in range(900)) + "<p>x" * 100_000,
    "reopened after tricks": "<!--> " + "".join(f"<font x={n}>" for n in range(900)) + "<p>" * 9**6,
}


@pytest.mark.parametrize("html", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused_quickly_and_the_next_page_is_read(html: str) -> None:
    started = time.process_time()
    pages = {"a.html": html.encode(), "b.html": b"<p>Fine.</p>"}
    files = [CrawlFile(n, len(d), lambda d=d: BytesIO(d)) for n, d in pages.items()]
    bad, good = read("html", files, lambda _: None, Limits())
    assert isinstance(bad, BadRecord) and bad.reason.code == "costly_markup"
    assert isinstance(good, Document) and good.nodes == (TextNode("Fine."),)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * (MAX_DEPTH - 1) + "</div>" * (MAX_DEPTH - 1),
        "<p>" * 100_000,
        "<ul>" + "<li>x" * 50_000 + "</ul>",
        "<table>" + "<tr><td>x<td>y" * 20_000 + "</table>",
        "<p><b>x</b> <i>y</i></p>" * 50_000,
        "<br>" * 50_000 + "<img src=a>" * 50_000,
        "<script>" + "<div>" * 5_000 + "</script>",
        "<!--" + "<div>" * 5_000 + "-->",
        "a < b " * 50_000,
    ],
)
def test_long_pages_are_no_bombs(html: str) -> None:
    assert why_too_costly(html) == ""


PROSE = "The ferry carries bread across the quiet harbour."
CUT = {
    "options": "<select>" + "<option>x" * 80_000 + "</select>",
    "options in groups": "<select>" + "<optgroup label=x><option>x</option>" * 20_000 + "</select>",
    "options of no menu": "<option>x" * 80_000,
    "attributes": "<div " + " ".join(f"a{n}=1" for n in range(200_000)) + ">",
    "bare attributes": "<div " + " ".join(f"a{n}" for n in range(200_000)) + ">",
    "quoted attributes": "<div " + " ".join(f"a{n}='>'" for n in range(50_000)) + ">",
    "attributes behind a quote": "<div x' " + " ".join(f'a{n}=">"' for n in range(50_000)) + ">",
}


@pytest.mark.parametrize("html", CUT.values(), ids=CUT)
def test_elements_that_cost_too_much_are_cut_and_the_page_is_read(html: str) -> None:
    started = time.process_time()
    data = f"<p>{PROSE}</p>{html}<p>{PROSE} Again.</p>".encode()
    told, page = read(
        "html", [CrawlFile("a.html", len(data), lambda: BytesIO(data))], none, Limits()
    )
    assert isinstance(told, BadRecord) and told.reason.code == "elements_cut"
    assert isinstance(page, Document)
    assert page.nodes == (TextNode(PROSE), TextNode(f"{PROSE} Again."))
    assert time.process_time() - started < 10


def none(path: str) -> None:
    """The crawl holds nothing else."""


@pytest.mark.parametrize(
    "html",
    [
        "<select>" + "<option>x" * 900 + "</select>",
        "<img srcset='" + "a.jpg 100w, " * 5_000 + "'>",
        "<p class='" + "abc " * 9_000 + "'>x",
        "<p style='" + "color: red; " * 9_000 + "'>x",
        "<!--" + "<p a b c>" * 5_000 + "-->",
        "a < b " * 9_000,
    ],
)
def test_what_is_only_long_stays(html: str) -> None:
    assert without_costly(html) == (html, "")
