"""Tells sentences that a splitter, a list or a page's layout has broken, from their signs alone."""

from __future__ import annotations

import re

# What a stop ends and no sentence, where a page was split before it came here.
_ABBREVIATIONS = frozenset(
    """
    al approx betw bzw ca cf ch chap cor diam dr e.g ed eds eg eq eqn esp est et f.e f.i ff fn fr
    gen h.e i.e ibid ie illus jan lat mr mrs ms mt nos opp par pl pp pref prof pron pt resp ser
    sp spp sq ssp subsp suppl syn trans usu var viz vol vols vs z.b
    """.split()
)
_LAST_WORD = re.compile(r"(?<![\w.])([^\W\d_][\w.]*)\.[\"'”’)\]]*$")
_INITIAL = re.compile(r"[A-Z]\.")  # of a name; those of a country end sentences, too
# "Figure 3.", "4.2 Options", "3)", "(b)", "[*]", "* item", "$ command", "0.6) if you"
_LABEL = re.compile(
    r"(?:figure|fig\.?|table|chapter|section|equation|eq\.?|step|page|listing|plate)"
    r"\s*[\divxlc]+[.\d]*\s?[.:)–-]"
    r"|\d+(?:\.\d+)*\)|\d+(?:\.\d+)+\.?\s|\d+\.\s|\(\d+\)\s|\(?[a-z]\)\s(?![A-Z])"
    r"|(?:photo|image|picture|source|credit|video|caption)s?(?: credit| by)?\s?:"
    r"|[^\w\s\"'“‘(«¿¡.]|\.{2,}|\[\W*\]",
    re.IGNORECASE,
)
_OPENERS = frozenset(
    "and or but nor so yet if because although though while whereas then than which who whom whose"
    " to for by with of from as that is was were has have had e.g. i.e. etc.".split()
)
# What a colon ends that says nothing without what comes after it.
_LEADS_TO = re.compile(
    r"\b(?:is|are|be|was|were|by|of|for|in|with|as|to|and|or|e\.g\.|like|includes?|following|below|above"
    r"|follows?|examples?|means|says|this|these|here|using|namely|called|available):$"
    r"|\b(?:following|below|points|steps|differences|like this)\b.*:$",
    re.IGNORECASE,
)
_WHOLE_BEFORE_COLON = 12  # words
_LINK_AFTER_COLON = re.compile(r":\s*\[[^\[\]]{1,20}\]$")  # to what a reader would follow
_ASIDE = re.compile(r"\([a-z][^()]{1,400}\)[.!?]?$")
_LETTERS = 0.6  # share of the signs that are neither spaces nor stops
# What a control or a function does, in lists that name it beside.
_DEEDS = frozenset(
    "Adds Allows Applies Changes Contains Controls Creates Determines Displays Divides Enables"
    " Gives Indicates Lets Makes Moves Opens Puts Removes Returns Rotates Selects Sets Shows"
    " Specifies Toggles Uses".split()
)
_PAIRS = (("(", ")"), ("[", "]"), ("“", "”"), ("{", "}"))


def broken_form(text: str) -> str:
    """Say how a text is broken: "" for one that is not."""
    if _LABEL.match(text):
        return "a label or sign before it"
    if _ASIDE.match(text):
        return "an aside to another sentence"
    if leads_to_nothing(text):
        return "what it leads to is missing"
    if ends_at_abbreviation(text):
        return "split at an abbreviation"
    if text.count('"') % 2 or any(text.count(a) != text.count(b) for a, b in _PAIRS):
        return "a bracket or quotation mark without its other"
    if text.split(maxsplit=1)[0] in _OPENERS:
        return "begins in mid-sentence"
    if text.split(maxsplit=1)[0] in _DEEDS:
        return "has no subject"
    signs = [sign for sign in text if not sign.isspace() and sign not in ".,;'’"]
    if sum(map(str.isalpha, signs)) < _LETTERS * len(signs):
        return "more signs than letters"
    return ""


def leads_to_nothing(text: str) -> bool:
    """Say whether a text ends at a comma or dash, or at a colon that needs what comes next."""
    if text[-1] == ":":
        return len(text.split()) < _WHOLE_BEFORE_COLON or bool(_LEADS_TO.search(text))
    return text[-1] in ";,-–—" or bool(_LINK_AFTER_COLON.search(text))


def ends_at_abbreviation(text: str) -> bool:
    """Say whether the last word is an abbreviation or an initial, after which more was to come."""
    match = _LAST_WORD.search(text)
    if not match:
        return False
    word = match[1]
    if word.isupper() and len(word) > 1 and "." not in word:
        return False  # CA, which is no ca.
    return word.lower() in _ABBREVIATIONS or bool(_INITIAL.fullmatch(word + "."))
