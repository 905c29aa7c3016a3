"""Readings of a text: what it says once letters that only look like others are replaced.

Who hides words from a filter writes them so that a model, or its reader, still understands them:
with letters of other scripts, digits for letters, gaps, tags nobody sees, or in an encoding. Each
reading undoes some of that. None of them is published; they are only looked at.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

MOST_DECODED = 4_096  # characters of one encoded piece
LEAST_ENCODED = 16  # characters; shorter ones are words

_TAGS = range(0xE0000, 0xE0080)  # characters without a picture that spell ASCII
_SQUARES = ((0x1F130, "A"), (0x1F150, "A"), (0x1F170, "A"), (0x1F1E6, "A"))  # rows of 26 letters
_FIRST_SQUARE = "\U0001f130"
_ALPHABET = 26
_LOOKALIKES = (
    # a letter, and those of other scripts that look like it
    ("a", "аɑαᴀꭺ∂ⱥɐ"),
    ("b", "ЬвʙᏏβƅɓ"),
    ("c", "сϲᴄⅽςↄ¢"),
    ("d", "ԁɗᴅⅾđɖ"),
    ("e", "еєҽᴇεℯɇ℮ɘǝ"),
    ("f", "ғƒϝꜰſʄ"),
    ("g", "ɡɢցǥԍƍ"),
    ("h", "һհʜḩɦнℎ"),
    ("i", "іɩιɪıӏ¡ıíⅰ"),
    ("j", "јϳᴊʝɉ"),
    ("k", "кκᴋƙқ"),
    ("l", "ⅼʟℓӀłǀ∣"),
    ("m", "мᴍⅿɱ"),
    ("n", "ոпɴηƞɲ"),
    ("o", "оοօᴏσøөɵ٥०"),
    ("p", "рρᴘƿþ"),
    ("q", "ԛզɋ"),
    ("r", "гʀɾᴦяɼ"),
    ("s", "ѕꜱʂ$ƽ"),
    ("t", "тτᴛƭŧ†"),
    ("u", "υսᴜʋцμ"),
    ("v", "νѵᴠⅴ"),
    ("w", "ѡԝᴡωɯա"),
    ("x", "хχ×ⅹҳ"),
    ("y", "уүγʏყɏ"),
    ("z", "ᴢʐƶȥ"),
)
_AS_LATIN = str.maketrans(
    {sign: letter for letter, signs in _LOOKALIKES for sign in signs}
    | {
        sign.upper(): letter
        for letter, signs in _LOOKALIKES
        for sign in signs
        if len(sign.upper()) == 1
    }
)
_DIGITS = "0134579@$!|+"
_AS_LETTERS = (str.maketrans(_DIGITS, "oieastgasiit"), str.maketrans(_DIGITS, "oleastgasllt"))
_MANY_DIGITS = 3  # words with digits for letters; then a number may be a word
_TURNED = str.maketrans("ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz", "abcdefghijklmnopqrstuvwxyz")

_DIGIT_INSIDE = re.compile(r"\b(?=\w*[a-z])(?=[\w@$!|+]*[0134579@$!|+])[\w@$!|+]{2,}")
_DIGIT = re.compile(r"[0134579@$!|+](?=[\w@$!|+])|(?<=[\w@$!|+])[0134579@$!|+]")
_SIGN_INSIDE = re.compile(r"[.\-_*·|/+~^](?=\w)")
_NUMBER = re.compile(r"\b[0134579]{1,4}\b")
_SPELT_WORD = re.compile(r"(?<!\w)\w(?:[.\-_*·|/+~]\w)+(?!\w)")
_SPELT_TEXT = re.compile(r"(?<!\w)\w(?:[\s.\-_*·|/+~,]{1,3}\w){11,}(?!\w)")
_GAPS = re.compile(r"[\s.\-_*·|/+~,]")
_STUFFED = re.compile(r"\b\w{1,8}(?:[*_~^|.\-]\w{1,8}){2,}\b")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s,:]?){12,}")
_BINARY = re.compile(r"(?:[01]{8}[\s,]?){6,}")
_ESCAPES = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?|\\x([0-9a-fA-F]{2})|&#(\d{2,6});")
_DECIMAL = re.compile(r"(?:\b\d{2,3}\b[\s,]+){9,}\b\d{2,3}\b")
_ENCODED = re.compile(
    r"[%&\\]|(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{16}|\d{2,3}[\s,]+\d{2,3}[\s,]+\d{2,3}|(?:[0-9A-Fa-f]{2}[\s,:]){6}"
)
_ENDS_FIRST = re.compile(r"\S+[.!?]\s.*\s[A-Z]\S*$")  # as words in reverse order do
_PLAIN = re.compile(r"[A-Za-z ,.'!?:;\"()-]")


def visible(text: str) -> str:
    """Give a text as it is seen: NFKC, nothing invisible, single spaces."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(filter(_is_seen, unicodedata.normalize("NFKC", text)))
    return " ".join(text.split())


def _is_seen(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cs", "Cn")


def unseen(text: str) -> str:
    """Give what a text says in tag characters, which nobody sees; "" for nothing."""
    return "".join(chr(ord(char) - _TAGS.start) for char in text if ord(char) in _TAGS)


def folded(text: str) -> str:
    """Give a text in small Latin letters: without marks, each letter as the one it looks like."""
    if text.isascii():
        return text.lower()
    squared = "".join(map(_unsquared, text)) if max(text) >= _FIRST_SQUARE else text
    latin = squared.casefold().translate(_AS_LATIN)
    apart = unicodedata.normalize("NFKD", latin)
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_AS_LATIN)


def _unsquared(char: str) -> str:
    code = ord(char)
    for start, first in _SQUARES:
        if start <= code < start + _ALPHABET:
            return chr(ord(first) + code - start)
    return char


def spelt_out(seen: str) -> str:
    """Give a run of a dozen single letters or more, which no prose has; "" for none."""
    for match in _SPELT_TEXT.finditer(seen):
        letters = _GAPS.sub("", match[0]).casefold()
        if letters.isalpha() and not _in_order(letters):
            return match[0]
    return ""


def _in_order(letters: str) -> bool:
    """Say whether letters are an alphabet, or the labels of a list."""
    steps = [ord(after) - ord(before) for before, after in pairwise(letters)]
    return sum(step in (0, 1) for step in steps) * 2 > len(steps)


def readings(seen: str, plain: str, is_english: bool) -> Iterator[str]:
    """Give what a text may be read as, in small Latin letters; the plainest comes first.

    It is given as it is seen (`visible`), then `folded`, and whether that `reads_as_english`.
    """
    yield plain
    yield from (reading for reading in _as_words(plain) if reading != plain)
    if not is_english:
        yield codecs.decode(plain, "rot13")
        yield plain[::-1]
        yield seen.casefold().translate(_TURNED)[::-1]
    if _ENDS_FIRST.match(seen):
        yield " ".join(reversed(plain.split()))


def _as_words(plain: str) -> Iterator[str]:
    """Put spelt words together, take stuffing out of words, and read digits as letters."""
    joined = plain
    if _SIGN_INSIDE.search(plain):
        joined = _SPELT_WORD.sub(lambda match: _GAPS.sub("", match[0]), plain)
        joined = _STUFFED.sub(lambda match: re.sub(r"[\W_]", "", match[0]), joined)
    if joined != plain:
        yield joined
    mixed = len(_DIGIT_INSIDE.findall(joined)) if _DIGIT.search(joined) else 0
    for letters in _AS_LETTERS if mixed else ():
        read = _DIGIT_INSIDE.sub(lambda match: match[0].translate(letters), joined)  # noqa: B023
        if mixed >= _MANY_DIGITS:
            read = _NUMBER.sub(lambda match: match[0].translate(letters), read)  # noqa: B023
        yield read


def decoded(text: str, seen: str) -> Iterator[str]:
    """Give what the hidden and the encoded pieces of a text say, as far as that is writing.

    `seen` is the text as it is seen (`visible`).
    """
    if not text.isascii() and (hidden := unseen(text)):
        yield hidden
    yield from _decoded(seen)


def _decoded(seen: str) -> Iterator[str]:
    """Give what encoded pieces of a text say, as far as that is writing."""
    if not _ENCODED.search(seen):
        return
    if "%" in seen:
        yield unquote(seen)
    if "&" in seen:
        yield html.unescape(seen)
    if _ESCAPES.search(seen):
        yield _ESCAPES.sub(_unescaped, seen)
    for pattern, decode in _CODES:
        for match in pattern.finditer(seen):
            said = decode(match[0][:MOST_DECODED])
            if _is_writing(said):
                yield said


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16) if match[1] or match[2] else int(match[3])
    return chr(code) if code <= 0x10FFFF else ""


def _of_base64(piece: str) -> str:
    body = piece.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _of_hex(piece: str) -> str:
    digits = re.sub(r"0x|\\x|[\s,:]", "", piece)
    return bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace")


def _of_binary(piece: str) -> str:
    return "".join(chr(int(bits, 2)) for bits in re.findall("[01]{8}", piece))


def _of_decimal(piece: str) -> str:
    return "".join(map(chr, map(int, re.findall(r"\d+", piece))))


_CODES = (
    (_BASE64, _of_base64),
    (_HEX, _of_hex),
    (_BINARY, _of_binary),
    (_DECIMAL, _of_decimal),
)


def _is_writing(text: str) -> bool:
    """Say whether nearly all of a text is letters and stops, with a gap somewhere."""
    return " " in text and len(_PLAIN.findall(text)) >= 0.9 * len(text)


_SMALL_WORDS = frozenset(
    "the a an of and in to is was are were with for on at by from it its as this that be or not"
    " have has had you your all we he she they his her their our my i".split()
)


def reads_as_english(plain: str) -> bool:
    """Say whether enough of a folded text's words are English grammar."""
    words = re.findall("[a-z']+", plain)
    return sum(word in _SMALL_WORDS for word in words) * 8 >= len(words)
