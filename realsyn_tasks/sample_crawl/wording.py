"""Full sentences about a noun, out of what dictionaries say in phrases.

The words are the dictionaries'; subject, verb, articles and conjunctions are put in here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from realsyn_tasks.text.whitespace import word_set

# Nouns of the crawl that take no article, those that are plural, and those of which there is one.
_MASS = word_set(
    "bacon bamboo beer bread butter cheese clothing coffee confetti corn ginger glassware jewelry"
    " knitting lasagna lemonade lettuce lotion milk paprika pasta patchwork popcorn salami soup"
    " spaghetti toast wine"
) | {"apple juice", "cayenne pepper", "ice cream", "ice water", "orange juice"}
_PLURAL = word_set("binoculars forceps fries goggles pliers scissors shorts sunglasses tongs") | {
    "french fries"
}
_SINGLE = word_set("Earth Moon Pyramid Sun sun") | {"Eiffel Tower"}
_IRREGULAR = {
    "goose": "geese",
    "mouse": "mice",
    "ox": "oxen",
    "sheep": "sheep",
    "fish": "fish",
    "tooth": "teeth",
}

# What may begin a noun phrase that needs no article of ours.
_DETERMINED = word_set(
    "a an any another anything each either every no one other several some something such that the"
    " these this those two three four various"
)
# A phrase's head stands before the first of these.
_AFTER_HEAD = word_set(
    "about after against as at attached baked being between bearing by characterized chiefly"
    " consisting containing cooked covered designed divided either especially flavored folded"
    " for formed from growing having held in including inhabiting into like made mostly native of"
    " often on operated over provided resembling roasted salted served similar since so"
    " stuffed surrounded that to under used usually using varying when where which who whose with"
    " without"
)
_MASS_HEADS = word_set(
    "ammunition bread clothing cream dough equipment flesh food footwear handwear headgear hosiery"
    " jewelry juice meat milk needlework spaghetti tissue transport water wine"
)
_NO_NOUN = ("", "at", "in", "of", "to", "with")  # what begins a phrase that is not of a noun
_FINITE = re.compile(r"; (?=(?:(?:often|usually) )?(?:can|consists?|contains?|has|have|may) )")
_MANY = re.compile(r"an? (?:genus|family|order|class|group|tribe) of")
# A label before a definition, that it is one, and what follows a colon as an aside.
_NO_WORDS_OF_IT = re.compile(
    r"^(?:\([^)]*\)[,;]?\s*)+(?:especially )?"
    r"|^(?:an? )?(?:(?:common|general) )?(?:name|term) for "
    r"|: \"`.*$"
)
_THE = re.compile(r"(?!forest)\w+est\b|smaller of")
_AN = re.compile(r"(?!uni|eu|one\b|us[eu]|uke)[aeiou]|hour|honest|heir|8", re.I)


def define(noun: str, definition: str) -> str:
    """Say in a sentence that a noun is what a phrase says; "" for an empty phrase."""
    phrase = _FINITE.sub(" and ", _NO_WORDS_OF_IT.sub("", definition)).strip(" .;,")
    phrase = phrase.replace("e.g.", "for example")  # which ends no sentence
    first, head = phrase.partition(" ")[0].lower(), _head(phrase)
    if first in _NO_NOUN or (first == head and first.endswith("ed")):
        return ""
    if _MANY.match(phrase):
        return _sentence(plural(noun), "are", phrase)
    if first in _DETERMINED or _is_plural(noun):
        return _sentence(subject(noun), be(noun), phrase)
    if _is_plural(head) and noun not in _MASS:
        return _sentence(plural(noun), "are", phrase)
    bare = head in _MASS_HEADS or _is_plural(head)
    return _sentence(subject(noun), be(noun), phrase if bare else with_article(phrase))


def subject(noun: str) -> str:
    """Give a noun as a sentence's subject: a pear, bread, scissors, Mars, the Moon."""
    if noun in _SINGLE:
        return f"the {noun}"
    return noun if noun in _MASS or noun.istitle() or _is_plural(noun) else with_article(noun)


def name_first(noun: str, sentence: str) -> str:
    """Put a noun in the place of the pronoun that begins a sentence about it."""
    one, many = subject(noun), plural(noun)
    if re.match(r"It (?:is|was|has been) \w+ that ", sentence):
        return sentence
    for pronoun, name in (("It", one), ("They", many), ("Its", f"the {noun}'s")):
        if sentence.startswith(f"{pronoun} "):
            return f"{name[0].upper()}{name[1:]}{sentence.removeprefix(pronoun)}"
    return sentence


def be(noun: str) -> str:
    """Give the verb that agrees with a noun as it is named."""
    return "are" if _is_plural(noun) else "is"


def with_article(phrase: str) -> str:
    """Put a or an before a phrase, the before a superlative."""
    if _THE.match(phrase):
        return f"the {phrase}"
    return f"{'an' if _AN.match(phrase) else 'a'} {phrase}"


def plural(noun: str) -> str:
    """Give a noun's plural; that of a mass noun or of a plural is itself."""
    start, blank, word = noun.rpartition(" ")
    return start + blank + _plural(word) if not _is_plural(noun) and noun not in _MASS else noun


def listed(items: Sequence[str]) -> str:
    """Join items as prose does: a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    if re.search(r"(?:lea|loa|kni|li|wol|cal|shel|hal)fe?$", word):
        return f"{word.rstrip('e')[:-1]}ves"
    return f"{word}{'es' if re.search(r'(?:s|x|z|ch|sh|(?:tomat|potat|mosquit)o)$', word) else 's'}"


def _head(phrase: str) -> str:
    """Guess the noun that a phrase is about: the last word before what is said of it."""
    words = re.findall(r"[^\s]+", re.split(r"[;:(]", phrase)[0])
    after = next((n for n, w in enumerate(words) if n and w.strip(",") in _AFTER_HEAD), len(words))
    return words[after - 1].strip(",").lower() if words else ""


def _is_plural(word: str) -> bool:
    """Say whether a word is a plural; rhinoceros, lens and Mars end like one and are none."""
    regular = re.search(r"[^sui]s$", word) and not word.endswith(("os", "ens", "gas"))
    return word in _PLURAL or bool(regular and word not in _MASS and not word.istitle())


def _sentence(who: str, verb: str, what: str) -> str:
    return f"{who[0].upper()}{who[1:]} {verb} {what}."
