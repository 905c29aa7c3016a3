"""Pairs with known facts, of what the sample crawl leaves out.

A caption that a package gives its picture, and what the dictionaries say of the noun that it names:
so it is known what a text about the two may say. Nouns of which the crawl has no picture come
first, and so no article on them either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from realsyn_tasks.sample_crawl import plan
from realsyn_tasks.sample_crawl.articles import Dictionaries, definitions
from realsyn_tasks.sample_crawl.dictionaries import Sense, WordNet
from realsyn_tasks.sample_crawl.nouns import Noun
from realsyn_tasks.synthesize.facts import Facts
from realsyn_tasks.text.whitespace import word_set

PAIRS = 200
# Nouns that are read in another sense than the one pictured, or that a caption says no more of;
# seen by eye, as those of the crawl were.
_MISREAD = word_set(
    "balsam bat birch boom cup cylinder drone duck kit mallet marker pants peacock seahorse spider"
    " tape wheel"
) | {"adjustable wrench", "holm oak"}

Shown = tuple[str, Noun, Path]  # caption, the noun it names, picture


def choose(held_out: Iterable[Shown], crawled: Sequence[str], words: Dictionaries) -> list[Facts]:
    """Choose pairs of distinct nouns by hash, first of nouns that the crawl does not show."""
    candidates = sorted(held_out, key=lambda shown: (shown[1].word in crawled, _seeded(shown[0])))
    chosen: dict[str, Facts] = {}
    for caption, noun, picture in candidates:
        texts = definitions(noun, words)
        if noun.word not in _MISREAD and noun.word not in chosen and texts:
            chosen[noun.word] = _facts(caption, noun, picture, texts, words.wordnet)
        if len(chosen) == PAIRS:
            break
    return list(chosen.values())


def _facts(
    caption: str, noun: Noun, picture: Path, texts: Sequence[str], wordnet: WordNet
) -> Facts:
    names = dict.fromkeys((noun.word, *noun.sense.names))
    kinds = dict.fromkeys(name for sense in _above(noun.sense, wordnet) for name in sense.names)
    return Facts(
        pair_id=_seeded(f"{noun.word}:{caption}")[:12],
        caption=caption,
        texts=tuple(texts),
        names=tuple(names),
        kinds=tuple(kinds),
        picture=str(picture),
    )


def _above(sense: Sense, wordnet: WordNet) -> Iterator[Sense]:
    """Give all that a meaning is a kind or an instance of, the nearest first."""
    layer = [sense]
    while layer:
        layer = [parent for each in layer for parent in wordnet.related(each, "@", "@i")]
        yield from layer


def _seeded(text: str) -> str:
    return hashlib.sha256(f"{plan.SPLIT_SEED}:facts:{text}".encode()).hexdigest()
