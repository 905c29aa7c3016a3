"""Pages of made-up prose, to put into whatever a test is about."""

from __future__ import annotations

import random
from collections.abc import Iterator

from realsyn_tasks.web.dom import Page, Picture, read_page

_WHO = "The farmer|A brown dog|Two children|The old baker|Our teacher|A fishing boat|The miller"
_DOES = "carries|repairs|paints|watches|follows|builds|finds"
_WHAT = "a red ball|the stone bridge|three wooden crates|an old tractor|a bright yellow house"
_WHERE = "near the mill|behind the barn|across the harbour|by the river|on the narrow cliff"


def sentences(dice: random.Random, count: int) -> list[str]:
    """Give sentences that differ."""
    made: dict[str, None] = {}
    while len(made) < count:
        parts = (dice.choice(words.split("|")) for words in (_WHO, _DOES, _WHAT, _WHERE))
        made[f"{' '.join(parts)} on day {dice.randrange(1, 999)}."] = None
    return list(made)


def paragraphs(texts: list[str], each: int = 2) -> str:
    """Write sentences as paragraphs of so many."""
    pairs = [texts[start : start + each] for start in range(0, len(texts), each)]
    return "".join(f"<p>{' '.join(pair)}</p>" for pair in pairs)


def variants(count: int) -> Iterator[tuple[random.Random, list[str]]]:
    """Give for each variant its dice, and eight sentences."""
    for seed in range(count):
        dice = random.Random(seed)
        yield dice, sentences(dice, 8)


def read(html: str) -> Page:
    """Read a page as of a site."""
    return read_page(html, 1_000, 100, "https://site.example/a/page")


def texts(html: str) -> str:
    """Give all texts of a page, a line each."""
    return "\n".join(node for node in read(html).nodes if isinstance(node, str))


def addresses(html: str) -> list[str]:
    """Give the first address of each picture."""
    return [node.candidates[0] for node in read(html).nodes if isinstance(node, Picture)]
