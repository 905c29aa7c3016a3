"""Addresses from strangers."""

from __future__ import annotations

import base64
import re
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsyn_tasks.web.addresses import (
    canonical,
    decode_data_uri,
    identity,
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


# What the URL Standard makes of references, on page https://a.example/b/c.html unless they say so.
STANDARD = [
    ("", "https://a.example/b/c.html"),
    (".", "https://a.example/b/"),
    ("..", "https://a.example/"),
    ("./x/../d.jpg", "https://a.example/b/d.jpg"),
    ("x/%2e%2E/d.jpg", "https://a.example/b/d.jpg"),
    ("d.jpg/..", "https://a.example/b/"),
    ("/./d.jpg", "https://a.example/d.jpg"),
    ("?q", "https://a.example/b/c.html?q"),
    ("#!/d.jpg", "https://a.example/b/c.html"),
    ("d.jpg#!x", "https://a.example/b/d.jpg"),
    ("d.jpg?a#b?c", "https://a.example/b/d.jpg?a"),
    ("  d.jpg\n", "https://a.example/b/d.jpg"),
    ("lo\tng\r\n-name.jpg", "https://a.example/b/long-name.jpg"),
    ("\\d.jpg", "https://a.example/d.jpg"),
    ("x\\y\\d.jpg", "https://a.example/b/x/y/d.jpg"),
    ("\\\\e.example\\d.jpg", "https://e.example/d.jpg"),
    ("d.jpg?x\\y", "https://a.example/b/d.jpg?x\\y"),
    ("https:d.jpg", "https://a.example/b/d.jpg"),
    ("https:/d.jpg", "https://a.example/d.jpg"),
    ("https:///e.example/d.jpg", "https://e.example/d.jpg"),
    ("http:/e.example/d.jpg", "http://e.example/d.jpg"),
    ("HTTP://E.EXAMPLE/D.jpg", "http://e.example/D.jpg"),
    ("http:\\\\e.example\\d.jpg", "http://e.example/d.jpg"),
    ("https://e.example:443/d.jpg", "https://e.example/d.jpg"),
    ("https://e.example:/d.jpg", "https://e.example/d.jpg"),
    ("https://e.example:80/d.jpg", "https://e.example:80/d.jpg"),
    ("https://e.example:0080/d.jpg", "https://e.example:80/d.jpg"),
    ("https://e.example", "https://e.example/"),
    ("https://e.example?q", "https://e.example/?q"),
    ("https://u@e.example:8443/", "https://e.example:8443/"),
    ("https://u:p@q@e.example/", "https://e.example/"),
    ("https://bücher.example/d.jpg", "https://xn--bcher-kva.example/d.jpg"),
    ("https://BÜCHER.example/d.jpg", "https://xn--bcher-kva.example/d.jpg"),
    ("https://bu\u0308cher.example/", "https://xn--bcher-kva.example/"),
    ("https://faß.example/", "https://xn--fa-hia.example/"),
    ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"),
    ("https://e。example/", "https://e.example/"),
    ("https://e%2Eexample/", "https://e.example/"),
    ("https://ｅ.example/", "https://e.example/"),
    ("https://e.example./", "https://e.example./"),
    ("https://a_b.example/", "https://a_b.example/"),
    ("https://0x7f.1/", "https://127.0.0.1/"),
    ("https://2130706433/", "https://127.0.0.1/"),
    ("https://[2001:DB8::0:1]/", "https://[2001:db8::1]/"),
    ("https://[::ffff:1.2.3.4]/", "https://[::ffff:102:304]/"),
    ("my photo (1).jpg", "https://a.example/b/my%20photo%20(1).jpg"),
    ("caf%c3%a9.jpg", "https://a.example/b/caf%c3%a9.jpg"),
    ("100%.jpg", "https://a.example/b/100%.jpg"),
    ("x?a=ü&b='", "https://a.example/b/x?a=%C3%BC&b=%27"),
    ("x?c=1|2[3]", "https://a.example/b/x?c=1|2[3]"),
    ('x?"<>', "https://a.example/b/x?%22%3C%3E"),
    ("x;y=1,2", "https://a.example/b/x;y=1,2"),
    ("a//b", "https://a.example/b/a//b"),
    ("//e.example/d.jpg", "https://e.example/d.jpg"),
    ("https://e example/", ""),
    ("https://e.example:99999/", ""),
    ("https://e<.example/", ""),
    ("https://[1:2/", ""),
    ("https://1.2.3.4.5/", ""),
    ("data:image/gif;base64,AA", ""),
    ("\ud800.jpg", ""),
]


@pytest.mark.parametrize(("reference", "expected"), STANDARD)
def test_references_mean_what_the_standard_says(reference: str, expected: str) -> None:
    assert join(PAGE, reference) == expected


def test_a_query_is_sent_in_the_encoding_of_its_page() -> None:
    assert join(PAGE, "ü?q=ü&r=ж#ü", "cp1252") == (
        "https://a.example/b/%C3%BC?q=%FC&r=%26%231078%3B"
    )
    assert join(PAGE, "x?q=水", "shift_jis") == "https://a.example/b/x?q=%90%85"
    assert join(PAGE, "x?q=ü", "nobody's") == join(PAGE, "x?q=ü")


def test_canonical_is_stable() -> None:
    once = canonical("HTTPS://A.example:443/x y/%20z?q=1#frag")
    assert once == canonical(once) != ""


SPELLINGS = [
    "https://xn--bcher-kva.example/My%20photo%20(1)~.jpg?a=%C3%BC&b=%7C",
    "http://bücher.example/My photo (1)~.jpg?a=ü&b=|",
    "HTTP://BÜCHER.EXAMPLE:80/My%20photo%20%281%29%7E.jpg?a=%c3%bc&b=%7c",
    "https://bücher.example.:443/./x/../My%20photo%20(1)%7e.jpg?a=%C3%BC&b=|#frag",
    "https://user:word@bücher.example/\tMy photo\n (1)~.jpg?%61=ü&b=|#!/x",
    "<http:\\\\bücher%2Eexample\\%4Dy%20photo%20(1)~.jpg?a=ü&b=|>",
    "https:bücher.example/%2e/My photo (1)~.jpg?a=ü&b=|",
    "//bücher.example/My photo (1)~.jpg?a=ü&b=|",
]


def test_spellings_of_an_address_have_one_identity() -> None:
    assert {identity(spelling) for spelling in SPELLINGS} == {
        "//xn--bcher-kva.example/My%20photo%20(1)~.jpg?a=%C3%BC&b=%7C"
    }


def test_different_addresses_stay_apart() -> None:
    apart = [
        "https://a.example/d.jpg",
        "https://www.a.example/d.jpg",
        "https://a.example/D.jpg",
        "https://a.example/d.jpg?a=1&b=2",
        "https://a.example/d.jpg?b=2&a=1",
        "https://a.example/d.jpg?a=1&b=2&",
        "https://a.example/x/d.jpg",
        "https://a.example/x%2Fd.jpg",
        "https://a.example/x//d.jpg",
        "https://a.example/x+d.jpg",
        "https://a.example/x%2Bd.jpg",
        "https://a.example/x%20d.jpg",
        "https://a.example/x%2520d.jpg",
        "https://a.example/x%3Fd.jpg",
        "https://a.example/x?d.jpg",
        "https://a.example:8080/d.jpg",
        "https://a.example/d.jpg/",
        "https://a.example/%E9.jpg",
        "https://a.example/%C3%A9.jpg",
    ]
    assert len({identity(address) for address in apart} - {""}) == len(apart)


@pytest.mark.parametrize("stranger", ["", "//", "d.jpg", "ftp://a.example/", "http://.../", "///"])
def test_what_is_no_address_has_no_identity(stranger: str) -> None:
    assert identity(stranger) == ""


_segments = st.text(st.sampled_from("aZ9-._~ %!'()*+,;=:@&$|^[]{}`\"<>ü水é\\\t"), max_size=8)
_hosts = st.sampled_from(["a.example", "bücher.example", "e.example.:8080", "127.1", "[::1]:443"])
_addresses = st.builds(
    lambda scheme, host, path, query: f"{scheme}://{host}/{'/'.join(path)}{query}",
    st.sampled_from(["http", "https", "HTTPS"]),
    _hosts,
    st.lists(_segments, max_size=3),
    st.one_of(st.just(""), st.builds("?{}={}".format, _segments, _segments)),
)


@given(st.one_of(_addresses, st.text(max_size=40).map("http://{}".format), st.text(max_size=40)))
def test_canonical_and_identity_give_what_they_take(address: str) -> None:
    assert canonical(canonical(address)) == canonical(address)
    assert identity(identity(address)) == identity(address)
    assert identity(canonical(address)) == identity(address) or address.startswith("//")


@given(_addresses, st.randoms(use_true_random=False))
def test_however_an_address_is_spelled_it_has_one_identity(address: str, random: Random) -> None:
    sent = canonical(address)
    scheme, _, rest = sent.partition("://")
    host, _, path = rest.partition("/")
    letters = [quote(c, safe="") if random.random() < 0.2 else c for c in host.split(":")[0]]
    name = "".join(letters) if host[0] != "[" else host
    port = host.removeprefix(host.split(":")[0]) if host[0] != "[" else ""
    respelled = re.sub(r"[\w.~!*'()-]|%[0-9A-F]{2}", lambda m: _respelled(m[0], random), path)
    other = {"http": "https", "https": "http"}[scheme]
    assert identity(f"{random.choice([scheme, other])}://{name}{port}/./{respelled}#x") == identity(
        sent
    )


def _respelled(spelled: str, random: Random) -> str:
    """The same character or escape, in another spelling now and then."""
    if random.random() < 0.7:
        return spelled
    return spelled.lower() if spelled[0] == "%" else f"%{ord(spelled):02{random.choice('xX')}}"


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


def test_data_uris() -> None:
    encoded = base64.b64encode(b"\x89PNG").decode()
    assert decode_data_uri(f"data:image/PNG;base64,{encoded}", 99) == ("image/png", b"\x89PNG")
    assert decode_data_uri(f"data:image/png;base64,{encoded[:-2]}", 99) == ("image/png", b"\x89PNG")
    assert decode_data_uri("data:image/svg+xml,%3Csvg/%3E", 99) == ("image/svg+xml", b"<svg/>")
    assert decode_data_uri("data:image/png;base64,!!", 99) is None
    assert decode_data_uri("data:image/png", 99) is None
    assert decode_data_uri("data:,12345", 4) is None
    assert decode_data_uri("data:," + "a" * 10_000, 4) is None
