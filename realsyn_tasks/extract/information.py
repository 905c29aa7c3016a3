"""How much the words of a sentence that name things say, by how rare they are in the crawl.

The paper's entropy (entropy.py) adds -p log p of each word, which is nothing for rare words and
most for "the", "of" and the comma: it counts function words. Here each word that is no function
word adds its surprise, -log p, once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from realsyn_tasks.extract.entropy import RARE
from realsyn_tasks.text.function_words import FUNCTION_WORDS

ELSEWHERE = 100_000  # words of other texts that the crawl's are counted among


def rarities(counts: Mapping[str, int]) -> dict[str, float]:
    """Give -log2 p of each word; under RARE that of a word that occurs once.

    The crawl is taken for a part of a larger text, so that the words of a small one are not common.
    """
    total = sum(counts.values()) + ELSEWHERE
    bits = {word: math.log2(total / n) for word, n in counts.items() if word != RARE and n}
    return bits | {RARE: math.log2(total)}


def information(words: Sequence[str], known: Mapping[str, float]) -> float:
    """Give the bits of a sentence's different words that name something; 0 for none."""
    naming = sorted({word for word in words if _names(word)})
    return math.fsum(known.get(word, known[RARE]) for word in naming)


def _names(word: str) -> bool:
    return word not in FUNCTION_WORDS and any(sign.isalpha() for sign in word)
