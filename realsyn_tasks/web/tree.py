"""A page as a light tree of its elements and texts, with what each holds measured once.

Weights are characters of text as readers see it: words are no measure where a script has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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

    # What most nodes have none of stands here once, and in a node where it is set.
    number = end = 0
    weight = 0
    linked = 0  # of the weight
    code = 0  # of the weight
    article = 0  # the weight of the heaviest article
    links = images = paragraphs = 0
    bare = 0  # pictures that are no links
    told_here = 0  # paragraphs among its children
    shown = False  # a picture in a figure
    headed = False  # by a first heading, or marked as the main part
    dropped = False
    pictured = False  # dropped but for its pictures
    told = False  # within an article or the main part
    settled = False  # dropped, and what is around it measured without it
    raw = False  # preformatted
    figure = caption = False  # set by figures.py

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
        number = 0
        while number < len(self.nodes):
            node = self.nodes[number]
            if node.tag and not node.dropped:
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
        source, place = body.child, self.top
        while source is not None or self._open:
            if source is None:
                source = self._open.pop().next
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
                self._open.append(source)
                source, place = child, node
            else:
                if node is not None:
                    self._close(node)
                source = source.next
            self.depth = max(self.depth, len(self._open))

    def _take_text(self, source: LexborNode, parent: Node) -> None:
        text = (source.text_content or "").replace(HOLE, "")
        if not self._preformatted and _SPACED.search(text):
            text = _BLANKS.sub(" ", text)
        node = Node("", _NO_ATTRIBUTES, parent, _NO_CHILDREN, text)
        node.number = len(self.nodes)
        node.end = node.number + 1
        node.weight = len(text.strip())
        parent.weight += node.weight
        parent.children.append(node)
        self.nodes.append(node)

    def _take(self, source: LexborNode, parent: Node | None) -> Node | None:
        if not source.is_element_node:
            return None
        node = Node(source.tag or "unknown", source.attributes, parent, [])
        self._preformatted += node.tag in PREFORMATTED
        node.number = len(self.nodes)
        self.nodes.append(node)
        if parent is not None:
            parent.children.append(node)
            if parent.told or parent.tag in ("article", "main") or _is_main(parent.attributes):
                node.told = True
        node.raw = self._preformatted > 0
        return node

    def _close(self, node: Node) -> None:
        node.end = len(self.nodes)
        _measure(node)
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


def _measure(node: Node) -> None:
    if node.tag == "a":
        node.linked, node.links, node.bare = node.weight, 1, 0
    elif node.tag in CODE:
        node.code = node.weight
    elif node.tag == "article":
        node.article = max(node.article, node.weight)
    elif node.tag in PICTURES:
        node.images = node.bare = 1
    elif node.tag in ("p", "blockquote") and node.own >= _PROSE:
        node.paragraphs += 1
        if node.parent is not None and node.tag == "p":
            node.parent.told_here += 1
    elif node.tag == "figcaption":
        node.paragraphs += 1
    elif node.tag == "noscript":
        node.weight = node.linked = node.links = 0
    _mark(node)


def _mark(node: Node) -> None:
    if node.tag == "figure" and node.images:
        node.shown = True
    if node.tag in ("h1", "main") or (node.attributes and _is_main(node.attributes)):
        node.headed = True


def _is_main(attributes: Attributes) -> bool:
    return attributes.get("role") == "main" or attributes.get("itemprop") == "articleBody"


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
