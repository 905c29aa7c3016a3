"""What a page holds and its readers don't see.

A page says so by attributes, styles and names. None of them counts for a part that is most of the
page: scripts show a page once it has loaded, until when it is hidden lest it flickers.
"""

from __future__ import annotations

import re

from realsyn_tasks.web.names import kind_of_name
from realsyn_tasks.web.tree import Attributes, Node, Tree

_NONE = re.compile(r"display\s*:\s*none|content-visibility\s*:\s*hidden", re.I)
_INVISIBLE = re.compile(r"visibility\s*:\s*(?:hidden|collapse)", re.I)
_AWAY = re.compile(
    r"(?:left|top|text-indent)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*[01](?:px)?\b"
    r"|clip-path\s*:\s*inset\(\s*(?:50|100)%",
    re.I,
)
_MOST = 0.5  # of a page, which nobody hides for good
_ROW = 50  # children that are looked at
_MUCH = 0.4  # of a page, where only a name or a style that scripts change says so


def is_hidden(attributes: Attributes) -> bool:
    """Say whether an element is declared to be hidden by its attributes and styles."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style") or ""
    return bool(style) and bool(_NONE.search(style) or _INVISIBLE.search(style))


def conceal(tree: Tree) -> None:
    """Leave out what readers don't see."""
    whole = tree.top.weight
    waiting: list[Node] = []  # what scripts show, perhaps
    for node in tree.elements():
        if not node.attributes or node is tree.top:
            continue
        how = _how_hidden(node)
        if not how or _is_formula(node) or _is_slide(node):
            continue
        if how == "script":
            waiting.append(node)
        elif node.weight <= (_MOST if how == "style" else _MUCH) * whole:
            node.drop()
    if sum(node.weight for node in waiting) <= _MUCH * whole:
        for node in waiting:
            node.drop()
    tree.settle()


def _how_hidden(node: Node) -> str:
    attributes = node.attributes
    if "hidden" in attributes:
        return "style"
    if attributes.get("aria-hidden") == "true":
        return "name" if node.weight or not node.images else ""  # eyes see the picture
    style = attributes.get("style") or ""
    if style and _NONE.search(style):
        return "style"
    if style and _AWAY.search(style):
        return "name"
    if style and _INVISIBLE.search(style):
        return "script"
    kind, _ = kind_of_name(attributes.get("class") or "", attributes.get("id") or "")
    return "name" if kind == "hidden" else ""


def _is_formula(node: Node) -> bool:
    """Say whether it is a formula as text, of which another form is shown."""
    return any(child.tag == "math" for child in node.children)


def _is_slide(node: Node) -> bool:
    """Say whether it is one of several pictures in a row, of which another is shown now."""
    if not node.images or node.parent is None or node.headed:
        return False
    row = [child for child in node.parent.children[:_ROW] if child.tag == node.tag]
    return any(child.images and not _how_hidden(child) for child in row if child is not node)
