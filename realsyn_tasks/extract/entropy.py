"""How much a sentence says, by how its words are spread over the corpus (paper §3.1, Eq. 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

RARE = ""  # the entry of a word table that stands for all words left out of it


@lru_cache(maxsize=1)
def _tokenizer() -> Callable[[str], list[str]]:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    tokenize: Callable[[str], list[str]] = NLTKWordTokenizer().tokenize
    return tokenize


def words_of(sentence: str) -> list[str]:
    """Split one sentence into lower-cased words and punctuation marks, as NLTK does.

    The paper names neither its tokens nor its logarithm. With punctuation among the words and
    the logarithm to base 2, its own examples pass its threshold and empty phrases do not.
    """
    return _tokenizer()(sentence.lower())


def surprises(counts: Mapping[str, int]) -> dict[str, float]:
    """Give -p log2 p of each word; counts may hold the sum of the words left out under RARE."""
    total = sum(counts.values())
    shares = {word: count / total for word, count in counts.items() if word != RARE and count}
    return {word: -share * math.log2(share) for word, share in shares.items()}


def entropy(words: Sequence[str], known: Mapping[str, float]) -> float:
    """Give a sentence's information entropy in bits; words left out of the table add nothing."""
    return math.fsum(known.get(word, 0.0) for word in words)
