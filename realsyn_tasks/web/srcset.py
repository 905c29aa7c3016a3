"""Sets of addresses of one picture, as the HTML Standard reads the attribute srcset."""

from __future__ import annotations

import re

VIEWPORT = 1280  # px; the width of the window for which a page is read
_ADDRESS = re.compile(r"[ \t\n\f\r,]*+([^ \t\n\f\r]++)")
_DESCRIPTORS = re.compile(r"((?:[^(,]++|\([^)]*+\)?+)*+),?+")
_DESCRIPTOR = re.compile(r"(?:(\d++)w|((?:\d++(?:\.\d++)?|\.\d++)(?:[eE][+-]?+\d++)?)x)")
_ONE = re.compile(r"[^\s,]\s++[\d.]++[wx]\s*+(?:,|$)")


def best_of_srcset(value: str) -> list[str]:
    """Give the addresses of a srcset, largest first; those that no browser takes come last.

    An address without a descriptor counts as 1x; widths count by the window that they would fill.
    """
    offers = _offers(value)
    offers.sort(key=lambda offer: -offer[1])
    return [address for address, _ in offers]


def is_srcset(value: str) -> bool:
    """Say whether a value has an address with a width or a density, as only a srcset has."""
    return _ONE.search(value) is not None


def _offers(value: str) -> list[tuple[str, float]]:
    offers: list[tuple[str, float]] = []
    place = 0
    while match := _ADDRESS.match(value, place):
        address, place = match[1], match.end()
        if address.endswith(","):
            offers.append((address.rstrip(","), 1.0))
            continue
        descriptors = _DESCRIPTORS.match(value, place)
        if descriptors:
            place = descriptors.end()
            offers.append((address, _density(descriptors[1])))
    return [offer for offer in offers if offer[0]]


def _density(descriptors: str) -> float:
    """Give the pixels of the picture for each of the window; 0 for what is no descriptor."""
    words = descriptors.split()
    if not words:
        return 1.0
    match = _DESCRIPTOR.fullmatch(words[0])
    if not match:
        return 0.0
    return int(match[1][:9]) / VIEWPORT if match[1] else float(match[2][:20])
