"""Takes keys out of addresses and texts that are told to others, in notices or lineage."""

from __future__ import annotations

import re

HIDDEN = "***"
_USER = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^/?#\s]*@", re.IGNORECASE)
_BEHIND = re.compile(r"(?P<place>[a-z][a-z0-9+.-]*://[^?#\s]*)[?#]\S*", re.IGNORECASE)
# A name is looked at from its beginning alone: from each of its letters, a long one takes seconds.
_SECRET = re.compile(
    r"(?P<name>(?<![\w-])[\w-]*"
    r"(?:password|passwd|secret|token|signature|credential|access_?key|api_?key|sig)"
    r"[\w-]*[\"']?\s*[=:]\s*)(?P<quote>[\"']?)[^\s\"'&,;}]+(?P=quote)",
    re.IGNORECASE,
)


def place(uri: str) -> str:
    """Give a URI without user, password, query and fragment: where a thing lies, and no more."""
    return _BEHIND.sub(r"\g<place>", _USER.sub(r"\g<scheme>", uri))


def text(words: str) -> str:
    """Give a text without users in its addresses, and with the values of keys hidden."""
    bare = _USER.sub(r"\g<scheme>", words)
    return _SECRET.sub(rf"\g<name>\g<quote>{HIDDEN}\g<quote>", bare)
