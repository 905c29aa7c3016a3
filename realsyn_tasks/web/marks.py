"""Marks amid text that change what it says: powers, indices, fractions, formulas, footnotes.

A power is another number than its digits in a row, and a footnote's number is no part of its
sentence. What has signs of its own in Unicode is written in them; what hasn't leaves a hole
(tree.HOLE), and the sentence around a hole is not read.
"""

from __future__ import annotations

import re
import unicodedata

from realsyn_tasks.text.whitespace import collapse, word_set
from realsyn_tasks.web.tree import HOLE, Node

_PLAIN = "0123456789+-=()"
_RAISED = str.maketrans(
    _PLAIN + "−–" + "abcdefghijklmnoprstuvwxyz" + "ABDEGHIJKLMNOPRTUVW",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾" + "⁻⁻" + "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ" + "ᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
)
_LOWERED = str.maketrans(
    _PLAIN + "−–" + "aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎" + "₋₋" + "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)
_NUMBER = re.compile(r"[0-9+\-−–=()]+")
_MARK = re.compile(
    r"(?:[\[(]\s*)?(?:(?:note|n|ref|fn|nb)\.?\s*)?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5}|[*†‡§¶#^]{1,3})"
    r"(?:\s*[,;–-]\s*(?:\d{1,3}|[a-zA-Z]))*(?:\s*[\])])?"
)
_BRACKETED = re.compile(r"\[[^\[\]]{1,60}\](?:\s*\[[^\[\]]{1,60}\])*")
_SIGN = re.compile(r"[^\w\s]{1,3}\ufe0e?")
_NOTE_BODY = re.compile(r"(?<![a-z0-9])(?:foot|side|margin|end)-?note(?![a-z0-9])", re.I)
_CLINGS = re.compile(r"[^\W\d_]$|[.,;:!?”\"’)]$")  # what a mark stands behind without a blank
_NOTE_NAME = re.compile(
    r"(?<![a-z0-9])(?:foot-?notes?|end-?notes?|side-?notes?|note-?ref|fn-?ref|fn|cite|citation|refs?"
    r"|references?|back-?refs?|back-?links?|doc-(?:noteref|backlink|endnote|footnote))(?![a-z0-9])",
    re.I,
)
_UNIT = re.compile(
    r"(?<![A-Za-z])(?:[kcdmµμn]m|km|ft|yd|kg|Pa|Hz|mol|rad|mc|[A-Za-z])$"
    r"|(?:\d|/|per )\s?(?:in|mi|sec|min|hr|feet|foot|miles?|met(?:er|re)s?|inch(?:es)?)$"
)
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d$")
_COUNTED = re.compile(r"\d[\d.,]*\s+(?:square |cubic )?[A-Za-z]+$")  # 25 miles
_ORDINALS = word_set("st nd rd th er e re ère ème o a os as me lle mme tm sm r ™ ® © TM SM Me Mme")
_WORDS = re.compile(r"\w{2,}\s+\w{2,}")
_LETTERS = 3  # of a word that stands higher for its looks
_SHORT = 60  # characters of a mark
_FRACTION = re.compile(r"(?<=(\d))?\s?([⁰¹²³⁴⁵⁶⁷⁸⁹]+)\s?[⁄/∕]\s?([₀₁₂₃₄₅₆₇₈₉]+)")
_VULGAR = {
    unicodedata.normalize("NFKC", sign).replace("⁄", "/"): sign for sign in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
}
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_SIMPLE_MATH = word_set("math semantics mrow mstyle mi mn mo mtext mspace mpadded msup msub")
_MATH_IMAGE = re.compile(r"(?<![a-z0-9])(?:math|tex|latex|equation|formula)(?![a-z0-9])", re.I)
_TEX = re.compile(r"\{\\displaystyle|\\(?:frac|sum|int|sqrt|alpha|beta|mathbb|mathrm|cdot|left)\b")


MARKS = word_set("sup sub a rt rp rtc math span cite small")
"""The elements that may be marks; `written` gives None for all others."""


def written(node: Node, before: str, after: str) -> str | None:
    """Give what an element stands for in its line; None: what is inside it, as it is.

    `before` and `after` are the texts beside it, on the same line.
    """
    if node.tag in ("sup", "sub"):
        if node.weight > _SHORT:
            return None
        return _raised(node, before, after) if node.tag == "sup" else _lowered(node)
    if node.tag == "a":
        return "" if _leads_to_note(node, before) else None
    if node.tag in ("rt", "rp", "rtc"):
        return ""
    if node.tag == "math":
        return _formula(node)
    if node.tag in ("span", "cite", "small") and node.attributes:
        return "" if _is_named_note(node) else None
    return None


def is_picture_of_formula(node: Node) -> bool:
    """Say whether a picture shows what text cannot: a formula, amid a line."""
    return bool(_MATH_IMAGE.search(node.get("class")) or _TEX.search(node.get("alt")))


def with_fractions(text: str) -> str:
    """Write fractions that were made of raised and lowered digits as fractions."""
    if not ("/" in text or "⁄" in text or "∕" in text):
        return text
    return _FRACTION.sub(_fraction, text)


def _fraction(match: re.Match[str]) -> str:
    upper, lower = match[2].translate(_DIGITS), match[3].translate(_DIGITS)
    blank = match[0][:1] if match[0][:1].isspace() else ""
    sign = _VULGAR.get(f"{upper}/{lower}")
    return f"{blank}{sign}" if sign else f"{blank or ' ' * bool(match[1])}{upper}⁄{lower}"


def _text(node: Node) -> str:
    return collapse("".join(node.texts()))


def _raised(node: Node, before: str, after: str) -> str | None:
    text = _text(node)
    if not text or _is_note(node, text, before, after):
        return ""
    if _WORDS.search(text) or text.lower() in _ORDINALS:
        return None  # small letters, no power
    if text.isalpha() and len(text) >= _LETTERS:
        return None
    return _in_signs(text, _RAISED)


def _lowered(node: Node) -> str | None:
    text = _text(node)
    return None if not text or _WORDS.search(text) else _in_signs(text, _LOWERED)


def _in_signs(text: str, table: dict[int, int]) -> str:
    signs = text.replace(" ", "").translate(table)
    changed = all(a != b for a, b in zip(text.replace(" ", ""), signs, strict=True))
    return signs if changed else HOLE


def _is_note(node: Node, text: str, before: str, after: str) -> bool:
    if _BRACKETED.fullmatch(text) or _is_named(node):
        return True
    if not _MARK.fullmatch(text):
        return False
    if _leads_within(node) or not _NUMBER.fullmatch(text):
        return _leads_within(node) or not _is_variable(text, before)
    return not _is_power(text, before, after)


def _is_variable(text: str, before: str) -> bool:
    """Say whether a raised letter stands behind a number or a single letter: a power of it."""
    return text.isalpha() and bool(re.search(r"(?:\d|\)|(?<![A-Za-z])[A-Za-z])$", before))


def _is_power(text: str, before: str, after: str) -> bool:
    """Say whether raised digits belong to what stands beside them: 10, m, a formula, an element."""
    if after[:1] in ("⁄", "∕", "/"):
        return True
    if not before or before[-1].isspace():
        return after[:1].isalpha() and after[:1].isupper()  # of an isotope
    if before[-1].isdigit():
        return not _YEAR.search(before)
    return before[-1] in ")₀₁₂₃₄₅₆₇₈₉" or _is_measure(text, before)


def _is_measure(text: str, before: str) -> bool:
    counted = text in ("2", "3") and _COUNTED.search(before)
    return bool(counted or _UNIT.search(before) or _is_chemical(before))


def _is_chemical(before: str) -> bool:
    return re.search(r"(?<![A-Za-z])(?:[A-Z][a-z]?[₀-₉]*)+$", before) is not None


def _leads_to_note(node: Node, before: str) -> bool:
    """Say whether a link is a mark: of a note, back from one, or of the place it stands at."""
    if node.weight > 12 or node.images or "#" not in node.get("href"):
        return False
    text = _text(node)
    if not text:
        return False
    if _SIGN.fullmatch(text) or _BRACKETED.fullmatch(text):
        return True
    if not _MARK.fullmatch(text):
        return False
    return _is_named(node) or _CLINGS.search(before) is not None


def _is_named_note(node: Node) -> bool:
    """Say whether an element is a note's mark in brackets, or a note amid the line."""
    if _NOTE_BODY.search(f"{node.get('class')} {node.get('role')}".replace("_", "-")):
        return True
    return node.weight <= _SHORT and _is_named(node) and bool(_BRACKETED.fullmatch(_text(node)))


def _is_named(node: Node) -> bool:
    names = " ".join(node.get(key) for key in ("class", "id", "role", "rel", "epub:type"))
    return bool(_NOTE_NAME.search(names.replace("_", "-"))) and node.weight <= 24


def _leads_within(node: Node) -> bool:
    """Say whether a link around or inside a node leads to a place of a page."""
    inside = [child for child in node.children if child.tag == "a"]
    links = [*inside, *([node.parent] if node.parent and node.parent.tag == "a" else [])]
    return any("#" in link.get("href") for link in links)


def _formula(node: Node) -> str:
    """Give a formula that is a name, a number, a power or a sum of them as text; else a hole."""
    signs: list[str] = []
    waiting = list(reversed(node.children))
    while waiting:
        part = waiting.pop()
        if not part.tag:
            signs.append(part.text.strip())
        elif part.tag in ("annotation", "annotation-xml"):
            continue
        elif part.tag not in _SIMPLE_MATH:
            return HOLE
        elif part.tag in ("msup", "msub"):
            base, mark = _script(part)
            if not base or mark == HOLE:
                return HOLE
            signs.append(base + mark)
        else:
            waiting += reversed(part.children)
    return _spaced("".join(filter(None, signs)))


def _script(part: Node) -> tuple[str, str]:
    inside = [child for child in part.children if child.tag]
    simple = len(inside) == 2 and not any(child.children[1:] for child in inside)
    if not simple:
        return "", HOLE
    table = _RAISED if part.tag == "msup" else _LOWERED
    return _text(inside[0]), _in_signs(_text(inside[1]), table)


def _spaced(formula: str) -> str:
    return re.sub(r"\s*([=<>≤≥≈≠±×→∈])\s*", r" \1 ", formula).strip() or HOLE
