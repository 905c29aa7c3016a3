"""The part of a page that holds its text, known by where paragraphs stand, whatever it is called.

It is the innermost element with nearly all of the text that comes in paragraphs. What stands
outside it is read where it is a paragraph of some length; labels, links and short remarks are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from realsyn_tasks.web.tree import Node

_NEARLY_ALL = 0.8  # of the text in paragraphs
_ENOUGH = 300  # characters of text in paragraphs, of which a page is known
_PARAGRAPH = 60  # characters
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
    length = len(block.text)
    if block.is_label or length < _PARAGRAPH:
        return False
    return block.text.endswith(_STOPS) or length >= _UNMARKED


def main_part(blocks: Sequence[Placed]) -> Node | None:
    """Find the main part by the blocks of a page; None if there is too little text to tell."""
    told = [block for block in blocks if is_paragraph(block)]
    whole = sum(len(block.text) for block in told)
    if whole < _ENOUGH:
        return None
    weights: dict[int, int] = {}
    nodes: dict[int, Node] = {}
    for block in told:
        around: Node | None = block.source
        while around is not None:
            weights[around.number] = weights.get(around.number, 0) + len(block.text)
            nodes[around.number] = around
            around = around.parent
    inner = max(number for number, weight in weights.items() if weight >= _NEARLY_ALL * whole)
    return nodes[inner]


def inside(block: Placed, part: Node | None) -> bool:
    """Say whether a block stands in the main part; all do where none is known."""
    return part is None or part.number <= block.source.number < part.end


def leads(block: Placed, part: Node | None) -> bool:
    """Say whether a paragraph stands before the main part."""
    return part is not None and block.source.number < part.number and is_paragraph(block)


def stands_alone(block: Placed) -> bool:
    """Say whether a block would be read wherever it stands."""
    return is_paragraph(block) and len(block.text) >= _LONG
