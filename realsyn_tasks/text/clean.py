"""Texts as a reader sees them: the one place through which they come in, whatever holds them.

Characters that were decoded wrongly are mended before anything else is done, for normalising hides
them. Composing (NFC) keeps what a text means: 10⁸ stays 10⁸, where NFKC, which only ids are made
of, would have 108.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.text.reasons import BROKEN_TEXT

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});")
_MOST_ESCAPES = 3  # times that something was escaped: &amp;amp;amp;
# Signs that English has anywhere; beside one another they are no sign of wrong decoding.
_USUAL = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026"
# Bytes read in a wrong encoding come in pairs, as C1 controls, or as these letters alone.
_SUSPECT = re.compile(
    rf"[\x80-\x9f\ud800-\udfff\xc2\xc3]|[^\x00-\x7f{_USUAL}][^\x00-\x7f]|[{_USUAL}][\x80-\u02ff]"
)
_LOST_QUOTE = re.compile("\xe2\u20ac(?=[ \\n.,;:!?)\\]]|$)")  # the third byte is no character
_APOSTROPHE = re.compile("[\xe2\xd5?]")
# don't and the like, with what Mac Roman or a lost byte makes of the apostrophe
_CONTRACTED = re.compile(
    "(?:(?<=n)[\xe2\xd5?](?=t\\b)|(?<=\\b[Ii]t)[\xe2\xd5?](?=s\\b)|(?<=\\bI)[\xe2\xd5?](?=m\\b)"
    "|(?<=[Hh]e)[\xe2\xd5?](?=s\\b)|(?<=[Tt]hat)[\xe2\xd5?](?=s\\b)"
    "|(?<=[Ww]e|ey|ou)[\xe2\xd5?](?=(?:re|ve|ll)\\b))(?!\\w+=)"
)
# What no word has in it: accented letters, quotes and fractions of Mac Roman, read as Windows'.
_INSIDE_WORDS = re.compile(
    "[A-Za-z][a-z][\xd0-\xd5\u0152\u0178\u0160\u017d\u02c6\u2030](?:[a-z]|\\b)|[A-Za-z]\xbf[a-z]"
    "|\u0178[a-z]"
)
_BROKEN = re.compile("[\ufffd\ud800-\udfff\x80-\x9f]")
_REVERSED = re.compile("\u202e([^\u202c\u202e]*)\u202c?")
# What is not seen: controls, soft hyphens, zero widths, marks of direction, fillers, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1a\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ufdd0-\ufdef\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|\x1b\\[[\\d;]*[A-Za-z]|(?<![\u0600-\u109f\u1780-\u18af\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\uffa0]")  # printable
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")  # signs of some font's own


# Emphasis, pictures and links of Markdown that was never turned into HTML.
_MARKDOWN = re.compile(
    r"(?<![\w*_\\])(\*\*|[*_])(?=[\w\"'“‘(])([^*_]{1,200})(?<=[\w.,!?:\"'”’)])\1(?![\w*_])"
    r"|!\[[^\[\]]{0,200}\]\([^()\s]{1,500}\)|"
    r"(?<!!)\[([^\[\]]{1,200})\]\((?:https?:|[/#.])[^()\s]{0,500}\)"
)


def cleaned(text: str) -> str:
    """Give a text as a reader sees it: mended, composed (NFC), unseen signs out, single spaces.

    What cannot be mended stays; halves of characters become U+FFFD, so that all can be stored.
    """
    if "&" in text:
        text = _unescaped(text)
    if "*" in text or "_" in text or "](" in text:
        text = _MARKDOWN.sub(lambda match: match[2] or match[3] or "", text)
    if not text.isascii() and _SUSPECT.search(text):
        text = _mended(text)
    if _APOSTROPHE.search(text):
        text = _CONTRACTED.sub("\u2019", text)
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return composed(_seen(text))


def composed(text: str) -> str:
    """Give a text as it is published: NFC with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def why_unusable(text: str) -> Verdict | None:
    """Say why a cleaned text is of no use: characters are lost, or still decoded wrongly."""
    if text.isascii():
        return None
    if match := _BROKEN.search(text) or _INSIDE_WORDS.search(text):
        return Verdict(BROKEN_TEXT, f"U+{ord(match[0][-1]):04X}")
    return Verdict(BROKEN_TEXT, "decoded wrongly") if _is_bad(text) else None


def _unescaped(text: str) -> str:
    """Give a text whose entities were escaped once more than they should be as it was meant."""
    from ftfy.fixes import unescape_html

    for _ in range(_MOST_ESCAPES):
        if not _ENTITY.search(text):
            break
        text = unescape_html(text)
    return text


def _mended(text: str) -> str:
    from ftfy import fix_text

    return fix_text(_LOST_QUOTE.sub("\u201d", text), _settings())


def _seen(text: str) -> str:
    if text.isprintable() and not _FILLERS.search(text):
        return text
    if "\u202e" in text:
        text = _REVERSED.sub(lambda match: match[1][::-1], text)
    return _UNSEEN.sub("", _PRIVATE.sub(" ", text))


def _is_bad(text: str) -> bool:
    from ftfy.badness import is_bad

    return bool(_SUSPECT.search(text)) and is_bad(text)


@lru_cache(maxsize=1)
def _settings() -> Any:
    """Give the settings by which what is written rightly stays as it is."""
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
