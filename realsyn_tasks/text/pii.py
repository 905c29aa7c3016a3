"""Finds somebody's address, number or card in sentences, to drop the sentence or to mask it.

The patterns lean towards finding: a lost sentence is cheap, a published telephone number is not.
Numbers with check digits must pass their check.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection
from typing import Literal, get_args

from realsyn_tasks.text.id_numbers import IBAN, ID_NUMBERS, iban_length, is_card

PiiKind = Literal["email", "ip", "iban", "id_number", "card", "phone"]
KINDS: tuple[PiiKind, ...] = get_args(PiiKind)

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?[\w-]+)+",
    re.IGNORECASE,
)
_AT = re.compile(r"@|\(at\)|\[at\]", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_MORE = r"(?:[ .\-/()]{0,2}\d)"  # one more digit of a number
_PHONES = (
    re.compile(rf"(?<![\w+.,])(?<!\d[ -])(?:\+|00)[ (]{{0,2}}[1-9]{_MORE}{{7,13}}(?!\d)"),
    re.compile(r"(?<![\d.])(?:1[ .-])?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d.]\d)"),
    re.compile(r"(?<![\w+.,/-])(?<!\d[ -])\(?0[1-9]\d{0,3}\)?(?:[ -]\d{2,8}){1,4}(?!\d|[ .,/-]\d)"),
    re.compile(
        r"\b(?:tel(?:ephone)?|phone|mobile|cell|call|fax|whatsapp)\b[^\d\n]{0,20}"
        rf"(?P<it>\d{_MORE}{{5,14}})",
        re.IGNORECASE,
    ),
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.IGNORECASE)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
# What is numbered with stops, or with many digits, and belongs to nobody.
_COUNTED_THINGS = re.compile(
    r"\b(?:v|ver|version|release|build|revision|firmware|kernel|sections?|sect?|chapters?|clauses?"
    r"|articles?|paragraphs?|para|rules?|items?|parts?|steps?|figures?|fig|tables?|exercises?"
    r"|appendix|models?|types?|engines?|editions?|levels?|versions|releases|standards?|no|nos|§+)\b"
    r"[\s.:#(]{0,3}(?:(?:[\d.,]+|and|or|to|through|[-–])\s?){0,6}$|§+\s?$",
    re.IGNORECASE,
)
_NUMBERED_THINGS = re.compile(
    r"\b(?:isbn|issn|ismn|ean|upc|gtin|asin|sku|doi|oclc|lccn|parcel|package|shipment|tracking"
    r"|consignment|serial|model|part|item|order|patent|catalogue|catalog|inventory|accession|lot"
    r"|batch|stock|invoice|article|edition)\b(?:[- ]?1[03]\b)?"
    r"[\s.:#(]{0,3}(?:(?:no|nr|number|code|id|is|was|the|of)\b[\s.:#]{0,3}){0,3}$",
    re.IGNORECASE,
)
_PRICED = re.compile(r"[$€£¥₹]\s?$")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[ .,]\d{3})+")
_ROUND = re.compile(r"\+?[1-9]\d{0,2}(?:[ .,]\d{3})*[ .,]000")
_CALLED = re.compile(  # before the number of a telephone
    r"(?:\W|\b(?:number|no|nr|us|me|him|her|them|now|is|at|on|or|line|and|fax|mobile|office|home)\b)*",
    re.IGNORECASE,
)
_TIMES = re.compile(r"(?:[01]\d|2[0-4])[0-5][05](?:[ -](?:[01]\d|2[0-4])[0-5][05])+")
_BEFORE = 60  # characters that tell what a number is
_MIN_NATIONAL = 9  # digits of a telephone number without a country
_MIN_IPV6 = 5  # characters; shorter ones are as often the time or a smiley


def kind_of_pii(sentence: str, kinds: Collection[str] = KINDS) -> str:
    """Name the first of these kinds of personal data that is found; empty for none."""
    return next(iter(mask_pii(sentence, kinds)[1]), "")


def mask_pii(sentence: str, kinds: Collection[str] = KINDS) -> tuple[str, list[str]]:
    """Put [EMAIL], [PHONE] and so on in place of personal data; names the kinds found.

    What one kind has taken is not looked at by the next, in the order of KINDS.
    """
    masked_kinds: list[str] = []
    has_digits = _DIGIT.search(sentence) is not None
    for kind in KINDS:
        if kind in kinds and (has_digits if kind != "email" else _AT.search(sentence)):
            masked = _FINDERS[kind](sentence, f"[{kind.upper()}]")
            if masked != sentence:
                masked_kinds.append(kind)
            sentence = masked
    return sentence, masked_kinds


def _emails(sentence: str, mask: str) -> str:
    return _EMAIL.sub(mask, sentence)


def _addresses(sentence: str, mask: str) -> str:
    sentence = _IPV4.sub(_unless(_COUNTED_THINGS, _if(_is_ipv4, mask)), sentence)
    return _IPV6.sub(_if(_is_ipv6, mask), sentence) if sentence.count(":") > 1 else sentence


def _ibans(sentence: str, mask: str) -> str:
    def masked(match: re.Match[str]) -> str:
        length = iban_length(match.group())
        return mask + match.group()[length:] if length else match.group()

    return IBAN.sub(masked, sentence)


def _id_numbers(sentence: str, mask: str) -> str:
    for pattern, is_valid in ID_NUMBERS:
        sentence = pattern.sub(_if(is_valid, mask), sentence)
    return sentence


def _cards(sentence: str, mask: str) -> str:
    return _CARD.sub(_unless(_NUMBERED_THINGS, _if(is_card, mask)), sentence)


def _phones(sentence: str, mask: str) -> str:
    def masked(match: re.Match[str]) -> str:
        named = match.groupdict().get("it")
        if _ROUND.fullmatch(named or match.group()):
            return match.group()
        if named and _THOUSANDS.fullmatch(named) and not _says_call(match):
            return match.group()
        return match.group().replace(named, mask) if named else mask

    for pattern in _PHONES:
        check = _is_national if pattern is _PHONES[2] else None
        by_form = _if(check, mask) if check else masked
        sentence = pattern.sub(_unless(_PRICED, _unless(_NUMBERED_THINGS, by_form)), sentence)
    return sentence


def _if(is_valid: Callable[[str], bool], mask: str) -> Callable[[re.Match[str]], str]:
    """Replace a match only where it passes its check."""
    return lambda match: mask if is_valid(match.group()) else match.group()


def _unless(
    told: re.Pattern[str], replaced: Callable[[re.Match[str]], str]
) -> Callable[[re.Match[str]], str]:
    """Leave a match alone where what stands before it tells that it is something else."""

    def left(match: re.Match[str]) -> str:
        before = match.string[max(0, match.start() - _BEFORE) : match.start()]
        return match.group() if told.search(before) else replaced(match)

    return left


def _says_call(match: re.Match[str]) -> bool:
    """Say whether a number follows a telephone at once, or a word that leads to one."""
    gap = match.string[match.start() : match.start("it")].split()[1:]
    return not gap or bool(_CALLED.fullmatch(gap[-1]))


def _is_ipv4(text: str) -> bool:
    """Check the text; four small numbers are a section or a version, not an address."""
    return _is_address(text) and any(int(part) > 9 for part in text.split("."))


def _is_ipv6(text: str) -> bool:
    return len(text) >= _MIN_IPV6 and _is_address(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_national(text: str) -> bool:
    digits = sum(character.isdecimal() for character in text)
    return digits >= _MIN_NATIONAL and not _TIMES.fullmatch(text)


_FINDERS: dict[str, Callable[[str, str], str]] = {
    "email": _emails,
    "ip": _addresses,
    "iban": _ibans,
    "id_number": _id_numbers,
    "card": _cards,
    "phone": _phones,
}
