"""Small packages in the layouts that the builder knows, for tests that need no apt."""

from __future__ import annotations

import gzip
from pathlib import Path

from realsyn_tasks.sample_crawl.articles import Dictionaries
from realsyn_tasks.sample_crawl.dictionaries import Gcide, WordNet
from realsyn_tasks.sample_crawl.packages import PACKAGES, Package, Unpacked

LICENCE_LINES = "  1 This software and database is being provided to you\n"

# Field, names, gloss, and pointers: a symbol and the name pointed to.
SENSES: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("05", "rodent", "relatively small placental mammals with constantly growing incisors", ()),
    ("05", "field_mouse", "any nocturnal Old World mouse", ()),
    ("05", "house_mouse", "brownish-grey Old World mouse", ()),
    (
        "05",
        "mouse",
        "any of numerous small rodents with pointed snouts and long tails",
        (("@", "rodent"), ("~", "field_mouse"), ("~", "house_mouse")),
    ),
    (
        "06",
        "mouse computer_mouse",
        'a hand-operated device that moves a pointer; "a mouse takes much room"; "he has a mouse"',
        (),
    ),
    ("05", "brown_bear", "large ferocious bear of Eurasia", ()),
    ("06", "glass", "a container for holding liquids while drinking", ()),
    ("06", "plier", "a gripping hand tool with two hinged arms", ()),
    ("17", "Mars", "a small reddish planet that is the 4th from the sun", ()),
    ("13", "water", "a liquid necessary for life", ()),
    ("13", "pear", "sweet juicy gritty-textured fruit available in many varieties", ()),
    ("06", "hammer", "the part of a gunlock that strikes the percussion cap", ()),
    ("06", "hammer", "a hand tool with a heavy rigid head and a handle", ()),
)

MOUSE = (
    "Any one of numerous species of small rodents belonging to the genus Mus; they have long tails."
    " The house mouse (Mus musculus) is found everywhere. The harvest mouse builds a nest in the"
    " grain."
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
    for field, names, gloss, pointers in SENSES:
        for name in names.split():
            index.setdefault(name.lower(), []).append(len(data))
        words = "".join(f"{name} 0 " for name in names.split())
        to = "".join(f"{symbol} {index[name][0]:08d} n 0000 " for symbol, name in pointers)
        count = f"{len(names.split()):02x} {words}{len(pointers):03d} {to}"
        data += f"{len(data):08d} {field} n {count}| {gloss}  \n"
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


def package(name: str) -> Package:
    return next(item for item in PACKAGES if item.name == name)


def unpacked(name: str, root: Path) -> Unpacked:
    return Unpacked(package(name), "1.0", root)


def _digits(number: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    digits = ""
    while number or not digits:
        digits = alphabet[number % 64] + digits
        number //= 64
    return digits
