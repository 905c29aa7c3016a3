"""Marks by which publishers forbid this use, wherever they stand: in headers or on a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

NAMES = ("robots", "tdm-reservation")
_HEADERS = (("x-robots-tag", "robots"), ("tdm-reservation", "tdm-reservation"))


def opt_out_of(name: str, content: str) -> str:
    """Give the token of a robots or text-and-data-mining mark that forbids this use, "" if none."""
    tokens = re.split(r"[\s,;:]+", content.lower())
    if name == "tdm-reservation":
        return "1" if "1" in tokens else ""
    return next((token for token in ("noai", "noimageai") if token in tokens), "")


def opt_out_in(values_of: Callable[[str], Iterable[str]]) -> str:
    """Say which header of an answer forbids this use; "" if none does.

    `values_of` gives the values of a header by its lower-case name.
    """
    for header, name in _HEADERS:
        for value in values_of(header):
            if token := opt_out_of(name, value):
                return f"header {header} {token}"
    return ""
