"""A page as a light tree of its elements and texts, with what each holds measured once.

Weights are characters of text as readers see it: words are no measure where a script has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from realsyn_tasks.web.elements import CODE, OPAQUE, PICTURES, PREFORMATTED

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

HOLE = "\ufffc"  # stands where a reader sees something that is no text
_PROSE = 40  # characters of a paragraph that is more than a label
_SPACED = re.compile(r"[\t\n\r\f\v]|  ")
_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
Attributes = dict[str, str | None]
_NO_ATTRIBUTES: Attributes = {}


class Node:
    """An element or, where `tag` is empty, a text; `end` is the number behind its last node."""

    # Slots that are set at once are read faster than defaults of the class.
    __slots__ = (
        "article",
        "attributes",
        "bare",
        "caption",
        "children",
        "code",
        "dropped",
        "end",
        "figure",
        "headed",
        "images",
        "linked",
        "links",
        "number",
        "paragraphs",
        "parent",
        "pictured",
        "raw",
        "settled",
        "shown",
        "tag",
        "tells",
        "text",
        "told",
        "told_here",
        "weight",
    )

    def __init__(
        self,
        tag: str,
        attributes: Attributes,
        parent: Node | None,
        children: list[Node],
        text: str = "",
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children = children
        self.text = text
        self.number = self.end = 0
        self.weight = 0
        self.linked = self.code = 0  # of the weight
        self.article = 0  # the weight of the heaviest article
        self.links = self.images = self.paragraphs = 0
        self.bare = 0  # pictures that are no links
        self.told_here = 0  # paragraphs among its children
        self.shown = False  # a picture in a figure
        self.headed = False  # by a first heading, or marked as the main part
        self.dropped = False
        self.pictured = False  # dropped but for its pictures
        self.told = False  # within an article or the main part
        self.tells = False  # so are those inside it
        self.settled = False  # dropped, and what is around it measured without it
        self.raw = False  # preformatted
        self.figure = self.caption = False  # set by figures.py

    @property
    def own(self) -> int:
        """Give the weight of what is no link."""
        return self.weight - self.linked

    def get(self, name: str) -> str:
        """Give an attribute, "" if it is not there."""
        return self.attributes.get(name) or ""

    def drop(self) -> None:
        """Leave a node out of the page; Tree.settle takes it from what is measured around it."""
        self.dropped = True

    def texts(self) -> Iterator[str]:
        """Give the texts inside, in order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if not node.tag:
                yield node.text
            waiting += reversed(node.children)

    def sample(self, most: int) -> str:
        """Give the beginning of the text inside."""
        pieces: list[str] = []
        for text in self.texts():
            pieces.append(text)
            most -= len(text)
            if most <= 0:
                break
        return "".join(pieces)


_NO_CHILDREN: list[Node] = []
_NOTHING = [0] * 5


class Tree:
    """The nodes of a page in reading order, the body first."""

    def __init__(self, body: LexborNode) -> None:
        self.nodes: list[Node] = []
        self.depth = 0
        self._open: list[LexborNode] = []
        self._preformatted = 0
        self.top = self._take(body, None) or Node("body", {}, None, [])
        self._grow(body)
        self._close(self.top)

    def elements(self) -> Iterator[Node]:
        """Give each element that is not left out, an outer one before those inside it.

        One that is left out meanwhile is not entered.
        """
        nodes, number = self.nodes, 0
        while number < len(nodes):
            node = nodes[number]
            if not node.tag:
                number += 1
                continue
            if not node.dropped:
                yield node
            number = node.end if node.dropped else number + 1

    def settle(self) -> None:
        """Take what was left out since from the measures of the nodes around it."""
        lost: dict[int, list[int]] = {}
        for node in reversed(self.nodes):
            if node.dropped and not node.settled:
                node.settled = True
                loss = [node.weight, node.linked, node.links, node.images, node.paragraphs]
            elif not node.dropped and node.number in lost:
                loss = lost[node.number]
                node.weight -= loss[0]
                node.linked -= loss[1]
                node.links -= loss[2]
                node.images -= loss[3]
                node.paragraphs -= loss[4]
            else:
                continue
            if node.parent is not None:
                sums = lost.get(node.parent.number, _NOTHING)
                lost[node.parent.number] = [x + y for x, y in zip(sums, loss, strict=True)]

    def _grow(self, body: LexborNode) -> None:
        source, place, opened = body.child, self.top, self._open
        while source is not None or opened:
            if source is None:
                source = opened.pop().next
                self._close(place)
                place = place.parent or self.top
                continue
            if source.is_text_node:
                self._take_text(source, place)
                source = source.next
                continue
            node = self._take(source, place)
            child = _first_inside(source, node)
            if node is not None and child is not None:
                opened.append(source)
                self.depth = max(self.depth, len(opened))
                source, place = child, node
            else:
                if node is not None:
                    self._close(node)
                source = source.next

    def _take_text(self, source: LexborNode, parent: Node) -> None:
        text = source.text_content or ""
        if not text.isascii():
            text = text.replace(HOLE, "")
        bare = text.strip()
        if not self._preformatted and len(text) > 1 and _SPACED.search(text):
            text = _BLANKS.sub(" ", text)
            bare = text.strip()
        node = Node("", _NO_ATTRIBUTES, parent, _NO_CHILDREN, text)
        node.number = number = len(self.nodes)
        node.end = number + 1
        if bare:
            node.weight = len(bare)
            parent.weight += node.weight
        parent.children.append(node)
        self.nodes.append(node)

    def _take(self, source: LexborNode, parent: Node | None) -> Node | None:
        if not source.is_element_node:
            return None
        node = Node(source.tag or "unknown", source.attributes, parent, [])
        node.number = len(self.nodes)
        self.nodes.append(node)
        if parent is not None:
            parent.children.append(node)
            if parent.tells:
                node.told = node.tells = True
        self._note(node)
        return node

    def _note(self, node: Node) -> None:
        """Note what an element says of all that is inside it."""
        if node.tag in PREFORMATTED:
            self._preformatted += 1
        if self._preformatted:
            node.raw = True
        if "role" in node.attributes or "itemprop" in node.attributes:
            node.headed = _is_main(node.attributes)
        if node.headed or node.tag in _TELLING:
            node.tells = True

    def _close(self, node: Node) -> None:
        node.end = len(self.nodes)
        measure = _MEASURES.get(node.tag)
        if measure is not None:
            measure(node)
        if node.tag in PREFORMATTED:
            self._preformatted -= 1
        if node.parent is not None:
            _add(node, node.parent)


def _first_inside(source: LexborNode, node: Node | None) -> LexborNode | None:
    """Find what a reader sees first in an element; of a template its shadow root alone."""
    if node is None or not node.tag:
        return None
    if node.tag == "template" and "shadowrootmode" in node.attributes:
        node.tag = "shadow-root"
        fragments = source.template_fragments()
        return fragments[0].child if fragments else None
    return None if node.tag in OPAQUE else source.child


def _measure_link(node: Node) -> None:
    node.linked, node.links, node.bare = node.weight, 1, 0


def _measure_code(node: Node) -> None:
    node.code = node.weight


def _measure_article(node: Node) -> None:
    node.article = max(node.article, node.weight)


def _measure_picture(node: Node) -> None:
    node.images = node.bare = 1


def _measure_paragraph(node: Node) -> None:
    if node.own >= _PROSE:
        node.paragraphs += 1
        if node.parent is not None and node.tag == "p":
            node.parent.told_here += 1


def _measure_caption(node: Node) -> None:
    node.paragraphs += 1


def _measure_noscript(node: Node) -> None:
    node.weight = node.linked = node.links = 0


def _measure_figure(node: Node) -> None:
    if node.images:
        node.shown = True


def _measure_heading(node: Node) -> None:
    node.headed = True


def _is_main(attributes: Attributes) -> bool:
    return attributes.get("role") == "main" or attributes.get("itemprop") == "articleBody"


_TELLING = ("article", "main")
_MEASURES: dict[str, Callable[[Node], None]] = {
    "a": _measure_link,
    "article": _measure_article,
    "p": _measure_paragraph,
    "blockquote": _measure_paragraph,
    "figcaption": _measure_caption,
    "noscript": _measure_noscript,
    "figure": _measure_figure,
    "h1": _measure_heading,
    "main": _measure_heading,
    **dict.fromkeys(CODE, _measure_code),
    **dict.fromkeys(PICTURES, _measure_picture),
}


def _add(node: Node, parent: Node) -> None:
    parent.weight += node.weight
    if node.linked or node.links:
        parent.linked += node.linked
        parent.links += node.links
    if node.code:
        parent.code += node.code
    if node.images:
        parent.images += node.images
        parent.bare += node.bare
    if node.paragraphs:
        parent.paragraphs += node.paragraphs
    if node.article > parent.article:
        parent.article = node.article
    if node.headed:
        parent.headed = True
    if node.shown:
        parent.shown = True
