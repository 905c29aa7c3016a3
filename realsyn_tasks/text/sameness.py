"""When two texts say the same, letter by letter."""

from __future__ import annotations

import hashlib

KEY_LENGTH = 32


def text_key(text: str) -> str:
    """Digest what is left of a text without case, punctuation and spaces.

    A text without any letter or digit keeps its signs.
    """
    folded = text.casefold()
    plain = "".join(character for character in folded if character.isalnum()) or folded
    return hashlib.sha256(plain.encode()).hexdigest()[:KEY_LENGTH]
