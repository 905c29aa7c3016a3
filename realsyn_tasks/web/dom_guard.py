"""Refuses pages that are small in bytes and huge once parsed, and cuts others to what can be read.

HTML parsers walk the stack of open elements for nearly every tag and reopen unclosed styling
elements in every new block, so some kilobytes can cost gigabytes or hours. Browsers cut such pages
off at a depth of 512; the parser here does not, so it never sees them. Nor does it see the options
of endless menus and tags of endless attributes, whose cost grows with the square of their number:
one linear pass takes them out.
"""

from __future__ import annotations

import re
from collections import Counter

from realsyn_tasks.text.whitespace import word_set

MAX_DEPTH = 1_000  # open elements
MAX_REOPENED = 2_000_000  # styling elements that the parser might have to create again
MAX_TAGS = 400_000  # whose elements take about ten seconds and half a gigabyte
MAX_OPTIONS = 1_000  # of all menus of a page
MAX_ATTRIBUTES = 300  # of a tag
_LONG_TAG = 1_000  # characters; a shorter one cannot have so many

_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)"
    r"""|<(/?)([a-z][^\s/>]*)(?:[^>=]++|=\s*+(?:"[^"]*"|'[^']*'|[^\s>]*+))*+>?""",
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
    for number, token in enumerate(_TOKEN.finditer(html)):
        if number >= MAX_TAGS:
            return f"more than {MAX_TAGS} tags"
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


def without_costly(html: str) -> tuple[str, str]:
    """Give the page without elements that cost more than they are long, and what is left out.

    The second is "" if nothing is, and the first the page as it was.
    """
    said = []
    if len(_OPTION.findall(html)) > MAX_OPTIONS:
        html = _OPTIONS.sub("", html)
        said.append(f"more than {MAX_OPTIONS} options of menus")
    slim = _LONG.sub(_with_few_attributes, html) if len(html) > _LONG_TAG else html
    if slim != html:
        said.append(f"tags of more than {MAX_ATTRIBUTES} attributes")
    return slim, " and ".join(said)


def _with_few_attributes(tag: re.Match[str]) -> str:
    """The tag itself, or without attributes if it has too many."""
    if len(tag[0]) < _LONG_TAG or not tag[1]:
        return tag[0]
    names = _VALUE.sub(" ", tag[0]).replace("/", " ").split()
    return f"<{tag[1]}>" if len(names) > MAX_ATTRIBUTES else tag[0]


_OPTION = re.compile(r"<opt(?:ion|group)\b", re.IGNORECASE)
_OPTIONS = re.compile(
    r"<opt(?:ion|group)\b[^>]*+>?[^<]*+|</opt(?:ion|group)\b[^>]*+>?", re.IGNORECASE
)
_VALUE = re.compile(r"""=\s*+(?:"[^"]*"|'[^']*'|[^\s>]*+)""")
_LONG = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"""|</?([a-z][^\s/>]*)(?:[^>=]++|=\s*+(?:"[^"]*"|'[^']*'|[^\s>]*+))*+>?""",
    re.IGNORECASE | re.DOTALL,
)
