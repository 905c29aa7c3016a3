"""Articles on nouns, a dictionary's on a site of its own, apart from the pages with pictures.

What is said is the dictionaries', each in the sense that is pictured elsewhere; that it stands in
full sentences is composed here (see `wording`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from realsyn_tasks.sample_crawl import plan
from realsyn_tasks.sample_crawl.dictionaries import Gcide, Sense, WordNet
from realsyn_tasks.sample_crawl.layout import compose
from realsyn_tasks.sample_crawl.nouns import Noun
from realsyn_tasks.sample_crawl.packages import Package, Unpacked
from realsyn_tasks.sample_crawl.site import Page
from realsyn_tasks.sample_crawl.wording import be, define, listed, name_first, subject
from realsyn_tasks.text.sentences import split_sentences
from realsyn_tasks.text.whitespace import word_set

WORDNET, GCIDE = "https://wordnet.example", "https://gcide.example"

Article = tuple[str, list[str]]  # title and texts

# What definitions begin with and end in, besides saying what a noun is.
_LABEL = re.compile(r"^(?:sing\. & pl\.|pl\.|hence[:,]|formerly,|also,) ", re.IGNORECASE)
_NEXT_PART = re.compile(r"[;,:]?(?: as:)? \([a-z]\) ")
_EXAMPLES = re.compile(r"[;,] as, [^.;]*(?=[.;])")
_FRAGMENT = re.compile(
    r"^(?:[^A-Z]|(?:Also|Called|Named|Sometimes applied|Used|Usually used)\b)|\([^)]*$|\bsee Illust"
)
# Nouns that more words are shared with another sense of, with how the right definition begins;
# nothing where there is none.
_MEANT = {
    "ball": "A spherical body",
    "basketball": "The inflatable ball",
    "box": "A receptacle",
    "bug": "",
    "car": "",
    "dolphin": "A cetacean",
    "key": "An instrument by means",
    "resistance": "",
    "sedan": "",
    "top": "",
    "tube": "A hollow cylinder",
    "wreath": "A garland",
}
_THEIRS = re.compile(r"(?:he|I|it|she|they|this|we|you)\b", re.IGNORECASE)
_LEAST_SHARED = 2  # content words that make two texts alike
_COMMON = word_set(
    "a an the of or and in to with used for any is are it its as by that which from on having one"
    " some such very usually often several species various"
)


@dataclass(frozen=True)
class Dictionaries:
    """Both dictionaries, and the packages that they are from."""

    wordnet: WordNet
    gcide: Gcide

    @classmethod
    def of(cls, packages: dict[str, Unpacked]) -> Dictionaries:
        return cls(
            WordNet(packages["wordnet-base"].root / "usr/share/wordnet"),
            Gcide(packages["dict-gcide"].root / "usr/share/dictd"),
        )


def wordnet_pages(package: Package, nouns: Iterable[Noun], words: Dictionaries) -> list[Page]:
    """One article a noun: what it is, its other names, its kinds and parts, and examples."""
    articles = ((noun.word, _of_wordnet(noun, words.wordnet)) for noun in nouns)
    return _pages(package, WORDNET, articles)


def gcide_pages(package: Package, nouns: Iterable[Noun], words: Dictionaries) -> list[Page]:
    """One article a noun of which GCIDE says something in the sense that is meant."""
    return _pages(package, GCIDE, (_of_gcide(noun, words) for noun in nouns))


def definitions(noun: Noun, words: Dictionaries) -> list[str]:
    """What each dictionary says first of a noun in its sense, as sentences; WordNet's first.

    GCIDE's of the noun alone: it has other senses of other names.
    """
    name, of_gcide = _of_gcide(noun, words)
    texts = [define(noun.word, noun.sense.gloss), *(of_gcide[:1] if name == noun.word else ())]
    return [text for text in texts if text]


def most_alike(text: str, candidates: Sequence[str]) -> str:
    """The candidate that shares most content words with a text, "" if less than two."""
    mine = _content(text)
    shared = [len(mine & _content(candidate)) for candidate in candidates]
    most = max(shared, default=0)
    return candidates[shared.index(most)] if most >= _LEAST_SHARED else ""


def _pages(package: Package, site: str, articles: Iterable[Article]) -> list[Page]:
    """Pages in the order of their titles; what is said of a noun's senses stands on one."""
    merged: dict[str, list[str]] = {}
    for title, texts in articles:
        merged.setdefault(title, []).extend(texts)
    unrepeated = [(title, list(dict.fromkeys(texts))) for title, texts in sorted(merged.items())]
    return [compose(package, site, title, (), texts) for title, texts in unrepeated if texts]


def _of_wordnet(noun: Noun, wordnet: WordNet) -> list[str]:
    sense, word, it = noun.sense, noun.word, subject(noun.word)
    kinds = [parent.lemma for parent in wordnet.related(sense, "@")]
    sorts = _some([child.lemma for child in wordnet.related(sense, "~")])
    parts = _some([part.lemma for part in wordnet.related(sense, "%p", "%s")])
    others = [subject(name) for name in sense.names if name.islower() and name != word.lower()]
    examples = [f"{text}." for text in sense.examples if word in text and not _THEIRS.match(text)]
    sentences = [
        define(word, sense.gloss),
        kinds and f"{it} {be(word)} a kind of {listed(kinds)}.",
        others and f"{it} {be(word)} also called {listed(others[: plan.LISTED])}.",
        sorts and f"kinds of {word} include {listed(sorts)}.",
        parts and f"the parts of {it} include {listed(parts)}.",
        *examples,
    ]
    return [f"{text[0].upper()}{text[1:]}" for text in sentences if text]


def _some(nouns: Sequence[str]) -> list[str]:
    """The first few of several, with articles; none of a single one, which is hardly typical."""
    distinct = list(dict.fromkeys(nouns))[: plan.LISTED]
    return [subject(noun) for noun in distinct] if len(distinct) > 1 else []


def _of_gcide(noun: Noun, words: Dictionaries) -> Article:
    """The definition as a sentence, then its notes; under the first name that has a fitting one."""
    meant = _context(noun.sense, words.wordnet)
    for name in dict.fromkeys((noun.word, *noun.sense.names)):
        if best := _best(name, meant, [_plain(d) for d in words.gcide.definitions(name)]):
            first, *notes = split_sentences(best)
            if sentence := define(name, f"{first[0].lower()}{first[1:]}"):
                return name, [sentence, *_notes(name, notes)]
    return noun.word, []


def _best(noun: str, meant: str, definitions: Sequence[str]) -> str:
    if noun in _MEANT:
        begin = _MEANT[noun]
        return next((text for text in definitions if begin and text.startswith(begin)), "")
    return most_alike(meant, definitions)


def _plain(definition: str) -> str:
    """A definition without labels and examples of use; the first of several in one."""
    text = _NEXT_PART.split(definition.removeprefix("(a) "))[0].replace(" esp.", " especially")
    return _LABEL.sub("", _EXAMPLES.sub("", text))


def _notes(noun: str, sentences: Iterable[str]) -> list[str]:
    """The first sentences after a definition that are whole, about the noun by its name."""
    whole = [text for text in sentences if len(text.split()) > 3 and not _FRAGMENT.search(text)]
    return [name_first(noun, text) for text in whole[: plan.NOTES]]


def _context(sense: Sense, wordnet: WordNet) -> str:
    """What a dictionary might say of a noun in this sense: its gloss and names, and its kind's."""
    around = [sense, *wordnet.related(sense, "@")]
    return " ".join(" ".join((near.gloss, *near.names, *near.examples)) for near in around)


def _content(text: str) -> set[str]:
    words = re.findall(r"[a-z]{3,}", text.lower())
    return {word.removesuffix("s") for word in words if word not in _COMMON}
