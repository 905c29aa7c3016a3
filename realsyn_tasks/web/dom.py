"""HTML to paragraphs and pictures in reading order.

What is kept: text of the body and pictures, in order; of noscript elements the pictures, which a
lazily loading page shows nowhere else. What goes: what readers don't see (visibility.py), what the
page is not about (furniture.py), controls, code and formulas that are no text (listings.py,
marks.py), and blocks that a second judge holds to be none of its text (judge.py). Every block
element of HTML ends a paragraph; all others dissolve into the text around them. Of what goes, the
licence is read all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.text.whitespace import shorten
from realsyn_tasks.web.addresses import join
from realsyn_tasks.web.figures import Picture, is_figure_name
from realsyn_tasks.web.furniture import clear
from realsyn_tasks.web.licences import licence_in
from realsyn_tasks.web.opt_out import NAMES, opt_out_of
from realsyn_tasks.web.other_pictures import other_pictures
from realsyn_tasks.web.reader import Block, Reader
from realsyn_tasks.web.reasons import PICTURE_NOT_TAKEN
from realsyn_tasks.web.sieve import sifted
from realsyn_tasks.web.tree import Tree
from realsyn_tasks.web.visibility import conceal
from realsyn_tasks.web.xhtml import as_html, is_xml

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_TWO_LETTERS = {"eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es"}
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]|$)")
_NOWHERE = "https:"  # of a page of a folder; gives a scheme to addresses that have a host only
MAX_NAME = 300  # characters of a title
__all__ = ["MAX_NAME", "Page", "Picture", "primary_language", "read_page"]


@dataclass
class Page:
    """What a page says. `base` is the href of its base element; `cut` tells that it was longer.

    `labels` are the numbers of the nodes that are headings or captions, `captions` of those that
    are of pictures. `left_out` is what readers see and we don't take, with a sample of it.
    """

    nodes: list[str | Picture]
    base: str = ""
    opt_out: str = ""
    cut: bool = False
    title: str = ""
    language: str = ""
    licence: str = ""
    labels: set[int] = field(default_factory=set)
    captions: set[int] = field(default_factory=set)
    left_out: list[tuple[Reason, str]] = field(default_factory=list)


def read_page(html: str, max_nodes: int, max_images: int, address: str = "") -> Page:
    """Parse one page; the order of nodes is the order on the page.

    An image amid a sentence comes after the paragraph, so that no sentence is torn. `address` is
    the page's own.
    """
    from selectolax.lexbor import LexborHTMLParser

    html = as_html(html) if is_xml(html) else html
    tree = LexborHTMLParser(html)
    base = tree.css_first("base[href]")
    page = Page([], (base.attributes.get("href") or "") if base else "", _opt_out(tree.css("meta")))
    page.title, page.language = _title(tree), _language(tree)
    place = join(address, page.base) or join("", address) or _NOWHERE
    page.licence = licence_in(tree, place, _in_figure)
    page.left_out = [
        (PICTURE_NOT_TAKEN, f"{kind}: {written}") for kind, written in other_pictures(tree)
    ]
    if tree.body is not None:
        _read_body(page, tree.body, html, Reader(place, max_nodes, max_images))
    elif frames := _without_frames(tree):
        tree = LexborHTMLParser(frames)
        if tree.body is not None:
            _read_body(page, tree.body, frames, Reader(place, max_nodes, max_images))
    return page


def _read_body(page: Page, body: LexborNode, html: str, reader: Reader) -> None:
    tree = Tree(body)
    conceal(tree)
    clear(tree)
    for block in sifted(reader.read(tree), html, tree.depth):
        _add(page, block)
    page.cut = page.cut or reader.cut
    page.left_out += reader.left_out()


def _add(page: Page, block: Block | Picture) -> None:
    if isinstance(block, Block):
        number = len(page.nodes)
        page.labels |= {number} if block.is_label else set()
        page.captions |= {number} if block.is_caption else set()
    page.nodes.append(block.text if isinstance(block, Block) else block)


def _title(tree: LexborHTMLParser) -> str:
    title = tree.css_first("head title")
    return shorten(title.text() or "", MAX_NAME) if title else ""


def _language(tree: LexborHTMLParser) -> str:
    attributes = tree.root.attributes if tree.root else {}
    return primary_language(attributes.get("lang") or attributes.get("xml:lang") or "")


def primary_language(tag: str) -> str:
    """Give the primary subtag of a language tag, en of en-GB; "" if it is none."""
    match = _LANGUAGE.match(tag.strip().lower())
    return _TWO_LETTERS.get(match[1], match[1]) if match else ""


def _opt_out(metas: list[LexborNode]) -> str:
    for meta in metas:
        name = (meta.attributes.get("name") or "").strip().lower()
        if name in NAMES:
            reservation = opt_out_of(name, meta.attributes.get("content") or "")
            if reservation:
                return f"meta {name} {reservation}"
    return ""


def _without_frames(tree: LexborHTMLParser) -> str:
    """Give what a set of frames says to those who see none of them, as HTML."""
    inside = tree.css_first("frameset noframes") or tree.css_first("noframes")
    return (inside.text() or "") if inside else ""


def _in_figure(node: LexborNode) -> bool:
    around = node.parent
    while around is not None:
        if is_figure_name(around.tag or "", around.attributes.get("class") or ""):
            return True
        around = around.parent
    return False
