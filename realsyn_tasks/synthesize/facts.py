"""What is known for sure of a pair, and what a text about it keeps, adds and gets wrong.

The facts come from records (a caption, and what dictionaries say of the thing), so that they can be
held against a text by words alone: what it is called, of which kind it is, numbers, attributes.
Roles that are swapped ("strings that are drawn across a bow") pass; the reranker's support tells
some of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.synthesize import reasons
from realsyn_tasks.synthesize import words as w
from realsyn_tasks.synthesize.guards import Limits, Material, claimed_kinds, objections

ENOUGH = 0.2  # of a text's words of meaning: with fewer, what it says is left out
OF_CAPTION = 0.65  # of the caption's
_GENERIC = w.stems(
    ["device thing object item article piece something equipment tool instrument one"]
)
_SORT_OF = re.compile(r"^(?:an? )?(?:kind|type|sort|form|species|variety)s? of (?:an? )?", re.I)
_OPPOSITES = (  # sides of which a thing is on one; a record that names both says nothing
    ("large big huge giant enormous massive", "small little tiny"),
    ("long", "short"),
    ("tall high", "low"),
    ("old ancient", "new young modern"),
    ("open", "closed shut"),
    ("hard", "soft"),
    ("heavy", "light lightweight"),
    ("thick", "thin slender"),
    ("wide broad", "narrow"),
    ("wild", "domestic domesticated tame"),
    ("male", "female"),
    ("poisonous venomous", "harmless edible"),
    ("freshwater", "marine saltwater"),
    ("sweet", "sour bitter"),
    ("front", "back rear"),
    ("left", "right"),
    ("indoors", "outdoors"),
)
_SIDES = [tuple(w.stems([side]) for side in pair) for pair in _OPPOSITES]
_COLOURS = w.stems(["black white grey gray red green blue yellow orange purple pink brown"])
_APPOSED = re.compile(r"^[^,;:.()]{2,60}, ((?:an?|the|any|one) [^,;:.()]+)", re.IGNORECASE)
_BEFORE_HEAD = re.compile(  # a kind's name ends before these: "a bird | of prey", "a mammal | with"
    r"\b(?:of|with|that|which|who|whose|having|used|for|in|on|from|to|native|resembling|living|made"
    r"|containing|consisting|similar|and|or|by|at|where|designed|typically|usually)\b",
    re.IGNORECASE,
)


class Facts(Frozen):
    """A pair of which the truth is known: its record, and what follows from it."""

    pair_id: str
    caption: str
    texts: tuple[str, ...] = Field(min_length=1)  # what dictionaries say of the thing, best first
    names: tuple[str, ...] = Field(min_length=1)  # of the thing: the record's word, then synonyms
    kinds: tuple[str, ...]  # names of all that it is a kind of
    picture: str = ""  # a file

    @property
    def said(self) -> str:
        """Give all that the record says."""
        return " ".join((self.caption, *self.texts))


@dataclass(frozen=True)
class Judgement:
    """What a text gets wrong, adds, and leaves out, each by words of it or of the record."""

    wrong: tuple[str, ...]  # "kind: plant", "number: 4", "attribute: large", "negation: .."
    added: tuple[str, ...]  # words of meaning that the record has not
    dropped: tuple[str, ...]  # "thing: frog", "number: 2", "attributes: brown", "text"


def read_facts(path: Path) -> list[Facts]:
    """Read a file with one pair a line; ConfigError where it is none, or not there."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Facts.model_validate_json(line) for line in lines]
    except (OSError, ValidationError) as error:
        raise ConfigError(
            f"{path} has no pairs with known facts: {error}; `sample-crawl --held-out FOLDER` makes"
            " them"
        ) from error


def judge(text: str, facts: Facts) -> Judgement:
    """Hold a text against what is known of its pair."""
    known = w.stems((facts.said, *facts.names, *facts.kinds))
    return Judgement(
        wrong=tuple(_wrong(text, facts)),
        added=tuple(dict.fromkeys(word for word in w.content_stems(text) if word not in known)),
        dropped=tuple(_dropped(text, facts)),
    )


def _wrong(text: str, facts: Facts) -> Iterator[str]:
    material = Material(facts.said, (*facts.names, *facts.kinds), facts.caption)
    told = {
        reasons.INVENTED_NUMBER: "number",
        reasons.INVENTED_NAME: "name",
        reasons.NEGATION: "negation",
    }
    for objection in objections(text, material, Limits()):
        if what := told.get(objection.reason):
            yield f"{what}: {objection.detail}"
    for kind in _false_kinds(text, facts):
        yield f"kind: {kind}"
    for word in sorted(_false_attributes(w.stems([text]), w.stems([facts.said]))):
        yield f"attribute: {word}"


def _false_attributes(mine: set[str], known: set[str]) -> set[str]:
    """Give the words of which the record has only the opposite, or only other colours."""
    false = set[str]()
    for one, other in (*_SIDES, *(pair[::-1] for pair in _SIDES)):
        if known & other and not known & one:
            false |= mine & one
    return false | ((mine & _COLOURS) - known if known & _COLOURS else set())


def _false_kinds(text: str, facts: Facts) -> Iterator[str]:
    """Give the heads of what a text calls its thing and no kind, name or word of the record is."""
    right = {_head(name) for name in (*facts.names, *facts.kinds)}
    right |= w.stems([facts.said]) | _GENERIC
    claims = [kind for _, kind in claimed_kinds(text)]
    if apposed := _APPOSED.search(text):
        claims.append(apposed[1])
    for claim in claims:
        head = _head(_SORT_OF.sub("", claim))
        if head and head not in right:
            yield head


def _before(claim: str) -> str:
    """Give a claim up to where more is said of it; all of it where that begins at once."""
    first = _BEFORE_HEAD.split(claim.strip(), maxsplit=1)[0]
    return first if w.content_words(first) else claim


def _head(claim: str) -> str:
    stems = w.content_stems(_before(claim))
    return stems[-1] if stems else ""


def _dropped(text: str, facts: Facts) -> Iterator[str]:
    mine = w.stems([text])
    if not any(set(map(w.stem, w.words(name))) <= mine for name in facts.names):
        yield f"thing: {facts.names[0]}"
    for number in sorted(w.numbers(facts.caption) - w.numbers(text)):
        yield f"number: {number}"
    told = set(w.content_stems(facts.caption)) - w.stems(facts.names)
    left = sorted(told - mine)
    if len(left) > (1 - OF_CAPTION) * len(told):
        yield f"attributes: {', '.join(left)}"
    if not any(_covered(source, mine, facts) for source in facts.texts):
        yield "text"


def _covered(source: str, mine: set[str], facts: Facts) -> bool:
    """Say whether enough is left of what one of the record's texts says of the thing."""
    told = set(w.content_stems(source)) - w.stems((facts.caption, *facts.names))
    return len(told & mine) >= ENOUGH * len(told)
