"""The noun that a short description names, and in which of WordNet's senses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from realsyn_tasks.sample_crawl.dictionaries import Sense, WordNet
from realsyn_tasks.text.whitespace import word_set

_PHRASE_ENDS = re.compile(
    r"[.,;:!?—–(\"“]|\b(?:is|was|are|were|used|in|on|at|with|for|from|by|to|like|that|which|last"
    r"|and|its?|making|playing|dancing|carry|carries|has)\b"
)
_MEASURED = word_set("bunch cluster couple head loaf pair piece pile quarter slice stack")

# Nouns whose sense by the rules below is not the thing shown, with how the gloss begins that is.
# Read beside the pictures, as were all others.
_SENSES = {
    "barrel": "a cylindrical container",
    "astronaut": "a person trained to travel",
    "bike": "a wheeled vehicle",
    "caboose": "a car on a freight train",
    "cake": "baked goods",
    "castle": "a large building formerly",
    "christmas tree": "an ornamented evergreen",
    "chess game": "a board game",
    "clip": "any of various small fasteners",
    "diode": "a semiconductor",
    "dish": "directional antenna",
    "dolphin": "any of various small toothed",
    "eggplant": "egg-shaped vegetable",
    "fire": "the process of combustion",
    "football": "the inflated oblong ball",
    "ginger": "pungent rhizome",
    "globe": "a sphere on which",
    "glove": "handwear",
    "hammer": "a hand tool",
    "headstone": "a stone that is used",
    "heart": "a plane figure",
    "hedgehog": "small nocturnal",
    "lollipop": "hard candy",
    "magnolia": "any shrub or tree",
    "net": "game equipment",
    "newspaper": "a daily or weekly publication",
    "pasta": "shaped and dried dough",
    "plate": "dish on which",
    "rainbow": "an arc of colored light",
    "star": "a plane figure",
    "sun": "the star that is the source",
    "television": "an electronic device",
    "tooth": "hard bonelike",
}
# Nouns that no sense or definition fits.
_MISREAD = word_set(
    "apc baby bass beetle black blazer blue blueprint butterflyfish cart clothing cone"
    " connector core corner cruiser cycle diagram diamante disco elevator evergreen face flat"
    " foot form gray green hand hash hearth hopper icon illustration knot landscape lcd load"
    " man menu mix mobile mug nail panel paper park part pepper pin pocket point pointer"
    " portrait post presentation print record rilievo rings roller runner screen set shell"
    " shuttle side sign sketch smoke spread staff stamp stamper stand steps stone style swing"
    " tack tanker thong three tile tramway trip tux two upright van video villa vino virus"
    " water wedge white wiper wmd x"
) | {"acoustic guitar", "black cat", "pump well", "tree branch"}


@dataclass(frozen=True)
class Noun:
    """A noun as a description spells it, in the singular, and what it means there."""

    word: str
    sense: Sense


def noun_in(text: str, fields: Sequence[str], wordnet: WordNet) -> Noun | None:
    """The noun that a short description names, in its commonest sense within the first such field.

    It is looked for in the first noun phrase, longest compound first, from the end of the phrase.
    """
    phrase = _PHRASE_ENDS.split(text.strip(), maxsplit=1)[0]
    head, _, rest = phrase.partition(" of ")
    tokens = re.findall(
        r"[A-Za-z][A-Za-z'’-]*", rest if head.rpartition(" ")[2] in _MEASURED else head
    )
    for size in (3, 2, 1):
        for start in range(len(tokens) - size, -1, -1):
            name = " ".join(tokens[start : start + size])
            sense = _sense_in(name, fields, wordnet)
            if sense and (_is_common(tokens, start, name) or not sense.lemma.islower()):
                return _noun(wordnet.singular(name), sense)
    return None


def _is_common(tokens: Sequence[str], start: int, name: str) -> bool:
    """Say whether words are no proper name: Mickey Mouse is none, a Silver Gull and the Sun are."""
    before = {token.lower() for token in (tokens[0], tokens[start - 1])}
    return start == 0 or name.islower() or bool(before & {"a", "an", "the"})


def _noun(word: str, sense: Sense) -> Noun | None:
    """The noun in WordNet's own spelling, such as Moon or TV."""
    if word in _MISREAD:
        return None
    return Noun(next((name for name in sense.names if name.lower() == word), word), sense)


def _sense_in(name: str, fields: Sequence[str], wordnet: WordNet) -> Sense | None:
    senses = wordnet.senses(name)
    if begins := _SENSES.get(wordnet.singular(name)):
        return next((sense for sense in senses if sense.gloss.startswith(begins)), None)
    fitting = [sense for sense in senses if sense.field in fields]
    return min(fitting, key=lambda sense: fields.index(sense.field), default=None)
