"""Pages written as XML are read as XML."""

from __future__ import annotations

from time import process_time

import pytest

from realsyn_tasks.web.xhtml import as_html, is_xml
from tests.web.prose import addresses, paragraphs, read, texts, variants

NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml"'
EMPTY = ["script", "title", "div", "a", "textarea", "iframe", "style", "p", "span", "b", "select"]


def test_elements_that_close_themselves_swallow_nothing() -> None:
    for dice, said in variants(40):
        parts = [f"<p>{text}</p>" for text in said]
        for name in dice.sample(EMPTY, 4):
            attribute = dice.choice(["", ' id="x"', " class='a>b'", ' href="a/" '])
            parts.insert(dice.randrange(9), f"<{name}{attribute}/>")
        html = (
            f'<?xml version="1.0"?>\n<html {NAMESPACE}><head><title/></head><body>{"".join(parts)}'
        )
        assert texts(f'{html}<img src="a.jpg" alt="t"/></body></html>').split("\n") == said
        assert addresses(f'{html}<img src="a.jpg" alt="t"/></body></html>') == ["a.jpg"]


@pytest.mark.parametrize("prefix", ["h", "html", "x-y", "a.b"])
def test_names_may_have_a_prefix(prefix: str) -> None:
    for _, said in variants(5):
        tags = paragraphs(said).replace("<p>", f"<{prefix}:p>").replace("</p>", f"</{prefix}:p>")
        html = (
            f'<?xml version="1.0"?><{prefix}:html xmlns:{prefix}="http://www.w3.org/1999/xhtml">'
            f'<{prefix}:head><{prefix}:title>Boats</{prefix}:title><{prefix}:script src="a.js"/>'
            f'</{prefix}:head><{prefix}:body>{tags}<{prefix}:img src="a.jpg"/></{prefix}:body>'
            f"</{prefix}:html>"
        )
        assert read(html).title == "Boats" and addresses(html) == ["a.jpg"]
        assert [text for text in said if text not in texts(html)] == []


def test_sections_of_characters_are_text() -> None:
    page = f"<?xml version='1.0'?><html {NAMESPACE}><body><p><![CDATA[The <b> & boat.]]></p></body>"
    assert texts(page) == "The <b> & boat."


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f"<html {NAMESPACE}>", True),
        (f'<!DOCTYPE html PUBLIC "x" "y">\n<!-- a --><html lang="en" {NAMESPACE}>', True),
        ("\ufeff<?xml version='1.0'?><html>", True),
        ("<!DOCTYPE html><html><body><div/>", False),
        (f"<!DOCTYPE html><html><body><svg {NAMESPACE}>", False),
        ("", False),
    ],
)
def test_what_says_that_it_is_xml(page: str, expected: bool) -> None:
    assert is_xml(page) is expected


def test_scripts_and_comments_stay_as_they_are() -> None:
    page = '<script>if (a < b) { x = "<div/>" }</script><!-- <div/> --><div/>'
    assert as_html(page) == page.replace("--><div/>", "--><div></div>")


@pytest.mark.parametrize("piece", ["<![CDATA[", "<a '<a' \"", "<!--", "<script>", "<a b='", "<a/"])
def test_hostile_markup_costs_no_more_than_its_length(piece: str) -> None:
    started = process_time()
    as_html('<?xml version="1.0"?>' + piece * 50_000)
    is_xml("<!-- -->" * 300)
    assert process_time() - started < 2
