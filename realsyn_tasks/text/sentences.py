"""Paragraphs to sentences (paper §3.1), by rules.

A stop that should end a sentence and does not makes a long sentence, which filters measure; one
that ends a sentence and should not tears it, and the pieces look whole. So what is doubtful is kept
together: after abbreviations, initials and numbers of lists, before small letters, within quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from realsyn_tasks.text.abbreviations import COUNTED, DEMANDING, NUMBERED, POINTED, TITLES, UNITS
from realsyn_tasks.text.function_words import FUNCTION_WORDS

_MARK = r"(?:\[[\w ]{1,20}\]|[⁰¹²³⁴-⁹])*+"  # of a footnote
_BOUNDARY = re.compile(
    rf"(?<![.!?…])(?P<stop>[.!?…]++)(?P<close>[\"'”’»)\]]*+)(?:{_MARK}\s+"
    r"|(?<=[a-z]{2}\.)\d{1,2}\s+(?=[A-Z])|(?<=[\w)\]\"”.!?][.!?\"”)])(?=[“\"(]?[A-Z](?:[a-z'’]|\s)))"
    r"|[。！？]++[”」』）]*+"
)
_WITHIN = re.compile(  # nothing ends in there
    r"\"[^\"]{1,400}\"(?![a-z\d])|“[^“”]{1,400}”|«[^«»]{1,400}»|\([^()]{1,300}\)"
    r"|\[[^\[\]]{1,300}\]"
)
_LAST_WORD = re.compile(r"[^\s\"'“”‘’()\[\]«»/–—-]*$")
_AROUND = 200  # characters in which there is a capital, unless nobody used any
_MOST_LETTERS = 40  # of a word that is looked at
_NEXT = re.compile(r"[\"'“‘«(\[]{0,3}((?:[^\W_]|['’]){0,40})")
_LIST_MARK = re.compile(r"\W*(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]+")
_NUMBERED_LABEL = re.compile(r"[A-Z][a-z]+ \d{1,3}[a-z]?\.")
_UNIT = re.compile(r"\d\s?[a-zµ]{1,3}[²³]?$")  # 3 m, 20 kg, 5 km²
_NUMERAL = re.compile(r"\d.*|[A-Z]|[IVXLC]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_VOWEL = re.compile(r"[aeiouyáéíóúäöü\d]", re.IGNORECASE)
_NOTE = re.compile(  # a mark of one amid a text, or a wish of a wiki's readers
    r"\s?\[(?:[a-z -]{0,30}needed|(?:note|nb|n\.?) ?\d{1,3}|by whom\?|who\?|when\?|where\?)\]"
    r"|(?<=[^\W\d_]{3})(?:\[\d{1,3}\])+(?=\s[\w(\"“–—]|[.,;:!?](?:\s|$)|$)"
    r"|(?<=[.,;:!?\"”’)])(?:\[(?:\d{1,3}|[a-z])\])+(?=\s|$)"
)
_CAMEL = re.compile(r"[a-z]{1,2}[A-Z]")  # iPhone, eBay
_BULLETS = re.compile(r"(?:^|\s)[•‣◦▪●○■]\s+")
_FOOTNOTE = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"”’)]))(?:\[\d{1,3}\]|[⁰¹²³⁴-⁹])+$|(?<=[a-z]{2}[.!?])\d{1,2}$"
)
_QUALIFIES = re.compile(  # 5 p.m. Monday, 7 a.m. GMT, 20 deg. C, 5 ft. 3 in.
    r"\d.*|[B-HJ-Z]|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[ECMP][SD]?T|GMT|UTC|January|February"
    r"|March|April|May|June|July|August|September|October|November|December"
)


def split_sentences(text: str) -> list[str]:
    """The sentences of one paragraph in order, whitespace collapsed, none empty.

    Signs of list items and marks of footnotes are no part of them.
    """
    collapsed = " ".join((_NOTE.sub("", text) if "[" in text else text).split())
    return [
        sentence
        for item in (_BULLETS.split(collapsed) if not collapsed.isascii() else [collapsed])
        for piece in _pieces(item)
        if (sentence := _FOOTNOTE.sub("", piece.strip()))
    ]


def _pieces(text: str) -> Iterator[str]:
    start = 0
    within = _Within(text)
    for match in _BOUNDARY.finditer(text):
        end = match.end("close") if match["stop"] else match.end()
        if match.end() == len(text) or within.holds(match.start(), end):
            continue
        if _ends(text, start, match):
            yield text[start : match.end()]
            start = match.end()
    yield text[start:]


class _Within:
    """The quotes and brackets of a text, asked about from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._spans = (match.span() for match in _WITHIN.finditer(text))
        self._span = next(self._spans, None)

    def holds(self, start: int, end: int) -> bool:
        """Say whether these characters are inside one, and not at its end."""
        while self._span and self._span[1] < end:
            self._span = next(self._spans, None)
        return self._span is not None and self._span[0] < start and end < self._span[1]


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Say whether a sentence that began at `start` ends at a stop."""
    if not match["stop"]:
        return True
    before = text[max(start, match.start() - _MOST_LETTERS) : match.start()]
    after = _NEXT.match(text, match.end())
    following = after[1] if after else ""
    if following[:1].islower() and not _CAMEL.match(following):
        return _small_letters_begin(text, start, match, before)
    if match.end() == match.end("close"):
        return _lacks_blank(text, match, before, following)
    if match["stop"] != "." or (match["close"] and match["close"][0] not in "'’"):
        return True
    if match.start() - start < _MOST_LETTERS and _is_label(before + "."):
        return False
    return _word_ends(before, following)


def _is_label(sentence: str) -> bool:
    return bool(_LIST_MARK.fullmatch(sentence) or _NUMBERED_LABEL.fullmatch(sentence))


def _word_ends(before: str, following: str) -> bool:
    """Say whether a stop after these words ends their sentence, by its last word and the next."""
    word = _last_word(before)
    acronym = word.isalpha() and word.isupper() and len(word) > 1  # CA, which is no ca.
    if _is_of(TITLES, word) or (_is_of(DEMANDING, word) and not acronym):
        return False
    if _is_of(COUNTED, word) or _is_of(NUMBERED, word):
        counts = bool(_NUMERAL.fullmatch(following))
        return not counts and (_is_of(COUNTED, word) or _begins(following))
    if _UNIT.search(before) or (word[:1].islower() and _is_of(UNITS, word)):
        return not _QUALIFIES.fullmatch(following)
    if acronym or not _may_go_on(word):
        return True
    return _begins(following)


def _may_go_on(word: str) -> bool:
    return bool(_INITIALS.fullmatch(word)) or _is_of(POINTED, word) or _is_shortened(word)


def _is_of(abbreviations: frozenset[str], word: str) -> bool:
    """Look a word up; what is listed with a capital is an abbreviation only with one."""
    return word in abbreviations or word.lower() in abbreviations


def _last_word(before: str) -> str:
    match = _LAST_WORD.search(before)
    return match[0] if match else ""


def _begins(following: str) -> bool:
    """Say whether a word with a capital begins a sentence, and is no name: It, The, When."""
    return following[:1].isupper() and following.lower() in FUNCTION_WORDS


def _is_shortened(word: str) -> bool:
    """Say whether a word has no vowel, and is no row of capitals: Blvd, but not DNA."""
    return 1 < len(word) < 6 and word.isalpha() and not _VOWEL.search(word) and not word.isupper()


def _lacks_blank(text: str, match: re.Match[str], before: str, following: str) -> bool:
    """Say whether a blank is missing after a stop; a part of a name or a program is no sentence."""
    end = match.end() + len(following)
    if text[end : end + 1] in {"(", "_", "=", "."} and not text[end + 1 : end + 2].isspace():
        return False
    if match["close"]:
        return True
    word = _last_word(before)
    if len(word) < 2 or not word.isalnum():
        return bool(before) and before[-1] in ")]"
    return _begins(following) or word.islower() or word.isdecimal()


def _small_letters_begin(text: str, start: int, match: re.Match[str], before: str) -> bool:
    """Say whether a small letter begins a sentence: an item of a list, or nobody used capitals."""
    if match.end() == match.end("close"):
        return False
    if _LIST_MARK.match(text, match.end()):
        return bool(_LIST_MARK.match(text, start))
    around = text[max(0, match.start() - _AROUND) : match.end() + _AROUND]
    if match["close"] or match["stop"] != "." or around != around.lower():
        return False
    return _word_ends(before, "The")
