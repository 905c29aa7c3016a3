"""Figures of a page: boxes that hold pictures and what is said of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from realsyn_tasks.text.whitespace import word_set
from realsyn_tasks.web.tree import Node, Tree

_FIGURES = word_set(
    "figure figure-contents informalfigure mediaobject inlinemediaobject thumb thumbinner"
    " gallerybox wp-caption image-caption image-figure"
)
_CAPTION = re.compile(r"(?<![a-z0-9])(?:fig)?captions?(?![a-z0-9])|thumbcaption|gallerytext")
_MAX_STEPS = 4  # from a caption up to the box that holds its picture
_LINKED = 0.3  # of what stands beside a picture: more leads to another page
_MORE = 1.3  # of the caption's weight that its box may have


@dataclass
class Picture:
    """An image element: addresses as written in the page, the one to try first in front."""

    candidates: tuple[str, ...]
    alt: str
    caption: str = ""
    heading: str = ""  # the nearest one above
    licence: str = ""  # that its figure links to


@dataclass
class Figure:
    """What an open figure holds so far."""

    images: list[Picture] = field(default_factory=list)
    captions: dict[int, str] = field(default_factory=dict)  # by number of the node
    licence: str = ""


def is_figure_name(tag: str, classes: str) -> bool:
    """Say whether an element is a figure by its tag or its class."""
    return tag == "figure" or bool(classes and not _FIGURES.isdisjoint(classes.lower().split()))


def mark_figures(tree: Tree) -> None:
    """Mark figures and captions, by their names and by what boxes hold.

    A box that holds pictures and a caption, and no other text, is a figure, too.
    """
    if not tree.top.images:
        return
    for node in tree.elements():
        if node.images and is_figure_name(node.tag, node.get("class")):
            node.figure = True
        if _is_caption(node):
            node.caption = True
            box = _box_of(node) if node.weight and not node.images else None
            if box is not None:
                box.figure = True


def _is_caption(node: Node) -> bool:
    if node.tag == "figcaption" or (node.tag == "caption" and node.parent and node.parent.images):
        return True
    classes = node.get("class").lower() if node.attributes else ""
    if not classes:
        return False
    if node.tag in ("p", "div") and "title" in classes.split():
        return True  # of DocBook
    return bool(_CAPTION.search(classes)) and not node.images


def _box_of(caption: Node) -> Node | None:
    box = caption.parent
    for _ in range(_MAX_STEPS):
        if box is None or box.parent is None or box.figure:
            return None
        if box.images:
            return box if box.weight <= _MORE * caption.weight + 20 else None
        box = box.parent
    return None


def is_beside_picture(text: str, source: Node) -> bool:
    """Say whether a text shares a small box with a picture and nothing else, as captions do."""
    box: Node | None = source
    for _ in range(_MAX_STEPS):
        if box is None or box.parent is None or box.weight > _MORE * len(text) + 20:
            return False
        if box.images:
            return box.linked <= _LINKED * box.weight
        box = box.parent
    return False
