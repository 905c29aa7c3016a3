"""Marks that forbid this use."""

from __future__ import annotations

import pytest

from realsyn_tasks.web.opt_out import opt_out_in, opt_out_of


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("robots", "noindex, NoAI", "noai"),
        ("robots", "otherbot: noimageai", "noimageai"),
        ("robots", "noindex, nofollow", ""),
        ("tdm-reservation", "1", "1"),
        ("tdm-reservation", "0", ""),
        ("robots", "", ""),
    ],
)
def test_the_token_that_forbids(name: str, content: str, expected: str) -> None:
    assert opt_out_of(name, content) == expected


def test_the_header_that_forbids_is_named() -> None:
    headers = {"x-robots-tag": ["noindex", "noai"], "tdm-reservation": ["1"]}
    assert opt_out_in(lambda name: headers.get(name, [])) == "header x-robots-tag noai"
    assert opt_out_in(lambda name: []) == ""
