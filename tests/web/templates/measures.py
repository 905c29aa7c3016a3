"""How well a reader reads template pages: shares of what it found, and of what it took besides.

recall       share of sentences and captions that stand in the output, letter by letter
intact       share that stand whole in one block, bounded by blanks or the block's ends
boilerplate  share of the output's words that are neither prose nor a title or data of the page
pictures     share of the page's own pictures whose first address is right
wrong        share of taken pictures that are not the page's own
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from realsyn_tasks.web.dom import Picture, read_page
from tests.web.templates.pen import Page

SHINGLE = 6  # words in a row that tell a text; teasers of other pages share fewer


@dataclass(frozen=True)
class Reading:
    """What a reader took from a page: blocks of text, and of each picture its first address."""

    blocks: tuple[str, ...]
    pictures: tuple[str, ...] = ()


Reader = Callable[[Page], Reading]


@dataclass
class Measures:
    """Counts over pages, of which the shares come."""

    sentences: int = 0
    recalled: int = 0
    whole: int = 0
    words: int = 0
    besides: int = 0
    own_pictures: int = 0
    right_first: int = 0
    taken: int = 0
    foreign: int = 0
    missed: list[str] = field(default_factory=list)  # sentences, each behind its page

    @property
    def recall(self) -> float:
        return self.recalled / max(self.sentences, 1)

    @property
    def intact(self) -> float:
        return self.whole / max(self.sentences, 1)

    @property
    def boilerplate(self) -> float:
        return self.besides / max(self.words, 1)

    @property
    def pictures(self) -> float:
        return self.right_first / max(self.own_pictures, 1)

    @property
    def wrong(self) -> float:
        return self.foreign / max(self.taken, 1)

    def add(self, page: Page, reading: Reading) -> None:
        blocks = [_plain(block) for block in reading.blocks]
        everything = " ".join(blocks)
        for sentence in map(_plain, page.prose):
            self.sentences += 1
            if sentence in everything:
                self.recalled += 1
            else:
                self.missed.append(f"{page.kind}/{page.number}: {sentence}")
            self.whole += any(_stands_whole(sentence, block) for block in blocks)
        self._add_words(page, blocks)
        self._add_pictures(page, reading.pictures)

    def _add_words(self, page: Page, blocks: list[str]) -> None:
        for words, known in _known_words(page, blocks):
            self.words += len(words)
            self.besides += len(words) - sum(known)

    def _add_pictures(self, page: Page, addresses: tuple[str, ...]) -> None:
        taken = {urljoin(page.address, address) for address in addresses}
        self.own_pictures += len(page.pictures)
        self.right_first += sum(not right.isdisjoint(taken) for right in page.pictures)
        self.taken += len(taken)
        self.foreign += len(taken - frozenset().union(*page.pictures))


def product(page: Page) -> Reading:
    """Read a page as the product's parse does."""
    nodes = read_page(page.html, 20_000, 2_000, page.address).nodes
    return Reading(
        tuple(node for node in nodes if isinstance(node, str)),
        tuple(node.candidates[0] for node in nodes if isinstance(node, Picture)),
    )


def measured(pages: Iterable[Page], reader: Reader = product) -> Measures:
    measures = Measures()
    for page in pages:
        measures.add(page, reader(page))
    return measures


def boilerplate(page: Page, reading: Reading) -> Iterator[str]:
    """Give what a reading holds that is neither prose nor the page's titles or data."""
    for words, known in _known_words(page, [_plain(block) for block in reading.blocks]):
        strange = [word for word, is_known in zip(words, known, strict=True) if not is_known]
        if strange:
            yield " ".join(strange)


def _plain(text: str) -> str:
    return " ".join(text.replace("\u200b", "").split())


def _stands_whole(sentence: str, block: str) -> bool:
    start = block.find(sentence)
    if start < 0:
        return False
    end = start + len(sentence)
    return block[start - 1 : start] in ("", " ") and block[end : end + 1] in ("", " ")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _known_words(page: Page, blocks: list[str]) -> Iterator[tuple[list[str], list[bool]]]:
    shingles: dict[int, set[tuple[str, ...]]] = {}
    for words in map(_words, (*page.prose, *page.besides)):
        length = min(len(words), SHINGLE)
        shingles.setdefault(length, set()).update(_shingles(words, length))
    for words in map(_words, blocks):
        known = [False] * len(words)
        for length, of_page in shingles.items():
            if length > 1 or len(words) == 1:  # a label of one word stands alone
                _mark(words, known, length, of_page)
        yield words, known


def _shingles(words: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def _mark(words: list[str], known: list[bool], length: int, of_page: set[tuple[str, ...]]) -> None:
    for start, shingle in enumerate(_shingles(words, length)):
        if shingle in of_page:
            known[start : start + length] = [True] * length
