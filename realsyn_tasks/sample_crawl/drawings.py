"""Titled drawings of things: chosen, named by a noun of the dictionaries, rendered.

A title says what is drawn, a folder of the collection of which kind it is. Titles that many
drawings have say little, and of one noun two drawings are enough.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from realsyn_tasks.sample_crawl import plan
from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.nouns import Noun, noun_in
from realsyn_tasks.sample_crawl.rendering import is_self_contained, render
from realsyn_tasks.text.whitespace import word_set

_TOP = "usr/share/openclipart/svg"
# The collection's folders with things in them, and the WordNet fields their nouns may come from.
_FIELDS = {
    "animals": ("05",),
    "buildings": ("06",),
    "computer/hardware": ("06",),
    "containers": ("06",),
    "education": ("06",),
    "electronics": ("06",),
    "food": ("13", "20", "06"),
    "geography/astronomy": ("17",),
    "office": ("06",),
    "people/clothing": ("06",),
    "plants": ("20", "13"),
    "recreation": ("06",),
    "science": ("06", "17"),
    "tools": ("06",),
    "transportation": ("06",),
}
_NO_THINGS = word_set(
    "aiga-symbols cards chess fantasy pantyhose religion roadsigns signs weapons valentines"
)
_PUBLIC_DOMAIN = 'license rdf:resource="http://web.resource.org/cc/PublicDomain"'
_UNCOLOURED = re.compile(r"\bbw\b|\bb ?(?:and|&)? ?w\b", re.IGNORECASE)
_FILLERS = word_set("a an and another b bw clothing colour color of one simple the two w")
_FOREIGN = word_set("al alla col con da de degli dei del della des di du el il la le les una uno")
_TITLE = re.compile(r"<dc:title\s*(?:/>|>([^<]*))")
# Titles whose noun is not the thing drawn, or that are drawn like another; seen by eye.
_MISREAD = {
    "ammo can",
    "arrow",
    "bucket",
    "cannabis leaf",
    "chalet di montagna architetto francesco rollandin",
    "chevrolet celebrity wagon",
    "cymru flag (wales)",
    "dead frogs",
    "dolphin",
    "football pitch",
    "green burner",
    "keyboard",
    "lindworm snake",
    "magnifing glass",
    "orange burner",
    "piano keys",
    "sand castle",
    "scale",
    "scuba tank",
    "seagull contour",
    "table tennis",
    "telephone sauvetage",
    "tree whit fruits",
    "turkey on platter",
    "vacuum cleaner",
    "wreath of evergreen, with red berries",
}


@dataclass(frozen=True)
class Drawing:
    """An SVG file, its title as a caption, and the noun that the title names."""

    path: Path
    text: str
    noun: Noun


def list_drawings(root: Path, wordnet: WordNet) -> list[Drawing]:
    """The drawings that are chosen of an unpacked openclipart-svg, sorted by noun and title.

    Of drawings with much the same title the plainest counts, of a noun the plainest few.
    """
    top = root / _TOP
    titled = list(_titled(top))
    alike = Counter(title_key(title) for _, title in titled)
    plainest: dict[str, Drawing] = {}
    of_noun: Counter[str] = Counter()
    for path, title in sorted(titled, key=_plainness):
        noun, key = _noun(path.parent.relative_to(top).as_posix(), title, wordnet), title_key(title)
        is_new = key not in plainest and alike[key] <= plan.DRAWINGS_PER_TITLE
        if noun and is_new and of_noun[noun.word] < plan.DRAWINGS_PER_NOUN:
            plainest[key] = Drawing(path, f"{title[0].upper()}{title[1:]}", noun)
            of_noun[noun.word] += 1
    return sorted(plainest.values(), key=lambda drawing: (drawing.noun.word, drawing.text))


def list_others(root: Path, wordnet: WordNet, crawled: Collection[str]) -> list[tuple[Path, str]]:
    """Drawings with a title in English that no drawing of the crawl has, sorted by title.

    `crawled` are the keys of the crawl's titles. Titles may name what is no noun of their folder's
    field, so there are more of these than `list_drawings` chooses; the plainest of a title counts.
    """
    titled = list(_titled(root / _TOP))
    alike = Counter(title_key(title) for _, title in titled)
    plainest: dict[str, tuple[Path, str]] = {}
    for path, title in sorted(titled, key=_plainness):
        key = title_key(title)
        is_rare = key not in crawled and alike[key] <= plan.ASKED_PER_TITLE
        if is_rare and _is_english(title, wordnet):
            plainest.setdefault(key, (path, f"{title[0].upper()}{title[1:]}"))
    return sorted(plainest.values(), key=lambda other: (other[1], other[0]))


def title_key(title: str) -> str:
    """What titles that say the same have in common: words without articles and endings."""
    words = re.findall(r"[a-z]+", title.lower())
    return " ".join(word.removesuffix("s") for word in words if word not in _FILLERS)


def rendered(drawings: Iterable[Drawing], cache: Path) -> list[tuple[Drawing, Path]]:
    """Drawings with their PNG files in `cache`, without those that cannot be drawn."""
    pairs = ((drawing, rendered_file(drawing.path, cache)) for drawing in drawings)
    return [(drawing, path) for drawing, path in pairs if path]


def rendered_file(source: Path, cache: Path) -> Path | None:
    """An SVG file as a PNG file in `cache`; None if it cannot be drawn."""
    svg = source.read_bytes()
    target = cache / f"{hashlib.sha256(svg).hexdigest()[:32]}.png"
    if not target.is_file():
        png = render(svg.decode("utf-8", "replace"))
        if png is None:
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".part")
        temporary.write_bytes(png)
        temporary.replace(target)
    return target


def _titled(top: Path) -> Iterator[tuple[Path, str]]:
    """Files that may be used, with their titles without numbers and what is not words."""
    for path in sorted(top.rglob("*.svg")):
        folder = path.parent.relative_to(top).as_posix()
        if _fields(folder) and path.stat().st_size <= plan.DRAWING_BYTES:
            svg = path.read_text(encoding="utf-8", errors="replace")
            title = _TITLE.search(svg)
            text = _clean(title[1] or "") if title else ""
            if text and _PUBLIC_DOMAIN in svg and is_self_contained(svg):
                yield path, text


def _is_english(title: str, wordnet: WordNet) -> bool:
    """Whether half of a title's words are nouns of WordNet, and none belongs to other languages."""
    words = re.findall(r"[a-z]+", title.lower())
    known = sum(bool(wordnet.singular(word)) for word in words if word not in _FILLERS)
    return 2 * known >= sum(word not in _FILLERS for word in words) > 0 and not _FOREIGN & {*words}


def _fields(folder: str) -> tuple[str, ...]:
    """WordNet fields of a folder's things, () if none are drawn there."""
    if _NO_THINGS & set(folder.split("/")):
        return ()
    return next((of for name, of in _FIELDS.items() if f"{folder}/".startswith(f"{name}/")), ())


def _clean(title: str) -> str:
    text = unescape(unescape(title)).replace("_", " ")
    text = re.sub(r"^Clipart by [\w ]+ - ", "", text)
    text = re.sub(r"(?<=[a-z])\d+\b|\s*#?\b\d+\b", "", text)
    text = " ".join(text.split()).strip(" -,.|")
    return text if re.fullmatch(r"[A-Za-z][ -;A-Za-z]*", text) else ""


def _plainness(titled: tuple[Path, str]) -> tuple[bool, int, str, Path]:
    """Colour before black and white, short titles before long ones."""
    path, title = titled
    return bool(_UNCOLOURED.search(title)), len(title.split()), title.lower(), path


def _noun(folder: str, title: str, wordnet: WordNet) -> Noun | None:
    if title.lower() in _MISREAD:
        return None
    in_the_sky = "astronomy" in folder
    noun = noun_in(title if in_the_sky else title.lower(), _fields(folder), wordnet)
    return noun if noun and (in_the_sky or not noun.word.istitle()) else None
