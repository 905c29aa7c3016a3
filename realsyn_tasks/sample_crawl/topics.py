"""Pages made from records: a picture with its own line of text, and a dictionary's words about it.

The layout of these pages is composed here; the pairings are not. Every picture stands with the
description that its package gives it, and the prose is the WordNet gloss and the GCIDE entry of the
noun in that description, in the sense that fits the picture's place in the collection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote
from xml.etree import ElementTree

from realsyn_tasks.sample_crawl.dictionaries import Gcide, Sense, WordNet
from realsyn_tasks.sample_crawl.packages import Unpacked
from realsyn_tasks.sample_crawl.site import Page, Picture
from realsyn_tasks.sample_crawl.split import Stamp
from realsyn_tasks.text.whitespace import word_set

STAMPS, LABORATORY = "https://stamps.example", "https://laboratory.example"

# A stamp's top folder and the WordNet lexicographer files its noun may come from, best first.
_FIELDS = {
    "animals": ("05",),
    "plants": ("20", "13"),
    "food": ("13", "20"),
    "space": ("17",),
    "naturalforces": ("19", "11"),
    "seasonal": ("06", "13", "20", "05"),
}
_THINGS = ("06",)
_PHRASE_ENDS = re.compile(
    r"[.,;:!?—–(\"“]|\b(?:is|was|are|were|used|in|on|at|with|for|from|by|to|like|that|which|last"
    r"|and|its?|making|playing|dancing|carry|carries)\b"
)
# Nouns whose sense by these rules is not the thing shown; checked by eye, all others fit.
_MISREAD = {"black cat"} | word_set(
    "blue butterflyfish caboose cake football glove head headstone hedgehog pepper post sign stand"
    " stone tanker tooth tux"
)
_MEASURED = (["pair"], ["couple"], ["quarter"], ["slice"], ["piece"], ["bunch"], ["pile"])
_COMMON = word_set(
    "a an the of or and in to with used for any is are it its as by that which from on having one"
    " some such very usually often several species various"
)


@dataclass(frozen=True)
class Noun:
    """A noun as a description spells it, in the singular, and what it means there."""

    word: str
    sense: Sense


@dataclass(frozen=True)
class Dictionaries:
    wordnet: WordNet
    gcide: Gcide

    @classmethod
    def of(cls, packages: dict[str, Unpacked]) -> Dictionaries:
        return cls(
            WordNet(packages["wordnet-base"].root / "usr/share/wordnet"),
            Gcide(packages["dict-gcide"].root / "usr/share/dictd"),
        )


def stamp_pages(package: Unpacked, stamps: list[Stamp], words: Dictionaries) -> list[Page]:
    """One page per noun with all its stamps; stamps without a known noun share a page a folder."""
    topics: dict[str, list[Stamp]] = {}
    nouns: dict[str, Noun | None] = {}
    for stamp in stamps:
        fields = _FIELDS.get(stamp.folder.split("/")[0], _THINGS)
        noun = noun_in(stamp.text, fields, words.wordnet)
        title = noun.word if noun else stamp.folder.replace("/", " ")
        topics.setdefault(title, []).append(stamp)
        nouns.setdefault(title, noun)
    return [
        _stamp_page(package, title, topics[title], prose(nouns[title], words))
        for title in sorted(topics)
    ]


def laboratory_pages(package: Unpacked, words: Dictionaries) -> list[Page]:
    """One page per piece of apparatus with its photograph and description."""
    folder = package.root / "usr/share/kalzium/data"
    pages = []
    for item in ElementTree.parse(folder / "tools.xml").getroot().iter("item"):
        name, picture, text = (item.findtext(tag) or "" for tag in ("name", "picture", "desc"))
        file = folder / "toolpics" / picture
        if name and picture and file.is_file():
            paragraphs = re.split(r"<br\s*/?>|\n", text)
            noun = _nearest(text, name.strip(), words.wordnet)
            url = f"{LABORATORY}/{_slug(name)}.html"
            pages.append(
                _compose(
                    url,
                    name.strip(),
                    [(Picture(f"{LABORATORY}/pictures/{quote(picture)}", file), name.strip())],
                    [*paragraphs, *prose(noun, words)],
                    package.package.name,
                )
            )
    return pages


def noun_in(text: str, fields: Sequence[str], wordnet: WordNet) -> Noun | None:
    """The noun that a short description names, in its commonest sense within the first such field.

    It is looked for in the first noun phrase, longest compound first, from the end of the phrase.
    """
    phrase = _PHRASE_ENDS.split(text.strip(), maxsplit=1)[0]
    head, _, rest = phrase.partition(" of ")
    tokens = re.findall(r"[A-Za-z][A-Za-z'’-]*", rest if head.split()[-1:] in _MEASURED else head)
    for size in (3, 2, 1):
        for start in range(len(tokens) - size, -1, -1):
            name = " ".join(tokens[start : start + size])
            sense = _sense_in(name, fields, wordnet)
            if sense and (start == 0 or name.islower() or not sense.lemma.islower()):
                return _noun(wordnet.singular(name), sense)
    return None


def _noun(word: str, sense: Sense) -> Noun | None:
    if word in _MISREAD:
        return None
    return Noun(sense.lemma if sense.lemma.lower() == word else word, sense)


def _sense_in(name: str, fields: Sequence[str], wordnet: WordNet) -> Sense | None:
    senses = [sense for sense in wordnet.senses(name) if sense.field in fields]
    return min(senses, key=lambda sense: fields.index(sense.field), default=None)


def prose(noun: Noun | None, words: Dictionaries) -> list[str]:
    """What the dictionaries say about a noun in one sense."""
    if noun is None:
        return []
    entry = _best(noun.sense.gloss, words.gcide.definitions(noun.word), least=2)
    return [noun.sense.gloss, *([entry] if entry else [])]


def _nearest(text: str, name: str, wordnet: WordNet) -> Noun | None:
    senses = wordnet.senses(name)
    gloss = _best(text, [sense.gloss for sense in senses], least=2)
    return next((Noun(wordnet.singular(name), s) for s in senses if s.gloss == gloss), None)


def _best(text: str, candidates: list[str], least: int) -> str:
    """The candidate that shares most content words with `text`, "" if fewer than `least`."""
    mine = _content(text)
    shared = [len(mine & _content(candidate)) for candidate in candidates]
    if not shared or max(shared) < least:
        return ""
    return candidates[shared.index(max(shared))]


def _content(text: str) -> set[str]:
    words = re.findall(r"[a-z]{3,}", text.lower())
    return {word.removesuffix("s") for word in words if word not in _COMMON}


def _stamp_page(package: Unpacked, title: str, stamps: list[Stamp], texts: list[str]) -> Page:
    top = package.root / "usr/share/tuxpaint/stamps"
    figures = []
    for stamp in stamps:
        path = stamp.path.relative_to(top).as_posix()
        figures.append((Picture(f"{STAMPS}/pictures/{quote(path)}", stamp.path), stamp.text))
    return _compose(f"{STAMPS}/{_slug(title)}.html", title, figures, texts, package.package.name)


def _compose(
    url: str, title: str, figures: list[tuple[Picture, str]], texts: list[str], source: str
) -> Page:
    shown = "\n".join(
        f'<figure><img src="{escape(picture.url)}" alt="{escape(text)}">'
        f"<figcaption>{escape(text)}</figcaption></figure>"
        for picture, text in figures
    )
    collapsed = [" ".join(text.split()) for text in texts]
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in collapsed if text)
    heading = escape(title[:1].upper() + title[1:])
    html = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{heading}</title>\n</head>\n<body>\n<article>\n<h1>{heading}</h1>\n"
        f"{shown}\n{paragraphs}\n</article>\n</body>\n</html>\n"
    )
    words = sum(len(text.split()) for text in [title, *(text for _, text in figures), *collapsed])
    return Page(url, html.encode(), tuple(picture for picture, _ in figures), words, source)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
