"""A second opinion on which blocks of a page are its text, by another extractor's rules.

resiliparse knows a page's main part by other signs than ours. What it says is read by runs of four
words, so that marks and line ends that one of us has and the other hasn't don't matter. It leaves
out captions of pictures always, and of some pages everything: then it has no say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

_BETWEEN = re.compile(r"\W+")
_RUN = 4  # words
_HALF = 0.5  # of a block's runs
_MAX_DEPTH = 150  # of elements: beyond it its time grows with their square
_MAX_CHARACTERS = 2_000_000
_MIN_CHARACTERS = 300  # of a page; of less it knows too little
_NEAR = 2_000  # characters in which the next block is looked for first
_AGREED = 0.5  # of our text; where it has less it has missed the page


def approved(blocks: Sequence[str], page: str, depth: int) -> list[bool]:
    """Say of each block whether it belongs to the text of a page, which is given as HTML."""
    ours = [_spelled(block) for block in blocks]
    total = sum(map(len, ours))
    if total < _MIN_CHARACTERS or depth > _MAX_DEPTH or len(page) > _MAX_CHARACTERS:
        return [True] * len(blocks)
    theirs = _Text(_spelled(_main_text(page)))
    verdicts = [theirs.holds(block) for block in ours]
    kept = sum(len(block) for block, verdict in zip(ours, verdicts, strict=True) if verdict)
    return verdicts if kept >= _AGREED * total else [True] * len(blocks)


class _Text:
    """The words of a text, to look up others in; they mostly come in the same order."""

    def __init__(self, text: str) -> None:
        self.text = f" {text} "
        self._place = 0

    def holds(self, block: str) -> bool:
        """Say whether at least half of a block's runs of words are in the text."""
        place = self.text.find(f" {block} ", self._place, self._place + len(block) + _NEAR)
        if place >= 0:
            self._place = place + len(block)
            return True
        words = block.split()
        if len(words) < _RUN:
            return not words or (*words,) in self._short(len(words))
        own = _runs(words, _RUN)
        return sum(run in self._long for run in own) >= _HALF * len(own)

    @cached_property
    def _long(self) -> set[tuple[str, ...]]:
        return set(_runs(self.text.split(), _RUN))

    def _short(self, length: int) -> set[tuple[str, ...]]:
        if length not in self._shorts:
            self._shorts[length] = set(_runs(self.text.split(), length))
        return self._shorts[length]

    @cached_property
    def _shorts(self) -> dict[int, set[tuple[str, ...]]]:
        return {}


def _spelled(text: str) -> str:
    """Give the words of a text alone, in one spelling."""
    return _BETWEEN.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()


def _main_text(page: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(
        page, main_content=True, preserve_formatting=False, alt_texts=False, list_bullets=False
    )


def _runs(words: list[str], length: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(length)), strict=False))
