"""Texts as words: what guards compare."""

from __future__ import annotations

import importlib.util
import re
import runpy
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LETTERS = str.maketrans(
    {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ß": "ss", "ł": "l", "’": "'"}
)
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
).split()
_VALUES = {name: str(value) for value, name in enumerate(_NUMBERS)} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "seventy": "70",
    "eighty": "80",
    "ninety": "90",
    "hundred": "100",
    "hundreds": "100",
    "thousand": "1000",
    "thousands": "1000",
    "million": "1000000",
    "millions": "1000000",
    "billion": "1000000000",
    "billions": "1000000000",
    "dozen": "12",
    "dozens": "12",
}
_VAGUE = {"one", "zero"}  # a pronoun; rarely a count
_WORDS_KEPT = 1 << 16
_TEXTS_KEPT = 64  # every guard asks for the words of one picture's texts again


def words(text: str) -> list[str]:
    """Give the words of a text as written, in order."""
    return _WORD.findall(text)


@lru_cache(_TEXTS_KEPT)
def lowered(text: str) -> tuple[str, ...]:
    """Give the words of a text in lower case, in order."""
    return tuple(folded(word) for word in words(text))


@lru_cache(_WORDS_KEPT)
def folded(word: str) -> str:
    """Give a word in lower case and plain letters: Cæsar is caesar, café is cafe."""
    apart = unicodedata.normalize("NFKD", word.translate(_LETTERS))
    return "".join(char for char in apart if not unicodedata.combining(char)).casefold()


@lru_cache(_WORDS_KEPT)
def stem(word: str) -> str:
    """Give the stem of a word, so that plurals and tenses count as one."""
    return str(_stemmer().stem(folded(word).removesuffix("'s")))


def stems(texts: Iterable[str]) -> set[str]:
    """Give the stems of all words of some texts."""
    return set().union(*map(_stems_of, texts))


@lru_cache(_TEXTS_KEPT)
def content_stems(text: str) -> tuple[str, ...]:
    """Give the stems of the words that carry meaning, in order."""
    return tuple(stem(word) for word in content_words(text))


@lru_cache(_TEXTS_KEPT)
def content_words(text: str) -> tuple[str, ...]:
    """Give the words that carry meaning, in lower case and in order."""
    return tuple(word for word in lowered(text) if is_content(word))


def without(text: str, unwanted: Collection[str]) -> str:
    """Leave out the words with these stems; spaces collapsed."""
    return " ".join(_WORD.sub(lambda m: "" if stem(m[0]) in unwanted else m[0], text).split())


def is_content(word: str) -> bool:
    """Say whether a lower-case word carries meaning, unlike function words."""
    return len(word) > 1 and word.split("'", maxsplit=1)[0] not in _function_words()


def numbers(text: str) -> set[str]:
    """Give the numbers in a text, in digits, whether written so or as words."""
    in_digits = {value.replace(",", "") for value in re.findall(r"\d+(?:[.,]\d+)*", text)}
    spelled = {_VALUES[word] for word in lowered(text) if word in _VALUES and word not in _VAGUE}
    return in_digits | spelled


def longest_run(a: Sequence[str], b: Sequence[str]) -> int:
    """Count the words of the longest run that two texts share."""
    return SequenceMatcher(None, a, b, autojunk=False).find_longest_match().size


def similarity(a: Sequence[str], b: Sequence[str]) -> float:
    """Give how alike two texts are: twice the words shared in order over all, 0 to 1."""
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


@lru_cache(_TEXTS_KEPT)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text))


@cache
def _stemmer() -> Any:
    from nltk.stem.snowball import SnowballStemmer

    return SnowballStemmer("english")


@cache
def _function_words() -> frozenset[str]:
    """Read spaCy's list without importing spaCy, which takes seconds and loads torch."""
    spec = importlib.util.find_spec("spacy")
    [folder] = (spec and spec.submodule_search_locations) or [""]
    words = runpy.run_path(f"{folder}/lang/en/stop_words.py")["STOP_WORDS"]
    return frozenset(words)
