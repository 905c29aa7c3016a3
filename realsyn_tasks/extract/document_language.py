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

from realsyn_tasks.text.language import likeliest_language

LONG = 8  # words from which a sentence speaks for itself
SURE = 0.5  # probability that a long sentence is believed with
SURE_SHORT = 0.8  # and a short one, if it has none of the words below
MIN_LETTERS = 200  # of a document that has a language of its own
_ENGLISH = re.compile(r"\b(?:the|of|and|with|an)\b|^an? ", re.IGNORECASE)
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
    def sure(self) -> bool:
        """Say whether the sentence tells its language by itself."""
        if 2 * len(_LATIN.findall(self.text)) < self.letters:
            return True
        if len(self.text.split()) >= LONG:
            return self.score >= SURE
        return self.score >= SURE_SHORT and not _ENGLISH.search(self.text)


@dataclass(frozen=True)
class Origin:
    """Where a sentence is from."""

    document: str
    site: str


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
