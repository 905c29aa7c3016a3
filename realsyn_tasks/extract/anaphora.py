"""Tells sentences that begin with a pronoun whose noun stands in another sentence."""

from __future__ import annotations

import re

_PRONOUNS = frozenset(
    "it its itself they their them theirs he his him she her hers this that these those such"
    " both neither latter former others".split()
)
# What may stand before the pronoun and changes nothing.
_OPENERS = frozenset(
    "and but or so yet then thus hence therefore however also still moreover furthermore otherwise"
    " instead here now again sometimes often usually generally originally formerly today finally"
    " consequently additionally similarly likewise meanwhile nevertheless nonetheless besides in on"
    " for from by at with of to because since as after before if when while though although the"
    " unlike like all most some many each one none few two three several either any half".split()
)
_STATES = re.compile(  # "It is important to", "It seems that": the noun comes after, or is none
    r"it (?:is|was|has been|will be|would be|can be|may be|seems|appears|turns out)"
    r"(?: \w+){0,2} (?:to|that|when|if|whether|how)\b|it (?:is |was )?(?:rain|snow|hail|thunder)",
)
_WORD = re.compile(r"[^\W_]+(?:['’]\w+)?|[,;:]")
_FAR = 4  # words before the pronoun


def is_anaphoric(text: str) -> bool:
    """Say whether a text begins with a pronoun that refers to nothing in it."""
    lowered = text.lower()
    words = _WORD.findall(lowered)[: _FAR + 1]
    for place, word in enumerate(words):
        if word.split("'")[0].split("’")[0] in _PRONOUNS:
            rest = lowered[lowered.index(word) :]
            return not (word == "it" and _STATES.match(rest))
        if word not in _OPENERS and not (place and word == ","):
            return False
    return False
