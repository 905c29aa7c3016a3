"""The language of documents, by which their short sentences are taken for what they are.

A detector needs about eight words; of "A great blue heron." it is sure that it is Esperanto. So a
sentence is in the language of its document, and a document of few words in that of its site, unless
the sentence itself is long and the detector sure, or its letters are of another script.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from realsyn_tasks.text.language import Guess

MIN_LETTERS = 200  # of a document that has a language of its own


@dataclass(frozen=True)
class Origin:
    """Where a sentence is from."""

    document: str
    site: str


def languages_of(guesses: Sequence[Guess], origins: Sequence[Origin]) -> list[str]:
    """Give the language of each sentence, seen among those of its document and its site."""
    weights = [max(1, round(told.letters * told.score)) for told in guesses]
    by_document = _added_up(guesses, weights, [origin.document for origin in origins])
    by_site = _added_up(guesses, weights, [origin.site for origin in origins])
    return [
        told.language
        if told.sure
        else _leading(_spoken(by_document[origin.document]) or by_site[origin.site])
        for told, origin in zip(guesses, origins, strict=True)
    ]


def _added_up(
    guesses: Sequence[Guess], weights: Sequence[int], places: Sequence[Hashable]
) -> Mapping[Hashable, Counter[str]]:
    """Add up the letters of each language by place."""
    total: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
    for told, weight, place in zip(guesses, weights, places, strict=True):
        total[place][told.language] += weight
    return total


def _spoken(weights: Counter[str]) -> Counter[str]:
    """Give a document's weights, none if there is too little of it."""
    return weights if weights.total() >= MIN_LETTERS else Counter()


def _leading(weights: Counter[str]) -> str:
    return min(weights, key=lambda language: (-weights[language], language))
