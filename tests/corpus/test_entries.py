"""Lists from outside: one spelling for one thing, and no line stops the others."""

from __future__ import annotations

import io

import pytest

from realsyn_tasks.corpus.entries import (
    DOMAIN,
    MAX_LINE,
    MD5,
    SHA256,
    URL,
    Entry,
    Meaningless,
    domains_above,
    entry_of,
    lines_of,
    read_lines,
    url_of,
)

SAME_URLS = [
    ("http://example.org", "https://example.org/"),
    ("HTTP://Example.ORG:80/a#part", "https://example.org/a"),
    ("https://example.org:443/a?b=c", "https://example.org/a?b=c"),
    ("https://example.org:8443/a", "https://example.org:8443/a"),
    ("https://me:secret@example.org/a", "https://example.org/a"),
    ("https://example.org./a", "https://example.org/a"),
    ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
    ("https://BÜCHER.example/%c3%bc", "https://xn--bcher-kva.example/%C3%BC"),
    ("https://example.org/%7Eme/%41", "https://example.org/~me/A"),
    ("https://example.org/a/./b/../c.jpg", "https://example.org/a/c.jpg"),
    ("https://example.org/../../etc", "https://example.org/etc"),
    ("https://example.org/a b", "https://example.org/a%20b"),
    ("https://192.168.0.1/x", "https://192.168.0.1/x"),
    ("https://[::1]:80/x", "https://[::1]/x"),
    ("http://EXAMPLE.com:80/a", "https://example.com/a"),
    ("http:/example.com\\a", "https://example.com/a"),
    ("http://example.com/a%20%28b%29.jpg?x=%7c#!y", "https://example.com/a%20(b).jpg?x=%7C"),
    ("http://example.com/100%.jpg?", "https://example.com/100%25.jpg"),
    ("http://i❤.example/", "https://xn--i-7iq.example/"),
    ("http://0x7f.1/", "https://127.0.0.1/"),
]


@pytest.mark.parametrize(("text", "spelling"), SAME_URLS)
def test_a_url_has_one_spelling(text: str, spelling: str) -> None:
    assert url_of(text) == spelling
    assert url_of(spelling) == spelling, "which is its own"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("example.org", DOMAIN, "example.org"),
        ("*.Example.ORG.", DOMAIN, "example.org"),
        ("domain: bücher.example", DOMAIN, "xn--bcher-kva.example"),
        ("AB" * 32, SHA256, "ab" * 32),
        ("md5:" + "0" * 32, MD5, "0" * 32),
        ("0f" * 16, MD5, "0f" * 16),
        ("url: http://example.org/x", URL, "https://example.org/x"),
        ("http://example.org/x", URL, "https://example.org/x"),
    ],
)
def test_a_line_says_what_it_is(text: str, kind: str, value: str) -> None:
    assert entry_of(text) == Entry(kind, value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("com", "nobody's own"),
        ("co.uk", "public suffix"),
        ("*.github.io", "name the sites under it"),
        ("s3.amazonaws.com", "public suffix"),
        ("foo.kawasaki.jp", "public suffix"),
        ("公司.cn", "public suffix"),
        ("localhost", "nobody's own"),
        ("sha256: 12", "64 hexadecimal"),
        ("not a domain", "name of a host"),
        ("ftp://example.org/x", "http"),
        ("https:///x", "http"),
        ("https://exa mple.org/", "name of a host"),
        ("https://example.org:99999/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("-x.example", "name of a host"),
        ("xn--" + "é" * 70 + ".example", "name of a host"),
        ("'; DROP TABLE images; --", "name of a host"),
        ("<script>alert(1)</script>", "name of a host"),
    ],
)
def test_what_means_nothing_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(Meaningless, match=why):
        entry_of(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.co.uk", "example.co.uk"),
        ("foo.github.io", "foo.github.io"),
        ("bucket.s3.amazonaws.com", "bucket.s3.amazonaws.com"),
        ("co.example", "co.example"),
        ("city.kawasaki.jp", "city.kawasaki.jp"),
        ("食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_what_is_under_a_public_suffix_is_a_domain(text: str, name: str) -> None:
    assert entry_of(text) == Entry(DOMAIN, name)


def test_bad_lines_are_reported_with_their_numbers_and_the_rest_goes_on() -> None:
    text = (
        b"\xef\xbb\xbfexample.org\r\n# why\n\n\xff\xfe\x00\ncom\nhttp://a.example/\nexample.org\n"
    )
    asked = read_lines("list.txt", lines_of(io.BytesIO(text)))
    assert asked.entries == (Entry(DOMAIN, "example.org"), Entry(URL, "https://a.example/"))
    assert [(bad.source, bad.line) for bad in asked.bad] == [("list.txt", 4), ("list.txt", 5)]


def test_an_endless_line_costs_no_memory_and_one_report() -> None:
    text = b"a" * (3 * MAX_LINE) + b"\nexample.org\n" + b"b" * MAX_LINE + b"x" * 500
    asked = read_lines("list", lines_of(io.BytesIO(text)))
    assert asked.entries == (Entry(DOMAIN, "example.org"),)
    assert [(bad.line, "longer" in bad.why) for bad in asked.bad] == [(1, True), (3, True)]
    assert max(len(line) for line in lines_of(io.BytesIO(text))) <= MAX_LINE + 2


def test_a_field_takes_what_belongs_there() -> None:
    asked = read_lines("domains", [b"example.org", b"http://example.org/x"], (DOMAIN,))
    assert asked.entries == (Entry(DOMAIN, "example.org"),)
    assert "is a url" in asked.bad[0].why


def test_a_host_belongs_to_its_domains() -> None:
    assert domains_above("a.b.example.org") == ("a.b.example.org", "b.example.org", "example.org")
    assert domains_above("192.168.0.1") == ("192.168.0.1",)
    assert domains_above("::1") == ("::1",)
    assert domains_above("localhost") == ("localhost",)
