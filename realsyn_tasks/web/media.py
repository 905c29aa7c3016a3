"""Conditions that say for which screens a source of a picture is meant.

They are judged for one reader: a light screen of 1280 x 800 px with one pixel a dot.
"""

from __future__ import annotations

import re

_WIDTH, _HEIGHT = 1280.0, 800.0  # px
_EM = 16.0  # px
_PIXELS = {"px": 1.0, "em": _EM, "rem": _EM, "": 1.0}
_ATOM = re.compile(r"\(\s*([^()]*?)\s*\)")
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|em|rem|)")
_PLAIN = re.compile(r"(min-|max-|)(device-|)(width|height)\s*:\s*(.+)")
_RANGE = re.compile(r"(?:(.+?)\s*([<>]=?|=)\s*)?(width|height)(?:\s*([<>]=?|=)\s*(.+))?")
_WORDS = {
    "orientation": "landscape",
    "prefers-color-scheme": "light",
    "prefers-reduced-motion": "no-preference",
    "prefers-reduced-data": "no-preference",
    "prefers-contrast": "no-preference",
    "hover": "hover",
    "any-hover": "hover",
    "pointer": "fine",
    "any-pointer": "fine",
    "display-mode": "browser",
    "scripting": "enabled",
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
MAX_MEDIA = 500  # characters


def suits_screen(media: str) -> bool:
    """Say whether a source with this media attribute is for our reader; all are without one."""
    if not media.strip():
        return True
    queries = " ".join(media[:MAX_MEDIA].lower().split()).split(",")
    return any(_suits(query.strip()) for query in queries)


def _suits(query: str) -> bool:
    negated = query.startswith("not ")
    plain = query.removeprefix("not ").removeprefix("only ").strip()
    return _holds(plain) != negated


def _holds(query: str) -> bool:
    rest = _ATOM.sub(lambda atom: "true" if _feature(atom[1]) else "false", query)
    either = rest.replace("(", " ").replace(")", " ").split(" or ")
    return any(all(_word(part) for part in re.split(r"\band\b", one)) for one in either)


def _word(part: str) -> bool:
    words = part.split()
    negated = words[:1] == ["not"]
    return (words[negated:] in (["true"], ["screen"], ["all"])) != negated


def _feature(text: str) -> bool:
    """Say whether one feature has the value that is asked for; unknown ones have not."""
    plain = _PLAIN.fullmatch(text)
    if plain:
        sign = {"min-": ">=", "max-": "<=", "": "="}[plain[1]]
        return _compares(_side(plain[3]), sign, plain[4])
    spans = _RANGE.fullmatch(text)
    if spans:
        side = _side(spans[3])
        below = _compares(side, _FLIPPED[spans[2]], spans[1]) if spans[2] else True
        return below and (_compares(side, spans[4], spans[5]) if spans[4] else True)
    name, _, value = (part.strip() for part in text.partition(":"))
    return _WORDS.get(name) == value


def _side(name: str) -> float:
    return _WIDTH if name == "width" else _HEIGHT


def _compares(side: float, sign: str, value: str) -> bool:
    length = _LENGTH.fullmatch(value.strip())
    if not length:
        return False
    asked = float(length[1]) * _PIXELS[length[2]]
    return {
        "<": side < asked,
        "<=": side <= asked,
        ">": side > asked,
        ">=": side >= asked,
        "=": side == asked,
    }[sign]
