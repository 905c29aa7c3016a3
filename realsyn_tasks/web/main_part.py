"""The part of a page that holds its text, known by where paragraphs stand, whatever it is called.

It is the innermost element with nearly all of the text that comes in paragraphs. What stands
outside it is read where it is a paragraph of some length; labels, links and short remarks are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Protocol

from realsyn_tasks.text.whitespace import word_set
from realsyn_tasks.web.tree import Node

_TEXTS = word_set("p li dd dt pre blockquote ul ol dl span font b i em strong a u tt small big")
_NEARLY_ALL = 0.8  # of the text in paragraphs
_ENOUGH = 300  # characters of text in paragraphs, of which a page is known
_PARAGRAPH = 60  # characters
_SENTENCE = 25  # characters
_LONG = 140  # characters, also outside the main part
_UNMARKED = 200  # characters of a paragraph that ends without a stop
_STOPS = tuple(".!?…。！？।؟:;”’\"')»")


class Placed(Protocol):
    """A text with the node that it stands in."""

    text: str
    source: Node
    is_label: bool
    level: int


def is_paragraph(block: Placed) -> bool:
    """Say whether a block is a paragraph, by its length and its end, and no heading."""
    length = len(block.text.encode())  # of scripts that need fewer letters each is longer
    if block.is_label or length < _PARAGRAPH:
        return False
    return block.text.endswith(_STOPS) or length >= _UNMARKED


def main_part(blocks: Sequence[Placed]) -> Node | None:
    """Find the main part by the blocks of a page; None if there is too little text to tell."""
    told = [block for block in blocks if is_paragraph(block)]
    whole = sum(len(block.text) for block in told)
    if whole < _ENOUGH:
        return None
    part = _innermost([(block.source, len(block.text)) for block in told], _NEARLY_ALL * whole)
    while part is not None and part.parent is not None and part.tag in _TEXTS:
        part = part.parent  # one long paragraph is no part of a page
    return part


def _innermost(told: list[tuple[Node, int]], enough: float) -> Node | None:
    """Find the innermost node with enough of the text: the first, from behind, that has it."""
    weights: dict[int, int] = {}
    nodes = {node.number: node for node, _ in told}
    for node, length in told:
        weights[node.number] = weights.get(node.number, 0) + length
    waiting = [-number for number in nodes]
    heapify(waiting)
    while waiting:
        node = nodes[-heappop(waiting)]
        if weights[node.number] >= enough:
            return node
        if node.parent is not None:
            around = node.parent.number
            if around not in nodes:
                nodes[around] = node.parent
                heappush(waiting, -around)
            weights[around] = weights.get(around, 0) + weights[node.number]
    return None


def inside(block: Placed, part: Node | None) -> bool:
    """Say whether a block stands in the main part; all do where none is known."""
    return part is None or part.number <= block.source.number < part.end


def behind(block: Placed, part: Node | None) -> bool:
    """Say whether a block stands behind the main part."""
    return part is not None and block.source.number >= part.end


def leads(block: Placed, part: Node | None, title: int) -> bool:
    """Say whether a paragraph stands between the title, a node's number, and the main part."""
    before = part is not None and title < block.source.number < part.number
    return before and is_paragraph(block)


def goes_on(block: Placed, part: Node | None) -> bool:
    """Say whether a paragraph stands beside the main part, or in the article that holds both."""
    if part is None:
        return False
    if part.told and block.source.told and is_paragraph(block):
        return True
    around = block.source.parent
    beside = around is not None and around.number < part.number < around.end
    return beside and block.source.tag == "p" and _is_sentence(block.text)


def _is_sentence(text: str) -> bool:
    return len(text) >= _SENTENCE and text.endswith(_STOPS)


def stands_alone(block: Placed) -> bool:
    """Say whether a block would be read wherever it stands."""
    return is_paragraph(block) and len(block.text) >= _LONG
