"""Which encoding bytes are in, told by the bytes alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from realsyn_tasks.web.charsets import decode

SURE = 0.3
"""The confidence at which the bytes are believed rather than a label."""

UNLIKELY = 0.5  # of the likeliest confidence: a label that has less is a lie
_UNSURE = 0.1  # below it, many answers are wrong
_EVEN = 0.8  # of the likeliest confidence: as good as it
_WINDOW = 16 << 10
_BEFORE = 256
_LATIN = ("windows-1252", "macintosh")
_NAMES = {
    "big5hkscs": "big5",
    "cp866": "ibm866",
    "cp874": "windows-874",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "euc_jis_2004": "euc-jp",
    "euc_kr": "euc-kr",
    "gb18030": "gb18030",
    "iso2022_jp_2": "iso-2022-jp",
    "iso2022_jp_2004": "iso-2022-jp",
    "iso2022_jp_ext": "iso-2022-jp",
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "mac-cyrillic": "x-mac-cyrillic",
    "mac-roman": "macintosh",
    "shift_jis_2004": "shift_jis",
    "tis-620": "windows-874",
    **{f"cp{number}": f"windows-{number}" for number in range(1250, 1259)},
    **{f"iso8859-{n}": f"iso-8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
}
_CHOICE = (*_NAMES, "ascii", "utf-8")
_PAIRED = {"gb18030": "gb18030", "big5": "big5hkscs", "euc-kr": "cp949", "euc-jp": "euc_jp"}
_PAIRED |= {"shift_jis": "cp932"}
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_LABEL = re.compile(rb"charset|encoding", re.I)
_FRAGMENT = re.compile(rb"[^<>\r\n]*[\x80-\xff][^<>\r\n]*")
_TAG = re.compile("<[^>]*>")
_WORD = re.compile(r"\S*[^\x00-\x7f]\S*")
_CYRILLIC, _GREEK = "\u0400-\u052f", "\u0370-\u03ff"
_UNLIKELY = re.compile(
    r"[\ufffd\x80-\x9f\uf8ff]"
    # a capital beyond ASCII after a small letter, or before another capital and a small letter
    r"|[a-zà-öø-ÿ][À-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻĽŁŃŅŇŌŐŒŔŖŘŚŞŠŢŤŪŮŰŲŸŹŻŽ]"
    r"|\b[À-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻĽŁŃŅŇŌŐŒŔŖŘŚŞŠŢŤŪŮŰŲŸŹŻŽ][A-Z][a-z]"
    # signs amid a word, and those that no word begins with
    r"|[^\W\d_][¡-©«-´¶-¹»-¿×÷†‡•‰‹›ƒ„‚“€™√∞≈≤≥∑∏π∫Ω◊∂∆¬ˆ˜˘˙˚˝˛ˇ–][a-zà-öø-ÿ]"
    r"|[¤¦¨¬¯±²³´¸¹¼-¾×÷‰ƒˆ˜˘˙˚˝˛ˇ†‡∂∆][^\W\d_]"
    # a letter beyond ASCII right behind a comma or the like
    r"|[,;!?][À-ɏ]"
    rf"|[a-zA-ZÀ-ɏ][{_CYRILLIC}{_GREEK}]|[{_CYRILLIC}{_GREEK}][a-zA-ZÀ-ɏ]"
)


@dataclass(frozen=True)
class Guess:
    """An encoding by the Standard's name, "" if the bytes don't tell, and how sure that is.

    `shares` are the confidences in others, as shares of it.
    """

    name: str
    confidence: float
    shares: Mapping[str, float] = field(default_factory=dict)

    def refutes(self, label: str) -> bool:
        """Say whether a label is too unlikely beside what the bytes tell."""
        return self.confidence >= SURE or self.shares.get(label, 0.0) < UNLIKELY


def detected(data: bytes) -> Guess:
    """Tell the encoding of bytes beyond ASCII that are not UTF-8, from a window of them."""
    first = _BEYOND_ASCII.search(data)
    start = max(0, first.start() - _BEFORE) if first else 0
    # The detector believes labels, too, and is asked because of them.
    sample = _LABEL.sub(b"", data[start : start + _BEFORE + _WINDOW])
    guess = _ask(sample)
    if guess.confidence >= _UNSURE:
        return guess
    return _without_damage(sample) or _by_shape(sample, guess)


def _ask(sample: bytes) -> Guess:
    from chardet import detect_all

    answers = detect_all(
        sample, ignore_threshold=True, compat_names=False, include_encodings=_CHOICE
    )
    sure: dict[str, float] = {}
    for answer in answers:
        name = _NAMES.get(answer["encoding"] or "", "")
        sure[name] = max(sure.get(name, 0.0), answer["confidence"])
    best = max(sure, key=lambda name: sure[name], default="")
    if not best or not sure[best]:
        return Guess("", 0.0)
    if "gb18030" in sure:
        sure["gbk"] = sure["gb18030"]
    return Guess(best, sure[best], {name: value / sure[best] for name, value in sure.items()})


def _without_damage(sample: bytes) -> Guess | None:
    """What the unbroken pieces tell of an encoding with two bytes a character.

    The detector gives such an encoding up for one stray byte.
    """
    pieces = _FRAGMENT.findall(sample)
    for name, codec in _PAIRED.items():
        whole = [piece for piece in pieces if _is_whole(piece, codec)]
        if len(whole) < len(pieces) and sum(map(len, whole)) * 2 >= sum(map(len, pieces)):
            guess = _ask(b"\n".join(whole))
            if guess.name == name and guess.confidence >= _UNSURE:
                return guess
    return None


def _is_whole(piece: bytes, codec: str) -> bool:
    try:
        piece.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _by_shape(sample: bytes, guess: Guess) -> Guess:
    """The first likely encoding under which words look like words.

    English has so few letters beyond ASCII that only their places in words can tell.
    """
    # What is on the web without a label is most often Western.
    western = _LATIN[:1] if guess.shares.get(_LATIN[0], 0.0) >= _EVEN else ()
    for name in dict.fromkeys([*western, *filter(None, [guess.name]), *_LATIN]):
        if looks_written(decode(sample, name)):
            return replace(guess, name=name)
    return Guess("", 0.0)


def looks_written(text: str) -> bool:
    """Say whether no word with letters beyond ASCII has a shape that words don't have."""
    return not any(map(_UNLIKELY.search, _WORD.findall(_TAG.sub(" ", text))))
