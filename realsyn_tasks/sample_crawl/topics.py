"""Pages with pictures of things: what is shown with its own line of text, and little else.

The layout of these pages is composed here; the pairings are not. Every picture stands with the
description that its package gives it. Beside stamps there is one line of WordNet's on their noun,
beside laboratory tools what their package says of them. More is said in other documents' articles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from realsyn_tasks.sample_crawl.articles import most_alike
from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.drawings import Drawing
from realsyn_tasks.sample_crawl.harder import apart
from realsyn_tasks.sample_crawl.layout import Figure, compose
from realsyn_tasks.sample_crawl.nouns import Noun, noun_in
from realsyn_tasks.sample_crawl.packages import Package, Unpacked
from realsyn_tasks.sample_crawl.site import Page, Picture
from realsyn_tasks.sample_crawl.split import Stamp
from realsyn_tasks.sample_crawl.wording import define
from realsyn_tasks.text.whitespace import word_set

STAMPS, DRAWINGS = "https://stamps.example", "https://drawings.example"
LABORATORY = "https://laboratory.example"

# A stamp's top folder and the WordNet lexicographer files its noun may come from, best first.
_FIELDS = {
    "animals": ("05",),
    "plants": ("20", "13"),
    "food": ("13", "20"),
    "space": ("17",),
    "naturalforces": ("19", "11"),
    "seasonal": ("06", "13", "20", "05"),
    "town": ("06", "15", "17"),
}
_THINGS = ("06",)
_APPARATUS = word_set("beaker bottle coil flask funnel goggles pipette pump rack thermometer tube")

Named = tuple[Page, Noun | None]


def stamp_pages(
    package: Unpacked, stamps: list[Stamp], wordnet: WordNet, hidden: Collection[str] = ()
) -> list[Named]:
    """One page a noun with all its stamps; stamps without a known noun share a page a folder.

    Captions of pictures whose addresses are `hidden` stand on pages of their own, here and below.
    """
    topics: dict[str, list[Stamp]] = {}
    nouns: dict[str, Noun | None] = {}
    for stamp in stamps:
        noun = stamp_noun(stamp, wordnet)
        title = noun.word if noun else stamp.folder.replace("/", " ")
        topics.setdefault(title, []).append(stamp)
        nouns.setdefault(title, noun)
    return [
        named
        for title in sorted(topics)
        for named in _stamp_pages(package, title, topics[title], nouns[title], hidden)
    ]


def stamp_noun(stamp: Stamp, wordnet: WordNet) -> Noun | None:
    """The noun that a stamp's description names, in a sense of its folder's field."""
    return noun_in(stamp.text, _FIELDS.get(stamp.folder.split("/")[0], _THINGS), wordnet)


def drawing_pages(
    package: Package, drawings: Sequence[tuple[Drawing, Path]], hidden: Collection[str] = ()
) -> list[Named]:
    """One page a noun with its drawings and their titles."""
    topics: dict[str, list[tuple[Drawing, Path]]] = {}
    for drawing, path in drawings:
        topics.setdefault(drawing.noun.word, []).append((drawing, path))
    return [
        named
        for title in sorted(topics)
        for named in _drawing_pages(package, title, topics[title], hidden)
    ]


def topic_of(page: Page, noun: Noun | None) -> str:
    """What a page is about, roughly: WordNet's field of its noun, else the site that it is of."""
    return noun.sense.field if noun else page.url.split("/")[2]


def laboratory_pages(
    package: Unpacked, wordnet: WordNet, hidden: Collection[str] = ()
) -> list[Named]:
    """One page a piece of apparatus with its photograph and description."""
    folder = package.root / "usr/share/kalzium/data"
    pages: list[Named] = []
    for item in ElementTree.parse(folder / "tools.xml").getroot().iter("item"):
        name, picture, text = (item.findtext(tag) or "" for tag in ("name", "picture", "desc"))
        file, title = folder / "toolpics" / picture, name.strip()
        if title and picture and file.is_file():
            figure = (Picture(f"{LABORATORY}/pictures/{quote(picture)}", file), title)
            paragraphs = re.split(r"<br\s*/?>|\n", text)
            noun = _apparatus(text, title, wordnet)
            topic = (package.package, LABORATORY, title)
            pages += _composed(*topic, [figure], paragraphs, noun, hidden)
    return pages


def _apparatus(text: str, name: str, wordnet: WordNet) -> Noun | None:
    """The noun that a tool's name is or ends with, in the sense of which its description speaks."""
    last = name.rpartition(" ")[2].lower()
    noun = wordnet.singular(name) or (wordnet.singular(last) if last in _APPARATUS else "")
    senses = [sense for sense in wordnet.senses(noun) if sense.field in _THINGS]
    gloss = most_alike(text, [sense.gloss for sense in senses])
    likely = [sense for sense in senses if sense.gloss == gloss] or senses
    return Noun(noun, likely[0]) if likely else None


def _stamp_pages(
    package: Unpacked,
    title: str,
    stamps: list[Stamp],
    noun: Noun | None,
    hidden: Collection[str],
) -> list[Named]:
    top = package.root / "usr/share/tuxpaint/stamps"
    figures = []
    for stamp in stamps:
        path = stamp.path.relative_to(top).as_posix()
        figures.append((Picture(f"{STAMPS}/pictures/{quote(path)}", stamp.path), stamp.text))
    line = define(noun.word, noun.sense.gloss) if noun else ""
    return _composed(package.package, STAMPS, title, figures, [line], noun, hidden)


def _drawing_pages(
    package: Package, title: str, drawings: list[tuple[Drawing, Path]], hidden: Collection[str]
) -> list[Named]:
    figures: list[Figure] = [
        (Picture(f"{DRAWINGS}/pictures/{drawing.path.stem}.png", path), drawing.text)
        for drawing, path in drawings
    ]
    return _composed(package, DRAWINGS, title, figures, [], drawings[0][0].noun, hidden)


def _composed(
    package: Package,
    site: str,
    title: str,
    figures: Sequence[Figure],
    texts: Sequence[str],
    noun: Noun | None,
    hidden: Collection[str],
) -> list[Named]:
    """The page of a topic, and one of the captions that were taken from it, if any were."""
    shown, taken = apart(figures, hidden)
    pages: list[Named] = [(compose(package, site, title, shown, texts), noun)]
    if taken:
        pages.append((compose(package, site, f"Notes on {title}", [], taken), None))
    return pages
