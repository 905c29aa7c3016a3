"""A second opinion on which blocks of a page are its text, by another extractor's rules.

resiliparse knows a page's main part by other signs than ours. What it says is read by runs of four
words, so that marks and line ends that one of us has and the other hasn't don't matter. It leaves
out captions of pictures always, and of some pages everything: then it has no say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
_RUN = 4  # words
_HALF = 0.5  # of a block's runs
_MAX_DEPTH = 150  # of elements: beyond it its time grows with their square
_MAX_CHARACTERS = 2_000_000
_MIN_WORDS = 60  # of a page; of less it knows too little
_AGREED = 0.5  # of our words; where it has fewer it has missed the page


def approved(blocks: Sequence[str], page: str, depth: int) -> list[bool]:
    """Say of each block whether it belongs to the text of a page, which is given as HTML."""
    words = [_words(block) for block in blocks]
    total = sum(map(len, words))
    if total < _MIN_WORDS or depth > _MAX_DEPTH or len(page) > _MAX_CHARACTERS:
        return [True] * len(blocks)
    theirs = _words(_main_text(page))
    runs = set(_runs(theirs, _RUN))
    text = f" {' '.join(theirs)} "
    verdicts = [_is_in(block, runs, text) for block in words]
    kept = sum(len(block) for block, verdict in zip(words, verdicts, strict=True) if verdict)
    return verdicts if kept >= _AGREED * total else [True] * len(blocks)


def _main_text(page: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(page, main_content=True, alt_texts=False, list_bullets=False)


def _is_in(block: list[str], runs: set[tuple[str, ...]], text: str) -> bool:
    if len(block) < _RUN:
        return not block or f" {' '.join(block)} " in text
    own = _runs(block, _RUN)
    return sum(run in runs for run in own) >= _HALF * len(own)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _runs(words: list[str], length: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(length)), strict=False))
