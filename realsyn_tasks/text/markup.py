"""Finds emoji and web addresses in sentences (paper §3.1)."""

from __future__ import annotations

import re

# Signs of print and mathematics that Unicode also lists as emoji; alone they are no emoji.
_SIGNS = frozenset("©®™‼⁉ℹ↔↕↖↗↘↙↩↪▪▫▶◀◻◼♀♂♠♣♥♦⚖✂✏✒✔✖✝")

# A bare domain counts if it ends in one of these; other endings are as often a missing space.
_ENDINGS = "com|org|net|edu|gov|info|io|co|uk|us|eu|de|fr|jp|cn|ru|tv|biz|app|dev|blog|shop|online"
_URL = re.compile(
    rf"(?:https?|ftps?|file)\s?:\s?//|\bwww\.\w|(?<![\w@.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*"
    rf"\.(?:{_ENDINGS})(?![\w-])(?:/\S*)?",
    re.IGNORECASE,
)


def has_emoji(sentence: str) -> bool:
    """Say whether a sentence holds an emoji; signs such as © count only if drawn as one."""
    if sentence.isascii():
        return False
    import emoji

    return any(match["emoji"] not in _SIGNS for match in emoji.emoji_list(sentence))


def has_url(sentence: str) -> bool:
    """Say whether a sentence holds a web address, with or without its scheme."""
    return _URL.search(sentence) is not None
