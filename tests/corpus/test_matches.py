"""A request means an address in all its spellings, and none other."""

from __future__ import annotations

import pytest

from realsyn_tasks.corpus.entries import DOMAIN, URL, Entry, entry_of
from realsyn_tasks.corpus.matches import Matcher, domains_of, url_key
from realsyn_tasks.corpus.tombstones import Request
from realsyn_tasks.web.addresses import identity
from tests.web.test_addresses import SPELLINGS

WEB = [spelling for spelling in SPELLINGS if "://" in spelling]


def meaning(entry: Entry, address: str) -> str:
    """Name what of a request means an address."""
    request = Request.of((entry,))
    named = Matcher.of(request).of_address(address)
    assert set(named) <= {request.id}
    return named.get(request.id, "")


@pytest.mark.parametrize("filed", WEB)
def test_a_url_is_meant_however_it_was_filed_and_is_stored(filed: str) -> None:
    entry = entry_of(filed)
    for stored in SPELLINGS:
        if not stored.startswith("//"):
            assert meaning(entry, stored) == f"url: {entry.value}"
    assert meaning(entry, "https://xn--bcher-kva.example/my%20photo") == ""
    assert entry.value == f"https:{identity(filed)}"


@pytest.mark.parametrize("filed", ["bücher.example", "XN--BCHER-KVA.example.", "*.bücher.example"])
def test_a_domain_is_meant_by_any_spelling_of_a_host(filed: str) -> None:
    entry = entry_of(filed)
    for stored in [*WEB, "https://www.BÜCHER.example:8443/x", "http://a.b.bücher%2eexample/"]:
        assert meaning(entry, stored) == "domain: xn--bcher-kva.example"
    for stranger in ("https://xbücher.example/", "https://example/", "https://b.example/bücher"):
        assert meaning(entry, stranger) == ""


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("https://a.example/x%28y%29.jpg", "http://a.example/x(y).jpg"),
        ("https://a.example/x?q=|", "https://a.example/x?q=%7c"),
        ("https://a.example/[1]", "https://a.example/%5B1%5D"),
        ("https://a.example/100%.jpg", "https://a.example/100%.jpg"),
    ],
)
def test_requests_of_before_stay_valid_in_the_spelling_they_have(value: str, stored: str) -> None:
    assert meaning(Entry(URL, value), stored) == f"url: {value}"


def test_hosts_without_a_name_are_domains_of_their_own() -> None:
    assert domains_of("http://[2001:DB8::1]:8080/x") == ("2001:db8::1",)
    assert domains_of("http://[2001:db8::1]/x") == ("2001:db8::1",)
    assert meaning(Entry(DOMAIN, "2001:db8::1"), "https://[2001:db8:0::1]/x")
    assert domains_of("https://192.0.2.7:81/x") == domains_of("https://0xc0.0.2.7/")
    assert domains_of("pages/a.html") == domains_of("file:///a") == domains_of(None) == ()
    assert url_key("pages/a.html") == ""
