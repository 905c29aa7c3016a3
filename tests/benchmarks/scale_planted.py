"""What the corpora of the suite `scale` hold, by number: pictures, texts, and their vectors.

Everything follows from an item's number and a seed, whatever the size of the corpus: a small corpus
is the beginning of a large one. A number stands in the pixels of a picture and in the words of a
text, so that a look-up finds the vector which is planted for it (scale_models.py).

Vectors are as CLIP's (clip_like.py): topics by a power law, subtopics, a decaying spectrum, a gap
between pictures and texts. A share of the items are copies: of an earlier item, which may itself be
one, so that families of copies have sizes by a power law, too. Some copies are the same bytes, some
texts differ in punctuation alone, and the others are near (cosine about .97). One text of 1,000
is a hub: near to all pictures of its topic.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core import include

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Words64 = NDArray[np.uint64]

TOPICS, SUBTOPICS = 3000, 12
PICTURES_PER_PAGE, TEXTS_PER_PICTURE = 10, 4
OWN_TOPIC = 0.7  # share of the items that are of their page's topic
OF_PAGE = 0.4  # share of the items that are near to such items of their page
EXACT, RESPELLED = 0.3, 0.1  # shares of the copies
NAMED = 8  # of so many texts one has a rare name
HUB_EVERY = 1000
CELLS, SIDE = 13, 8  # a picture's grid, px
SLOTS = (64, 128, 128, 128)  # words that a number is spelt with: an adjective, three nouns
_ADJECTIVES = """
    amber brittle broad carved clever coarse copper crimson crooked curious dainty dented dusty
    elegant faded famous fancy fragile gentle gilded glossy golden graceful humble hollow honest
    jagged joyful lonely lovely marble mellow misty modest narrow noble oaken ornate painted pale
    patient plain polished proud quaint quiet ragged rare royal rugged rustic scarlet shallow
    shiny silent silken simple slender smooth solemn spotted stately striped sturdy sunny tangled
    timid velvet wooden woven
"""
_WORD = re.compile(r"[a-z]+")
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True)
class Planted:
    """The contents of corpora of one seed; `copies` is the share of items that are copies."""

    copies: float = 0.2
    dim: int = 256
    seed: int = 0

    @cached_property
    def pictures(self) -> Items:
        """What is planted for pictures."""
        return Items(self, salt=1, per_page=PICTURES_PER_PAGE)

    @cached_property
    def texts(self) -> Items:
        """What is planted for sentences."""
        return Items(self, salt=2, per_page=PICTURES_PER_PAGE * TEXTS_PER_PICTURE)

    @cached_property
    def directions(self) -> Directions:
        """The vectors that all others are made of."""
        return Directions.of(self.dim, self.seed)

    def picture_vectors(self, numbers: Numbers) -> Floats:
        """Give the (n, dim) unit rows of pictures."""
        at, roots = self.directions, self.pictures.roots(numbers)
        rows = 0.53**0.5 * at.towards_picture + 0.47**0.5 * self._content(self.pictures, roots)
        return self._moved(rows, numbers, roots, self.pictures)

    def caption_vectors(self, numbers: Numbers) -> Floats:
        """Give the (n, dim) unit rows of the captions of pictures, by the pictures' numbers."""
        content = self._content(self.pictures, self.pictures.roots(numbers))
        return unit(0.4**0.5 * self.directions.towards_text + 0.6**0.5 * content)

    def text_vectors(self, numbers: Numbers) -> Floats:
        """Give the (n, dim) unit rows of sentences."""
        at, roots = self.directions, self.texts.roots(numbers)
        rows = 0.4**0.5 * at.towards_text + 0.6**0.5 * self._content(self.texts, roots)
        hubs = self.texts.chance(roots, 9) < 1 / HUB_EVERY
        if hubs.any():
            topics = at.topics[self.texts.topics(roots[hubs])]
            rows[hubs] = 0.2 * at.towards_picture + 0.35 * topics + 0.8 * rows[hubs]
        return self._moved(rows, numbers, roots, self.texts)

    def _content(self, items: Items, roots: Numbers) -> Floats:
        at, topics = self.directions, items.topics(roots)
        subtopics = topics * SUBTOPICS + (items.chance(roots, 6) * SUBTOPICS).astype(np.int64)
        pages = -1 - roots // items.per_page  # are no subtopics
        subtopics = np.where(items.chance(roots, 12) < OF_PAGE, pages, subtopics)
        noise = unit(self._noise(items.bits(roots, 7)) * at.spectrum)
        nearer = unit(self._noise(self.texts.bits(subtopics, 11)) * at.spectrum)
        return unit(0.6 * at.topics[topics] + 0.5 * nearer + 0.62 * noise)

    def _moved(self, rows: Floats, numbers: Numbers, roots: Numbers, items: Items) -> Floats:
        """Move the copies a little away from what they are copies of."""
        near = numbers != roots
        if near.any():
            noise = unit(self._noise(items.bits(numbers[near], 8)))
            rows[near] = unit(rows[near]) + 0.25 * noise
        return unit(rows)

    def _noise(self, bits: Words64) -> Floats:
        """Give rows of even noise, four components out of each 64 bits."""
        blocks = np.arange(-(-self.dim // 4), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        more = _mixed(bits[:, None] + blocks)
        rows = more.view(np.uint16).reshape(len(bits), -1)[:, : self.dim].astype(np.float32)
        return rows - 32767.5


@dataclass(frozen=True)
class Items:
    """Items of a kind by number: which are copies of which, and what they are about."""

    planted: Planted
    salt: int
    per_page: int

    def bits(self, numbers: Numbers, salt: int) -> Words64:
        """Give 64 even bits for each number."""
        key = (self.planted.seed * 31 + self.salt) * 1009 + salt
        return _mixed(numbers.astype(np.uint64) ^ _mixed(np.full(1, key, dtype=np.uint64)))

    def chance(self, numbers: Numbers, salt: int) -> NDArray[np.float64]:
        """Give an even number of [0, 1) for each number."""
        return _evenly(self.bits(numbers, salt))

    def roots(self, numbers: Numbers) -> Numbers:
        """Give what each item is a copy of in the end; itself where it is none."""
        roots = numbers.astype(np.int64)
        while True:
            copied = (self.chance(roots, 1) < self.planted.copies) & (roots > 0)
            if not copied.any():
                return roots
            roots = np.where(copied, (self.chance(roots, 2) * roots).astype(np.int64), roots)

    def shown(self, numbers: Numbers) -> Numbers:
        """Give the number whose content each item has: of exact copies that of their root."""
        kind, roots = self.chance(numbers, 3), self.roots(numbers)
        return np.where(kind < EXACT + RESPELLED, roots, numbers)

    def respelled(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Say which items are copies in other punctuation."""
        kind = self.chance(numbers, 3)
        other: NDArray[np.bool_] = self.roots(numbers) != numbers
        return other & (kind >= EXACT) & (kind < EXACT + RESPELLED)

    def topics(self, roots: Numbers) -> Numbers:
        """Give the topic of each item: mostly its page's."""
        own = self.chance(roots, 4) >= OWN_TOPIC
        pages = _mixed((roots // self.per_page).astype(np.uint64) + np.uint64(self.planted.seed))
        chance = np.where(own, self.chance(roots, 5), _evenly(pages))
        topics: Numbers = np.searchsorted(self.planted.directions.shares, chance).astype(np.int64)
        return np.minimum(topics, TOPICS - 1)


@dataclass(frozen=True)
class Directions:
    """Topics by their shares, and where pictures and texts lie."""

    topics: Floats
    shares: NDArray[np.float64]  # cumulated
    spectrum: Floats
    towards_text: Floats
    towards_picture: Floats

    @staticmethod
    def of(dim: int, seed: int) -> Directions:
        """Draw them."""
        rng = np.random.default_rng(seed)
        spectrum = np.arange(1, dim + 1, dtype=np.float32) ** -0.4
        weights = 1 / np.arange(1, TOPICS + 1) ** 0.8
        towards_text = unit(rng.standard_normal((1, dim), dtype=np.float32))
        other = unit(rng.standard_normal((1, dim), dtype=np.float32))
        return Directions(
            topics=unit(rng.standard_normal((TOPICS, dim), dtype=np.float32) * spectrum),
            shares=np.cumsum(weights / weights.sum()),
            spectrum=spectrum,
            towards_text=towards_text,
            towards_picture=unit(0.13 * towards_text + 0.99 * other),
        )


def slots() -> tuple[tuple[str, ...], ...]:
    """Choose words; none has an opposite, which would make a near copy another statement."""
    pairs = include.filters()["link_neighbours"]["opposites"]
    turned = {word for pair in pairs for word in re.split(r"[/ ]", pair)}
    lines = (include.include_folder() / "vocabulary" / "visual_nouns.txt").read_text().splitlines()
    nouns = [line for line in lines if _WORD.fullmatch(line) and len(line) > 2]
    nouns = list(dict.fromkeys(noun for noun in nouns if noun not in turned))
    adjectives = [word for word in _ADJECTIVES.split() if word not in turned and word not in nouns]
    chosen, start = [tuple(adjectives[: SLOTS[0]])], 0
    for size in SLOTS[1:]:
        chosen.append(tuple(nouns[start : start + size]))
        start += size
    short = [size for size, words in zip(SLOTS, chosen, strict=True) if len(words) < size]
    if short:
        raise ValueError(f"too few words in include/vocabulary for slots of {short}")
    return tuple(chosen)


@dataclass(frozen=True)
class Spelling:
    """Spells numbers with words, and finds them again in whatever order."""

    slots: tuple[tuple[str, ...], ...] = field(default_factory=slots)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        places: dict[str, tuple[int, int]] = {}
        factor = 1
        for slot, words in enumerate(self.slots):
            places |= {word: (slot, number * factor) for number, word in enumerate(words)}
            factor *= len(words)
        return places

    def words(self, number: int) -> tuple[str, ...]:
        """Give the words of a number."""
        spelt = []
        for words in self.slots:
            number, place = divmod(number, len(words))
            spelt.append(words[place])
        return tuple(spelt)

    def number(self, text: str) -> int:
        """Give the number that a text's words spell, the first of each kind; 0 for none."""
        values: dict[int, int] = {}
        for word in _WORD.findall(text.lower()):
            if word in self._places:
                slot, value = self._places[word]
                values.setdefault(slot, value)
        return sum(values.values())

    def sentence(self, number: int, root: int, respelled: bool = False) -> str:
        """Give the sentence of a number."""
        adjective, first, second, third = self.words(2 * number)
        name = f" of {_name(root)}" if root % NAMED == 0 else ""
        comma = "," if respelled else ""
        return (
            f"The {adjective} {first}{name} stands beside the {second}{comma}"
            f" and carries a {third} in the evening."
        )

    def caption(self, number: int) -> str:
        """Give the caption of a picture."""
        adjective, first, second, third = self.words(2 * number + 1)
        return f"A {adjective} {first} near some {second} with a {third}"


def picture(shown: int, root: int, bits: Words64) -> bytes:
    """Give a picture as PNG: cells by its root, its number in the first row; `bits` are the root's.

    A near copy is a little lighter and has another frame.
    """
    levels = _mixed(bits + np.arange(-(-CELLS * CELLS // 8), dtype=np.uint64)).view(np.uint8)
    cells = levels[: CELLS * CELLS].reshape(CELLS, CELLS) // 2 + 64
    if shown != root:
        cells = cells + np.uint8(1 + shown % 7)
    side = CELLS * SIDE
    rows = np.zeros((side, side + 1), dtype=np.uint8)  # a row begins with its filter: none
    rows[:, 1:] = np.repeat(np.repeat(cells, SIDE, axis=0), SIDE, axis=1)
    rows[0, 1:5] = np.frombuffer(struct.pack(">I", shown), dtype=np.uint8)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = zlib.compress(rows.tobytes(), 1)
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def number_in(pixels: NDArray[np.uint8]) -> int:
    """Give the number in a picture's pixels, (height, width) or (height, width, 3)."""
    row = pixels[0, :4] if pixels.ndim == 2 else pixels[0, :4, 0]
    return int.from_bytes(row.tobytes(), "big")


def unit(rows: NDArray[np.floating]) -> Floats:
    """Give rows of length one."""
    rows32 = np.asarray(rows, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows32, rows32))[:, None]
    scaled: Floats = rows32 / lengths
    return scaled


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _mixed(bits: Words64) -> Words64:
    """Mix 64 bits (splitmix64)."""
    with np.errstate(over="ignore"):
        bits = bits + np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _evenly(bits: Words64) -> NDArray[np.float64]:
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _name(number: int) -> str:
    """Give a name that few numbers share: the crawl's words grow with it."""
    syllables = []
    for _ in range(4):
        number, place = divmod(number, len(_CONSONANTS) * len(_VOWELS))
        syllables.append(_CONSONANTS[place // len(_VOWELS)] + _VOWELS[place % len(_VOWELS)])
    return "".join(syllables).capitalize()
