"""WordNet's synsets and GCIDE's entries of nouns, read from their own file formats."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Sense:
    """One meaning of a noun: its names, its lexicographer file (lexnames(5WN)), what is said of it.

    `pointers` are pairs of a symbol (wninput(5WN)) and the offset of another noun's meaning.
    """

    names: tuple[str, ...]
    field: str
    gloss: str
    examples: tuple[str, ...] = ()
    pointers: tuple[tuple[str, int], ...] = ()

    @property
    def lemma(self) -> str:
        return self.names[0]


class WordNet:
    """Nouns of a WordNet 3 folder with data.noun, index.noun and noun.exc (wndb(5WN))."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _offsets(self) -> dict[str, list[int]]:
        offsets = {}
        for line in (self.folder / "index.noun").read_text().splitlines():
            if not line.startswith(" "):
                words = line.split()
                offsets[words[0]] = [int(word) for word in words[-int(words[2]) :]]
        return offsets

    @cached_property
    def _irregular(self) -> dict[str, str]:
        lines = (self.folder / "noun.exc").read_text().splitlines()
        return {words[0]: words[1] for words in map(str.split, lines) if len(words) > 1}

    @cached_property
    def _data(self) -> bytes:
        return (self.folder / "data.noun").read_bytes()

    def senses(self, noun: str) -> list[Sense]:
        """Meanings of a noun, most frequent first; plurals count as their singulars."""
        form = self.singular(noun)
        return [self._sense(offset) for offset in self._offsets.get(form.replace(" ", "_"), [])]

    def singular(self, noun: str) -> str:
        """The form under which WordNet lists a noun, "" if it does not know it."""
        forms = self._singulars(noun.lower().replace(" ", "_"))
        return next((form.replace("_", " ") for form in forms if form in self._offsets), "")

    def _singulars(self, word: str) -> Iterable[str]:
        yield word
        if word in self._irregular:
            yield self._irregular[word]
        for ending, singular in (("ies", "y"), ("es", ""), ("es", "e"), ("s", "")):
            if word.endswith(ending) and len(word) > len(ending) + 2:
                yield word.removesuffix(ending) + singular

    def related(self, sense: Sense, *symbols: str) -> list[Sense]:
        """Meanings that a meaning points to with one of the symbols, such as @ for what it is."""
        return [self._sense(offset) for symbol, offset in sense.pointers if symbol in symbols]

    def _sense(self, offset: int) -> Sense:
        line = self._data[offset : self._data.index(b"\n", offset)].decode()
        facts, _, gloss = line.partition(" | ")
        definition, *examples = re.split(r';\s*"', gloss.strip())
        _, field, _, count, *words = facts.split()
        names, (_, *pointers) = words[: 2 * int(count, 16) : 2], words[2 * int(count, 16) :]
        return Sense(
            tuple(name.replace("_", " ") for name in names),
            field,
            definition.strip(),
            tuple(example.partition('"')[0] for example in examples),
            tuple(_nouns(pointers)),
        )


def _nouns(pointers: list[str]) -> Iterable[tuple[str, int]]:
    """Pairs of symbol and offset of the pointers that lead to nouns."""
    for symbol, offset, part_of_speech in zip(*(pointers[n::4] for n in range(3)), strict=True):
        if part_of_speech == "n":
            yield symbol, int(offset)


class Gcide:
    """Entries of the GNU Collaborative International Dictionary of English (dictd's format)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _text(self) -> bytes:
        with gzip.open(self.folder / "gcide.dict.dz") as stream:  # dictzip is gzip with an index
            return stream.read()

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, int]]]:
        places: dict[str, list[tuple[int, int]]] = {}
        index = self.folder / "gcide.index"
        for line in index.read_text(encoding="utf-8", errors="replace").splitlines():
            word, start, size = line.split("\t")[:3]
            places.setdefault(word.lower(), []).append((_base64(start), _base64(size)))
        return places

    def definitions(self, noun: str) -> list[str]:
        """Every definition of a noun as clean prose, in the dictionary's order."""
        prose: list[str] = []
        for start, size in self._places.get(noun.lower(), []):
            entry = self._text[start : start + size].decode("utf-8", "replace")
            head = _HEAD.match(entry)
            if head and head[1].lower() == noun.lower():
                prose += _definitions(entry[head.end() :])
        return prose


def _base64(digits: str) -> int:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    value = 0
    for digit in digits:
        value = value * 64 + alphabet.index(digit)
    return value


# "Cat \\cat\\ (k[a^]t), n.": the headword, its pronunciation, and that it is a noun.
_HEAD = re.compile(r"([^\\\n]+?) \\[^\\]*\\\s*(?:\([^)]*\))?,?\s*n\.")
_LETTER = re.compile(r"(?<=[A-Za-z0-9])\[(.{1,3})\]|\[(.{1,3})\](?=[a-z])")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_NUMBER = re.compile(r"^\s*(?:\d+\.|\([a-z]\))\s*")
_LABEL = re.compile(r"^\s*\((?:[A-Z][\w&]*\.?\s?){1,3}\)\.?\s*", re.I)
_PLURAL = re.compile(r"^[;,. ]*(?:(?:old )?pl\. [^.]*\.\s*)+", re.I)
_CITATION = re.compile(r"\s*--\s?[A-Z][^-]{2,40}$")
_REFERENCE = re.compile(
    r"(?:See(?: under| also)?|Cf\.|Compare|Called also|Same as) [^.]*\.(?=\s|$)"
)


def _definitions(body: str) -> list[str]:
    """The definitions in an entry's body, each with its notes, without quotations and compounds."""
    body = _LETTER.sub(_plain_letter, body)
    while _BRACKETS.search(body):
        body = _BRACKETS.sub("", body)
    definitions: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        text = paragraph.strip()
        indent = len(paragraph.strip("\n")) - len(paragraph.strip("\n").lstrip())
        if indent > 6 or text.startswith(("{", "Syn:")) or not text:
            continue
        if text.startswith("Note:"):
            note = _clean(text.removeprefix("Note:"))
            definitions[-1:] = [" ".join([*definitions[-1:], note])]
        elif definition := _clean(text):
            definitions.append(definition)
    return definitions


def _plain_letter(match: re.Match[str]) -> str:
    letters = "".join(re.findall("[A-Za-z]", match[1] or match[2]))
    return {"ae": "æ", "oe": "œ", "deg": "°"}.get(letters, letters)


def _clean(text: str) -> str:
    """One definition without numbers, field labels, citations and references; "" if unreadable."""
    text = _PLURAL.sub("", " ".join(text.split()).strip(" .;,"))
    text = _LABEL.sub("", _NUMBER.sub("", _LABEL.sub("", text)))
    text = re.sub(r"\(\s*\)|[{}]", "", _CITATION.sub("", text))
    text = " ".join(_REFERENCE.sub("", f"{text.rstrip(' .')}.").replace("-- ", "").split())
    readable = len(text) > 20 and not re.search(r"[?\\\[\]]|https?:", text)
    return text[0].upper() + text[1:] if readable else ""
