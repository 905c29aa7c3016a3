"""The licence that a page states for itself, wherever and however it does."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realsyn_tasks.web.dom import read_page
from realsyn_tasks.web.licences import MAX_LENGTH, licence_in_header, licence_of

PAGE = "https://site.example/a/page.html"
TERMS_OF_USE = "https://terms.example/"
BY, SA = "https://creativecommons.org/licenses/by/4.0/", "//creativecommons.org/licenses/by-sa/3.0/"


def licence(html: str, head: str = "") -> str:
    page = f"<html><head>{head}</head><body><p>Text.</p>{html}</body></html>"
    return read_page(page, 100, 100, PAGE).licence


def linked_data(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (BY, "CC-BY-4.0"),
        ("http://www.creativecommons.org/licenses/by-sa/3.0/de/deed.de", "CC-BY-SA-3.0-DE"),
        ("HTTPS://CreativeCommons.org/licenses/BY-NC-ND/4.0/legalcode.en", "CC-BY-NC-ND-4.0"),
        ("https://creativecommons.org/licenses/by-nd-nc/1.0", "CC-BY-NC-ND-1.0"),
        ("https://creativecommons.org/licenses/by/4.0/?ref=chooser-v1#a", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-sa/3.0/igo/", "CC-BY-SA-3.0-IGO"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.en", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("https://creativecommons.org/licenses/by/4.0/deed.fr", "CC-BY-4.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc-by-nc-nd-3.0", "CC-BY-NC-ND-3.0"),
        ("CC0 1.0", "CC0-1.0"),
        ("Licensed under https://creativecommons.org/licenses/by/2.0/.", "CC-BY-2.0"),
        ("https://creativecommons.org/licenses/sampling+/1.0/",) * 2,
        ("https://www.gnu.org/licenses/fdl-1.3.html",) * 2,
        ("https://user:secret@site.example/terms#x", "https://site.example/terms"),
        ("https://creativecommons.org/", ""),
        ("https://creativecommons.org/about/", ""),
        ("https://creativecommons.org/licenses/", ""),
        ("javascript:alert(1)", ""),
        ("mailto:a@site.example", ""),
        ("ftp://site.example/licence", ""),
        ("All rights reserved.", ""),
        ("Public domain", ""),
        ("https://site.example/a b", ""),
        ("https://site.example/\u202egpj", ""),
        ("https://site.example/" + "a" * MAX_LENGTH, ""),
        ("", ""),
    ],
)
def test_one_spelling_for_one_licence(address: str, expected: str) -> None:
    assert licence_of(address) == expected


TERMS = ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")


@given(
    terms=st.sampled_from(TERMS),
    version=st.sampled_from(["1.0", "2.0", "2.5", "3.0", "4.0"]),
    port=st.sampled_from(["", "de", "igo", "us"]),
    scheme=st.sampled_from(["http://", "https://", "HTTPS://"]),
    host=st.sampled_from(["creativecommons.org", "www.creativecommons.org", "CreativeCommons.ORG"]),
    tail=st.sampled_from(["", "/", "/deed", "/deed.en", "/legalcode", "/deed.zh-hans?x=1#y"]),
    around=st.sampled_from(["{}", "  {} ", "<{}>", "\n{}\t"]),
)
def test_every_spelling_of_an_address_is_its_licence(
    terms: str, version: str, port: str, scheme: str, host: str, tail: str, around: str
) -> None:
    place = f"/{port}" if port else ""
    address = around.format(f"{scheme}{host}/licenses/{terms}/{version}{place}{tail}")
    parts = ["CC", terms.upper(), version, *([port.upper()] if port else [])]
    assert licence_of(address) == "-".join(parts)


@example("?\ud7fc")  # a sign that no alphabet has
@given(st.text(max_size=400))
def test_whatever_is_stated_gives_an_identifier_an_address_or_nothing(text: str) -> None:
    said = licence_of(text, PAGE)
    assert said == "" or said.startswith(("CC", "http://", "https://"))
    assert len(said) <= MAX_LENGTH and said.isprintable()
    assert licence_of(said) == said


@pytest.mark.parametrize(
    "head",
    [
        f'<link rel="license" href="{BY}">',
        f'<link rel="copyright LICENSE" href="{BY}">',
        f'<meta name="dcterms.license" content="{BY}">',
        f'<meta name="DC.Rights" content="See {BY}">',
        f'<meta property="dcterms:license" content="{BY}">',
        '<meta name="copyright" content="CC BY 4.0">',
        linked_data({"@type": "Article", "license": BY}),
        linked_data([{"@type": "WebPage", "license": {"@id": BY}}]),
        linked_data({"@graph": [{"@type": "WebSite"}, {"@type": "WebPage", "license": [BY]}]}),
        linked_data({"@type": "CreativeWork", "license": {"@type": "CreativeWork", "url": BY}}),
        f'<link itemprop="license" href="{BY}">',
    ],
)
def test_what_a_document_says_of_itself(head: str) -> None:
    assert licence("", head) == "CC-BY-4.0"


@pytest.mark.parametrize(
    "body",
    [
        f'<a rel="license" href="{BY}">Licence</a>',
        f'<footer><a rel="license nofollow" href="{BY}">Licence</a></footer>',
        f'<aside><p hidden>See <a href="{BY}">here</a></p></aside>',
        f'<nav><a href="{BY}deed.de">CC</a></nav><p><a href="{BY}">CC again</a></p>',
        f'<div itemscope itemtype="https://schema.org/Article"><a itemprop="license" href="{BY}">'
        "x</a></div>",
    ],
)
def test_links_count_where_text_is_left_out_too(body: str) -> None:
    assert licence(body) == "CC-BY-4.0"


def test_what_a_document_says_of_itself_comes_before_its_links() -> None:
    link, data = f'<link rel="license" href="{SA}">', linked_data({"license": BY})
    footer = '<footer><a href="https://creativecommons.org/licenses/by-nd/4.0/">CC</a></footer>'
    assert licence(footer, data + link) == "CC-BY-SA-3.0"
    assert licence(footer, data) == "CC-BY-4.0"
    assert licence(footer) == "CC-BY-ND-4.0"


def test_links_that_differ_say_nothing_of_the_page() -> None:
    both = f'<a rel="license" href="{BY}">one picture</a> <a rel="license" href="{SA}">another</a>'
    assert licence(both) == ""


@pytest.mark.parametrize(
    "page",
    [
        linked_data({"@type": "ImageObject", "license": BY}),
        linked_data({"@type": "WebPage", "image": {"@type": "ImageObject", "license": BY}}),
        '<div itemscope itemtype="https://schema.org/ImageObject">'
        f'<a itemprop="license" href="{TERMS_OF_USE}">x</a></div>',
        '<meta name="copyright" content="https://owner.example/">',
        '<meta name="dc.rights" content="Copyright 2020 the owner">',
        '<a href="https://evil.example/?creativecommons.org/licenses/by/4.0/">x</a>',
        '<a href="https://creativecommons.org/">about</a>',
        linked_data({"license": "MIT"}),
        '<script type="application/ld+json">{"license": "https://a.example/", broken</script>',
        '<script type="application/ld+json">' + "[" * 50_000 + '"license"</script>',
        linked_data({"license": 7}),
    ],
)
def test_what_is_no_licence_of_the_page(page: str) -> None:
    assert licence(page) == ""


def test_a_link_in_a_figure_is_its_pictures_own() -> None:
    figure = (
        f'<figure><img src="a.jpg"><figcaption>A tram, <a href="{SA}">CC</a></figcaption></figure>'
    )
    footer = f'<footer><a href="{BY}">CC</a></footer>'
    page = read_page(f'{figure}<img src="b.jpg">{footer}', 99, 99, PAGE)
    assert page.licence == "CC-BY-4.0"
    licences = {n.candidates[0]: n.licence for n in page.nodes if not isinstance(n, str)}
    assert licences == {"a.jpg": "CC-BY-SA-3.0", "b.jpg": ""}
    assert licence(figure) == ""


def test_relative_addresses_are_the_pages_own() -> None:
    assert licence("", '<link rel="license" href="../terms">') == "https://site.example/terms"
    based = '<base href="https://other.example/x/"><link rel="license" href="terms">'
    assert licence("", based) == "https://other.example/x/terms"
    assert licence(linked_data({"license": "/terms"})) == "https://site.example/terms"
    folder = read_page('<link rel="license" href="terms.html"><p>x', 9, 9, "a/page.html")
    assert folder.licence == ""
    folder = read_page(f'<link rel="license" href="{SA}"><p>x', 9, 9, "a/page.html")
    assert folder.licence == "CC-BY-SA-3.0"


def test_pages_with_no_end_of_links_are_read_in_bounds() -> None:
    many = "".join(f'<a rel="license" href="https://a.example/{n}">x</a>' for n in range(20_000))
    assert licence(many) == ""
    scripts = linked_data({"a": 1}) * 50 + linked_data({"license": BY})
    assert licence(scripts) == ""
    assert licence(linked_data([{"n": n} for n in range(5_000)] + [{"license": BY}])) == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f'<{BY}>; rel="license"', "CC-BY-4.0"),
        (f'</style.css>; rel=preload, <{BY}>; title="x"; rel=license', "CC-BY-4.0"),
        ('</terms>; rel="license"', "https://site.example/terms"),
        (f'<{BY}>; rel="next"', ""),
        ("<" * 9_999, ""),
        ("", ""),
    ],
)
def test_the_header_of_an_answer_may_say_it(header: str, expected: str) -> None:
    assert licence_in_header(header, PAGE) == expected
