from __future__ import annotations

import pytest

from realsyn_tasks.web.suffixes import registered_domain


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.shop.example.co.uk/a", "example.co.uk"),
        ("http://someone.github.io/page", "someone.github.io"),
        ("https://EXAMPLE.com:8080/", "example.com"),
        ("https://10.0.0.1/x", "10.0.0.1"),
        ("http://localhost/x", "localhost"),
        ("https://co.uk/", "co.uk"),
        ("pages/1.html", ""),
        ("https://[broken", ""),
    ],
)
def test_a_site_is_what_somebody_registered(url: str, domain: str) -> None:
    assert registered_domain(url) == domain
