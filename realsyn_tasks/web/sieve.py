"""Which blocks of a page stay, by what they are beside each other.

What a name has not told (furniture.py) shows in other ways: labels that recur from box to box,
remarks far from the page's text, and what a second judge misses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from realsyn_tasks.text.whitespace import word_set
from realsyn_tasks.web import judge
from realsyn_tasks.web.figures import Picture, is_beside_picture
from realsyn_tasks.web.main_part import behind, goes_on, inside, leads, main_part, stands_alone
from realsyn_tasks.web.reader import Block

_DIGITS = re.compile(r"\d+")
_ENOUGH = 300  # characters of a page
_OFTEN = 3  # times that a text stands on a page
_MUCH = 0.5  # of a page
_TWICE = 2  # times, if but for its numbers
_STOPS = tuple(".!?…。！？।")
_TOP = re.compile(r"(?:(?:https?:)?//[^/]*)?[./#]*(?:(?:index|home|default)\.\w+)?", re.I)
_LINE = 12  # words
_ABOUT = re.compile(
    r"^(?:by|posted|published|updated|written|filed|submitted|asked|answered|edited|modified"
    r"|last|joined|viewed|photo(?:graph)?s?|image|credit|source|tags?|categor(?:y|ies)|topics?"
    r"|tagged|share|hits|copyright|©|\(c\))\b"
    r"|\b(?:19|20)\d\d\b|\b\d{1,2}:\d\d\b|[\d.,]+k? (?:\w+ )?"
    r"(?:comments?|likes?|views?|shares?|votes?|answers?|replies|followers|min(?:ute)?s? read)\b",
    re.I,
)
_RIGHTS = re.compile(r"^(?:©|\(c\)|copyright\b)|\ball rights reserved\b", re.I)
_NOTICE = 40  # words
_CELLS = word_set("li td th dt dd")
_LABEL = 12  # words
_SHORT = 90  # characters of a label
_LOOSE = frozenset(
    (
        "div",
        "span",
        "section",
        "a",
        "b",
        "strong",
        "body",
        "center",
        "font",
        "time",
        "label",
        "legend",
        "small",
    )
)


def sifted(blocks: Sequence[Block | Picture], page: str, depth: int) -> list[Block | Picture]:
    """Give the blocks that stay, in order; pictures and their captions all do."""
    texts = [block for block in blocks if isinstance(block, Block) and not block.is_caption]
    if sum(len(block.text) for block in texts) < _ENOUGH:
        return list(blocks)
    sieve = _Sieve(texts)
    verdicts = {id(block): sieve.verdict(block) for block in texts}
    doubtful = [block for block in texts if verdicts[id(block)] is None]
    if doubtful:
        approved = judge.approved([block.text for block in texts], page, depth)
        for block, is_approved in zip(texts, approved, strict=True):
            if verdicts[id(block)] is None:
                verdicts[id(block)] = is_approved
    return _without_bare_headings([b for b in blocks if verdicts.get(id(b), True)])


class _Sieve:
    """What is known of a page's blocks together."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.part = main_part(blocks)
        keys = [_key(block.text) for block in blocks]
        again = _recurring(keys, sum(len(block.text) for block in blocks))
        self.recurring = {id(b) for b, key in zip(blocks, keys, strict=True) if key in again}
        loose = sum(len(block.text) for block in blocks if _is_loose(block))
        self.labelled = loose <= _MUCH * sum(len(block.text) for block in blocks)
        self.title = min((b.source.number for b in blocks if b.level == 1), default=0)

    def verdict(self, block: Block) -> bool | None:
        """Say whether a block stays; None: somebody else should say it."""
        if id(block) in self.recurring or _is_about_text(block):
            return False
        if not behind(block, self.part) and is_beside_picture(block.text, block.source):
            return True
        if self.labelled and _is_loose(block):
            return False
        if inside(block, self.part):
            return None if self.part is None else True
        if block.level == 1:
            return not _is_logo(block)
        told = leads(block, self.part, self.title) or goes_on(block, self.part)
        return None if told or stands_alone(block) else False


def _without_bare_headings(blocks: list[Block | Picture]) -> list[Block | Picture]:
    """Leave out headings with nothing below them: what they head was left out."""
    kept: list[Block | Picture] = []
    below = 0  # the level of the heading that comes next; high levels are of small headings
    for block in reversed(blocks):
        level = block.level if isinstance(block, Block) else 0
        if level > 1 and (not kept or 0 < below <= level):
            continue
        kept.append(block)
        below = level
    return kept[::-1]


def _recurring(keys: Sequence[str], whole: int) -> set[str]:
    """Give the texts that stand on the page again and again, but for their numbers.

    Where they are most of the page, that is what the page says.
    """
    counts = Counter(keys)
    again = {key for key, count in counts.items() if count >= _most(key)}
    weight = sum(len(key) * counts[key] for key in again)
    return again if weight <= _MUCH * whole else set()


def _most(key: str) -> int:
    return _TWICE if "#" in key and not key.endswith(_STOPS) else _OFTEN


def _key(text: str) -> str:
    return _DIGITS.sub("#", text.lower())


def _is_logo(block: Block) -> bool:
    """Say whether a first heading leads to a site's first page, whose name it is."""
    return block.source.tag == "a" and _TOP.fullmatch(block.source.get("href")) is not None


def _is_about_text(block: Block) -> bool:
    """Say whether a line tells who wrote a text, when, or how many have read it."""
    if _RIGHTS.search(block.text) and block.text.count(" ") < _NOTICE:
        return True
    if block.level or block.source.tag in _CELLS or block.text.endswith(_STOPS):
        return False
    return block.text.count(" ") < _LINE and _ABOUT.search(block.text) is not None


def _is_loose(block: Block) -> bool:
    """Say whether a block is a few words between boxes, or a link alone: a label of something."""
    source = block.source
    if block.level or source.tag not in _LOOSE or block.text.endswith(_STOPS):
        return False
    if source.tag == "a" and source.weight >= len(block.text):
        return True
    return block.text.count(" ") < _LABEL and len(block.text) < _SHORT
