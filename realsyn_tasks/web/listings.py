"""Code, output and tables of signs, which pages show among their prose and which is none."""

from __future__ import annotations

import re

from realsyn_tasks.web.elements import BLOCKS, CODE, HEADINGS, PREFORMATTED
from realsyn_tasks.web.tree import Node

_NAMES = re.compile(
    r"(?<![a-z0-9])(?:highlight\w*|lang(?:uage)?-\w+|brush|source-?code|syntax\w*|hljs|prism\w*"
    r"|codehilite|code-?(?:block|box|snippet|toolbar)?|console|terminal|shell|gutter|line-?nos?"
    r"|programlisting|literal-block|doctest)(?![a-z0-9])",
    re.I,
)
_SIGNS = re.compile(r"[{}\[\]<>=+*\\|^%$#@_~;]|\w\(|->|::|//|&&|^[^\S\n]*+[-+]{2,}", re.M)
_WORD = re.compile(r"[(\"'“‘«]*[^\W\d_]+(?:['’-][^\W\d_]+)*[)\"'”’»]*[.,;:!?…]*[)\"'”’»]*")
_SAMPLE = 4_000  # characters
_MANY = 0.03  # signs a character
_WORDS = 0.6  # of what stands between blanks


def is_listing(node: Node) -> bool:
    """Say whether a block holds code or the like, and nothing else."""
    if node.tag in PREFORMATTED:
        if node.parent is not None and node.parent.raw:
            return False  # it was looked at already
        return bool(node.code) or _is_named(node) or looks_like_code(node.sample(_SAMPLE))
    if not node.code or node.code < node.weight or node.tag not in BLOCKS:
        return False
    return node.tag not in HEADINGS and _is_shown_as_code(node)


def looks_like_code(text: str) -> bool:
    """Say whether a text is made of signs and numbers rather than of words."""
    if len(_SIGNS.findall(text)) > _MANY * len(text):
        return True
    tokens = text.split()
    words = sum(_WORD.fullmatch(token) is not None for token in tokens)
    return words < _WORDS * len(tokens)


def _is_shown_as_code(node: Node) -> bool:
    text = node.sample(_SAMPLE).strip()
    is_sentence = text[-1:] in ".!?…" and text[:1].isupper()
    return looks_like_code(text) or not is_sentence


def _is_named(node: Node) -> bool:
    around: Node | None = node
    for _ in range(3):
        if around is None or around.tag in ("body", "article", "main"):
            return False
        if _NAMES.search(around.get("class")) or around.tag in CODE:
            return True
        around = around.parent
    return False
