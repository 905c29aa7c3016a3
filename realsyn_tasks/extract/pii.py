"""Tells sentences that carry somebody's address, number or card.

A sentence is dropped whole, so the patterns lean towards dropping: a lost sentence is cheap, a
published telephone number is not.
"""

from __future__ import annotations

import ipaddress
import re

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?[\w-]+)+",
    re.IGNORECASE,
)
_MORE = r"(?:[ .\-/()]{0,2}\d)"  # one more digit of a number
_INTERNATIONAL = re.compile(rf"(?<![\w+.,])(?:\+|00)[ (]{{0,2}}[1-9]{_MORE}{{7,13}}(?!\d)")
_AMERICAN = re.compile(
    r"(?<![\d.])(?:1[ .-])?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d.]\d)"
)
_CALLED = re.compile(
    rf"\b(?:tel(?:ephone)?|phone|mobile|cell|call|fax|whatsapp)\b[^\d\n]{{0,20}}\d{_MORE}{{5,14}}",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\w.])(?<!ersion )\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.IGNORECASE)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def kind_of_pii(sentence: str) -> str:
    """Name the first kind of personal data found: email, ip, card, phone; empty for none."""
    if _EMAIL.search(sentence):
        return "email"
    if not any(character.isdigit() for character in sentence):
        return ""
    if _has_address(sentence):
        return "ip"
    if any(_is_card(match.group()) for match in _CARD.finditer(sentence)):
        return "card"
    phones = (_INTERNATIONAL, _AMERICAN, _CALLED)
    return "phone" if any(pattern.search(sentence) for pattern in phones) else ""


def _has_address(sentence: str) -> bool:
    found = [match.group() for match in _IPV4.finditer(sentence)]
    found += [match.group() for match in _IPV6.finditer(sentence) if len(match.group()) > 4]
    return any(_is_address(text) for text in found)


def _is_address(text: str) -> bool:
    """Check the text; four small numbers are a section or a version, not an address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return ":" in text or any(int(part) > 9 for part in text.split("."))


def _is_card(text: str) -> bool:
    """Apply Luhn's check, which one number in ten passes by chance."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0
