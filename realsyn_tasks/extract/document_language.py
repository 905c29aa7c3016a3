"""The language of documents, by which their short sentences are taken for what they are.

A detector needs about eight words; of "A great blue heron." it is sure that it is Esperanto. So a
sentence is in the language of its document, and a document of few words in that of its site, unless
the sentence itself is long and the detector sure, or its letters are of another script.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from realsyn_tasks.text.function_words import FUNCTION_WORDS
from realsyn_tasks.text.language import likeliest_language

LONG = 8  # words from which a sentence speaks for itself
SURE = 0.5  # probability that a long sentence is believed with
SURE_SHORT = 0.8  # and a short one
ENGLISH = 0.2  # share of English function words from which neither is believed to be foreign
MIN_LETTERS = 200  # of a document that has a language of its own
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


@dataclass(frozen=True)
class Guess:
    """What a detector makes of one sentence alone."""

    text: str
    language: str
    score: float

    @property
    def letters(self) -> int:
        """Count the letters, by which a document's sentences are weighed."""
        return sum(map(str.isalpha, self.text))

    @property
    def told(self) -> bool:
        """Say whether length or script show the language, whatever the detector is sure of."""
        return self._foreign or (len(self.text.split()) >= LONG and self._believed(SURE))

    @property
    def sure(self) -> bool:
        """Say whether the sentence tells its language by itself."""
        short = len(self.text.split()) < LONG
        return self.told or (short and self._believed(SURE_SHORT))

    @property
    def _foreign(self) -> bool:
        return 2 * len(_LATIN.findall(self.text)) < self.letters

    def _believed(self, needed: float) -> bool:
        doubtful = self.language != "en" and _english_share(self.text) >= ENGLISH
        return self.score >= needed and not doubtful


@dataclass(frozen=True)
class Origin:
    """Where a sentence is from."""

    document: str
    site: str


def _english_share(text: str) -> float:
    words = _WORD.findall(text.lower())
    return sum(word in FUNCTION_WORDS for word in words) / max(1, len(words))


def guess(text: str) -> Guess:
    """Ask the detector about a sentence."""
    language, score = likeliest_language(text)
    return Guess(text, language, score)


def languages_of(guesses: Sequence[Guess], origins: Sequence[Origin]) -> list[str]:
    """Give the language of each sentence, seen among those of its document and its site."""
    by_document = _weights(guesses, [origin.document for origin in origins])
    by_site = _weights(guesses, [origin.site for origin in origins])
    return [
        told.language
        if told.sure
        else _leading(_spoken(by_document[origin.document]) or by_site[origin.site])
        for told, origin in zip(guesses, origins, strict=True)
    ]


def _weights(
    guesses: Sequence[Guess], places: Sequence[Hashable]
) -> Mapping[Hashable, Counter[str]]:
    """Add up the letters of each language by place."""
    weights: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
    for told, place in zip(guesses, places, strict=True):
        weights[place][told.language] += max(1, round(told.letters * told.score))
    return weights


def _spoken(weights: Counter[str]) -> Counter[str]:
    """Give a document's weights, none if there is too little of it."""
    return weights if weights.total() >= MIN_LETTERS else Counter()


def _leading(weights: Counter[str]) -> str:
    return min(weights, key=lambda language: (-weights[language], language))
