"""Finds emoji and web addresses in sentences (paper §3.1)."""

from __future__ import annotations

import re

# Signs of print and mathematics that Unicode also lists as emoji; alone they are no emoji.
_SIGNS = frozenset("©®™‼⁉ℹ↔↕↖↗↘↙↩↪▪▫▶◀◻◼♀♂♠♣♥♦⚖✂✏✒✔✖✝")

# A bare domain counts if it ends in one of these; other endings are as often a missing space.
_ENDINGS = "com|org|net|edu|gov|info|io|co|uk|us|eu|de|fr|jp|cn|ru|tv|biz|app|dev|blog|shop|online"
_URL = re.compile(
    rf"(?i:(?:https?|ftps?|file)\s?:\s?//|\bwww\.\w)"
    rf"|(?<![\w@.-])(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)"
    rf"\.(?P<ending>(?i:{_ENDINGS}))(?![\w-])(?P<path>/\S*)?"
)
# A word with an article before it is no host: the stop after it lacks its blank.
_ARTICLE = re.compile(
    r"\b(?:an?|the|his|her|its|my|our|their|your)\s+(?:[a-z]+\s+)?$", re.IGNORECASE
)
_DOUBTFUL = frozenset("co io us de fr uk eu tv info app dev shop online blog net".split())


def has_emoji(sentence: str) -> bool:
    """Say whether a sentence holds an emoji; signs such as © count only if drawn as one."""
    if sentence.isascii():
        return False
    import emoji

    return any(match["emoji"] not in _SIGNS for match in emoji.emoji_list(sentence))


def has_url(sentence: str) -> bool:
    """Say whether a sentence holds a web address, with or without its scheme."""
    return any(_is_address(match) for match in _URL.finditer(sentence))


def _is_address(match: re.Match[str]) -> bool:
    """Say whether it is an address, rather than the name of a product or a missing blank."""
    host, ending, path = match["host"], match["ending"], match["path"]
    if not host or path:
        return True
    if not ending.islower():  # ASP.NET, left.Us, but Example.COM
        return ending.isupper() and len(ending) > 2 and ending != "NET"
    before = match.string[max(0, match.start() - 30) : match.start()]
    return not (ending in _DOUBTFUL and host.islower() and _ARTICLE.search(before))
