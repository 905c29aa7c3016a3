"""Refuses pages that are small in bytes and huge once parsed.

HTML parsers walk the stack of open elements for nearly every tag and reopen unclosed styling
elements in every new block, so some kilobytes can cost gigabytes or hours. Browsers cut such pages
off at a depth of 512; the parser here does not, so it never sees them.
"""

from __future__ import annotations

import re
from collections import Counter

from realsyn_tasks.text.whitespace import word_set

MAX_DEPTH = 1_000  # open elements
MAX_REOPENED = 2_000_000  # styling elements that the parser might have to create again


_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)"
    r"""|<(/?)([a-z][^\s/>]*)(?:[^>"']|"[^"]*"|'[^']*')*>?""",
    re.IGNORECASE | re.DOTALL,
)
_STYLING = word_set("a b big code em font i nobr s small strike strong tt u")
# Void elements, and those which the next one of their kind closes.
_FLAT = word_set(
    "area base br col embed hr img input link meta param source track wbr"
    " p li dt dd td th tr tbody thead tfoot option optgroup rt rp"
)


def why_too_costly(html: str) -> str:
    """What makes the page unreasonable to parse, "" if nothing does."""
    open_tags: Counter[str] = Counter()
    depth = styled = reopened = 0
    for token in _TOKEN.finditer(html):
        name = (token[3] or "").lower()
        reopened += styled
        if reopened > MAX_REOPENED:
            return f"more than {MAX_REOPENED} styling elements to reopen"
        if not name or name in _FLAT:
            continue
        step = -min(1, open_tags[name]) if token[2] else 1
        open_tags[name] += step
        depth += step
        styled += step if name in _STYLING else 0
        if depth > MAX_DEPTH:
            return f"more than {MAX_DEPTH} elements inside each other"
    return ""
