"""Numbers by which banks and states know a person, told by their form and their check digits."""

from __future__ import annotations

import re
from collections.abc import Callable

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![a-z])")
_IBAN_LENGTHS = {
    length: frozenset(countries.split())
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "PT",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
    }.items()
}
_US = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_BRITISH = re.compile(
    r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b"
)
_SPANISH = re.compile(r"(?<![\w-])[XYZ\d]-?\d{7}-?[A-Z](?![\w-])")
_BRAZILIAN = re.compile(r"(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
_FRENCH = re.compile(
    r"(?<![\d.])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d\d ?\d{3} ?\d{3} ?\d\d(?![\d.]\d|\d)"
)
_CHINESE = re.compile(r"(?<![\w.])[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])\d{5}[\dXx](?!\w)")


def iban_length(text: str) -> int:
    """Count the characters of a text that begin it as a valid IBAN, with its spaces; 0: none."""
    length = next((n for n, known in _IBAN_LENGTHS.items() if text[:2] in known), 0)
    places = [place for place, character in enumerate(text) if character.isalnum()]
    if not length or len(places) < length:
        return 0
    signs = [text[place] for place in places[:length]]
    number = "".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])
    return places[length - 1] + 1 if int(number) % 97 == 1 else 0


def is_card(text: str) -> bool:
    """Apply Luhn's check, which one number in ten passes by chance."""
    digits = _digits(text)[::-1]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_spanish(text: str) -> bool:
    plain = text.replace("-", "")
    number = int(plain[:-1].translate(str.maketrans("XYZ", "012")))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == plain[-1]


def _is_brazilian(text: str) -> bool:
    digits = _digits(text)
    return len(set(digits)) > 1 and all(
        digits[n] == sum(d * (n + 1 - place) for place, d in enumerate(digits[:n])) * 10 % 11 % 10
        for n in (9, 10)
    )


def _is_french(text: str) -> bool:
    number = int("".join(map(str, _digits(text))))
    return 97 - number // 100 % 97 == number % 100


def _is_chinese(text: str) -> bool:
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdecimal()]


def _always(text: str) -> bool:
    return True


IBAN = _IBAN
ID_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_US, _always),  # neither this nor the next has a check digit
    (_BRITISH, _always),
    (_SPANISH, _is_spanish),
    (_BRAZILIAN, _is_brazilian),
    (_FRENCH, _is_french),
    (_CHINESE, _is_chinese),
)
