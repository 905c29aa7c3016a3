"""Small packages in the layouts that the builder knows, for tests that need no apt."""

from __future__ import annotations

import gzip
from pathlib import Path

from realsyn_tasks.sample_crawl.dictionaries import Gcide, WordNet
from realsyn_tasks.sample_crawl.packages import PACKAGES, Unpacked
from realsyn_tasks.sample_crawl.topics import Dictionaries

LICENCE_LINES = "  1 This software and database is being provided to you\n"

SENSES = (
    ("00001", "05", "mouse", "any of numerous small rodents with pointed snouts and long tails"),
    ("00002", "06", "mouse", 'a hand-operated device that moves a pointer; "a mouse takes room"'),
    ("00003", "05", "brown_bear", "large ferocious bear of Eurasia"),
    ("00004", "06", "glass", "a container for holding liquids while drinking"),
    ("00005", "06", "plier", "a gripping hand tool with two hinged arms"),
    ("00006", "17", "Mars", "a small reddish planet that is the 4th from the sun"),
    ("00007", "13", "water", "a liquid necessary for life"),
)

ENTRIES = {
    "mouse": (
        "Mouse \\Mouse\\ (mous), n.; pl. {Mice} (m[imac]s). [OE. mous, mus, AS. m[=u]s,\n"
        "   pl. m[=y]s.]\n"
        "   1. (Zool.) Any one of numerous species of small rodents\n"
        "      belonging to the genus {Mus}; they have long tails. The\n"
        "      house mouse ({Mus musculus}) is found everywhere. See {Rat}.\n"
        "      [1913 Webster]\n\n"
        "   Note: The harvest mouse builds a nest in the grain.\n\n"
        "            The mouse ne'er shunned the cat.      --Shak.\n"
        "      [1913 Webster]\n\n"
        "   2. (Naut.) A knob made on a rope with spun yarn to prevent\n"
        "      a running eye from slipping. [Obs.] --Totten.\n"
        "      [1913 Webster]\n\n"
        "   {Mouse bird} (Zool.), an African bird.\n"
    ),
    "mouse ": "Mouse \\Mouse\\, v. i. [imp. {Moused}.]\n   To watch for and catch mice.\n",
}


def write_wordnet(folder: Path) -> WordNet:
    folder.mkdir(parents=True)
    data = LICENCE_LINES
    index: dict[str, list[int]] = {}
    for _, field, lemma, gloss in SENSES:
        index.setdefault(lemma.lower(), []).append(len(data))
        data += f"{len(data):08d} {field} n 01 {lemma} 0 000 | {gloss}  \n"
    (folder / "data.noun").write_text(data)
    lines = [
        f"{lemma} n {len(at)} 1 @ {len(at)} 0 " + " ".join(f"{offset:08d}" for offset in at)
        for lemma, at in sorted(index.items())
    ]
    (folder / "index.noun").write_text(LICENCE_LINES + "\n".join(lines) + "\n")
    (folder / "noun.exc").write_text("mice mouse\n")
    return WordNet(folder)


def write_gcide(folder: Path) -> Gcide:
    folder.mkdir(parents=True)
    text, index = b"", []
    for word, entry in ENTRIES.items():
        index.append(f"{word.strip()}\t{_digits(len(text))}\t{_digits(len(entry.encode()))}")
        text += entry.encode()
    (folder / "gcide.dict.dz").write_bytes(gzip.compress(text))
    (folder / "gcide.index").write_text("\n".join(index) + "\n")
    return Gcide(folder)


def write_dictionaries(root: Path) -> Dictionaries:
    return Dictionaries(write_wordnet(root / "wordnet"), write_gcide(root / "gcide"))


def unpacked(name: str, root: Path) -> Unpacked:
    return Unpacked(next(p for p in PACKAGES if p.name == name), "1.0", root)


def _digits(number: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    digits = ""
    while number or not digits:
        digits = alphabet[number % 64] + digits
        number //= 64
    return digits
