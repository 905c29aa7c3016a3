"""HTML to paragraphs and pictures in reading order, after the rules of OBELICS.

What is kept: text of the body and images, in order; of noscript elements the images, which a lazily
loading page shows nowhere else. What goes: scripts, styles, comments, forms, navigation, headers,
footers, asides, hidden elements, and boxes whose class, id or role says that they are page
furniture. Styling elements dissolve into the text around them; every block element ends a
paragraph; two line breaks in a row do so too. Of what goes, the licence is read all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realsyn_tasks.text.whitespace import collapse, shorten, word_set
from realsyn_tasks.web.addresses import join
from realsyn_tasks.web.candidates import candidates, is_beacon, sources_of, with_fallback
from realsyn_tasks.web.licences import licence_in, licence_of_link
from realsyn_tasks.web.opt_out import NAMES, opt_out_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_DROPPED = word_set(
    "script style template nav footer aside form button select option input textarea"
    " iframe object embed applet svg math canvas audio video map dialog menu head title"
)
_INLINE = word_set(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr notr q"
    " ruby rb rt rp s samp small span strike strong sub sup time tt u var wbr"
)
_FURNITURE = word_set(
    "footer site-footer page-footer site-info site-header page-header navheader navfooter"
    " printfooter nav navbar navigation menu sidebar breadcrumb breadcrumbs toc table-of-contents"
    " more-link noprint catlinks mw-editsection mw-jump-link sharing share-buttons social-share"
    " related-posts comments comment-list cookie-banner cookie-notice advertisement advert ad-slot"
    " skip-link screen-reader-text"
)
_FURNITURE_ALONE = word_set("header footer navigation nav navbar menu")
_FURNITURE_ROLES = word_set("navigation banner contentinfo complementary search menu")
_FIGURES = word_set(
    "figure figure-contents informalfigure mediaobject inlinemediaobject thumb thumbinner"
    " gallerybox wp-caption image-caption image-figure"
)
_CAPTIONS = word_set(
    "caption thumbcaption gallerytext wp-caption-text figcaption image-caption-text"
)
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6")
_TWO_LETTERS = {"eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es"}
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]|$)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_ENDS_SENTENCE = re.compile(r"""[.!?:;…]["'”’)\]]*\s*$|\n\s*$""")
_NOWHERE = "https:"  # of a page of a folder; gives a scheme to addresses that have a host only
MAX_NAME = 300  # characters of a title or a heading


@dataclass
class Picture:
    """An image element: addresses as written in the page, the one to try first in front."""

    candidates: tuple[str, ...]
    alt: str
    caption: str = ""
    heading: str = ""  # the nearest one above
    licence: str = ""  # that its figure links to


@dataclass
class Page:
    """What a page says. `base` is the href of its base element; `cut` tells that it was longer.

    `labels` are the numbers of the nodes that are headings or captions, `captions` of those that
    are of pictures.
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


@dataclass
class _Figure:
    images: list[Picture] = field(default_factory=list)
    captions: dict[int, str] = field(default_factory=dict)  # by number of the node
    licence: str = ""


def read_page(html: str, max_nodes: int, max_images: int, address: str = "") -> Page:
    """Parse one page; the order of nodes is the order on the page.

    An image amid a sentence comes after the paragraph, so that no sentence is torn. `address` is
    the page's own.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    base = tree.css_first("base[href]")
    page = Page([], (base.attributes.get("href") or "") if base else "", _opt_out(tree.css("meta")))
    page.title, page.language = _title(tree), _language(tree)
    place = join(address, page.base) or join("", address) or _NOWHERE
    page.licence = licence_in(tree, place, _in_figure)
    if tree.body is not None:
        _Reader(page, place, max_nodes, max_images).read(tree.body)
    return page


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


class _Reader:
    """One walk over the tree, without recursion, collecting blocks of text and images."""

    def __init__(self, page: Page, place: str, max_nodes: int, max_images: int) -> None:
        self.page = page
        self.place = place  # what addresses are relative to
        self.max_nodes = max_nodes
        self.images_left = max_images
        self.buffer: list[str] = []
        self.waiting: list[Picture] = []
        self.figures: list[_Figure] = []
        self.caption_starts: list[int] = []
        self.heading_start = 0
        self.heading = ""
        self.articles = 0
        self.last_image: Picture | None = None

    def read(self, body: LexborNode) -> None:
        open_nodes: list[LexborNode] = []
        node = body.child
        while len(self.page.nodes) <= self.max_nodes:
            if node is None and not open_nodes:
                self._flush()
                break
            if node is None:
                node = open_nodes.pop()
                self._leave(node)
                node = node.next
            elif self._enter(node):
                open_nodes.append(node)
                node = node.child
            else:
                node = node.next
        self.page.cut = self.page.cut or len(self.page.nodes) > self.max_nodes
        del self.page.nodes[self.max_nodes :]

    def _enter(self, node: LexborNode) -> bool:
        """Take a node in; False keeps the walk out of its children."""
        if node.is_text_node:
            self.buffer.append(re.sub(r"\s+", " ", node.text_content or ""))
            return False
        if not node.is_element_node:
            return False
        tag = node.tag or ""
        if tag == "img":
            self._image(node.attributes, sources_of(node))
        elif tag == "noscript":
            self._without_scripts(node)
        elif tag in ("br", "hr"):
            self.buffer.append("\n" if tag == "br" else "\n\n")
        elif not self._is_furniture(tag, node):
            self._open(tag, node)
            return True
        return False

    def _is_furniture(self, tag: str, node: LexborNode) -> bool:
        if tag in _DROPPED or (tag == "header" and not self.articles):
            return True
        return _named_furniture(tag, node.attributes) and not node.css_first("article, main")

    def _open(self, tag: str, node: LexborNode) -> None:
        classes = _classes(node)
        if tag in ("article", "main"):
            self.articles += 1
        if tag not in _INLINE or _is_caption(tag, classes):
            self._flush()
        if tag in _HEADINGS:
            self.heading_start = len(self.page.nodes)
        if _is_figure(tag, classes):
            self.figures.append(_Figure())
        if self.figures and _is_caption(tag, classes):
            self.caption_starts.append(len(self.page.nodes))
        if self.figures and tag == "a":
            figure = self.figures[-1]
            figure.licence = figure.licence or licence_of_link(node, self.place)

    def _leave(self, node: LexborNode) -> None:
        tag, classes = node.tag or "", _classes(node)
        if tag in ("article", "main"):
            self.articles -= 1
        if tag not in _INLINE or _is_caption(tag, classes):
            self._flush()
        if tag in _HEADINGS:
            self._close_heading()
        if self.figures and _is_caption(tag, classes):
            self._close_caption(self.caption_starts.pop())
        if _is_figure(tag, classes):
            self._close_figure(self.figures.pop())

    def _close_heading(self) -> None:
        texts = self._labels(self.heading_start).values()
        self.heading = shorten(" ".join(texts), MAX_NAME) or self.heading

    def _labels(self, start: int) -> dict[int, str]:
        """Give the texts from a node on, which are no prose, by number."""
        texts = {
            number: node
            for number, node in enumerate(self.page.nodes[start:], start)
            if isinstance(node, str)
        }
        self.page.labels |= texts.keys()
        return texts

    def _close_caption(self, start: int) -> None:
        if not self.caption_starts:
            self.figures[-1].captions |= self._labels(start)

    def _close_figure(self, figure: _Figure) -> None:
        if figure.images:
            self.page.captions |= figure.captions.keys()
        for picture in figure.images:
            captions = figure.captions.values()
            picture.caption = " ".join([*captions, *filter(None, [picture.caption])])
            picture.licence = picture.licence or figure.licence
        if self.figures:
            self.figures[-1].images += figure.images

    def _image(
        self, attributes: dict[str, str | None], sources: list[dict[str, str | None]]
    ) -> None:
        self.last_image = None
        offered = candidates(attributes, sources)
        if not offered or _hidden(attributes):
            return
        if not self.images_left:
            self.page.cut = True
            return
        self.images_left -= 1
        alt = collapse(attributes.get("alt") or "")
        picture = Picture(offered, alt, heading=self.heading)
        if self.figures:
            self.figures[-1].images.append(picture)
        self.waiting.append(picture)
        self.last_image = picture
        if self._between_sentences():
            self._flush()

    def _without_scripts(self, node: LexborNode) -> None:
        """Take the images that a lazily loading page shows to readers without scripts.

        What follows an image element is that image once more. Text is not for those who read it.
        """
        lazy = _image_before(node)
        for image in node.css("img"):
            if _hidden(image.attributes) or is_beacon(image.attributes):
                continue
            if lazy is None or not self.last_image:
                self._image(image.attributes, sources_of(image))
                continue
            known, shown = self.last_image.candidates, candidates(image.attributes)
            self.last_image.candidates = with_fallback(known, shown)
            self.last_image.alt = self.last_image.alt or collapse(image.attributes.get("alt") or "")
            lazy = None

    def _between_sentences(self) -> bool:
        tail = "".join(self.buffer[-8:])[-200:]
        return not tail.strip(" ") or bool(_ENDS_SENTENCE.search(tail))

    def _flush(self) -> None:
        texts = map(collapse, re.split(r"\n\s*\n", "".join(self.buffer)))
        self.page.nodes += filter(None, texts)
        self.page.nodes += self.waiting
        self.buffer, self.waiting = [], []


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").lower().split()


def _is_figure(tag: str, classes: list[str]) -> bool:
    return tag == "figure" or not _FIGURES.isdisjoint(classes)


def _in_figure(node: LexborNode) -> bool:
    around = node.parent
    while around is not None and not _is_figure(around.tag or "", _classes(around)):
        around = around.parent
    return around is not None


def _is_caption(tag: str, classes: list[str]) -> bool:
    docbook_title = "title" in classes and tag in ("p", "div")
    return tag == "figcaption" or docbook_title or not _CAPTIONS.isdisjoint(classes)


def _hidden(attributes: dict[str, str | None]) -> bool:
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))


def _named_furniture(tag: str, attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return False
    if _hidden(attributes) or (attributes.get("role") or "").lower() in _FURNITURE_ROLES:
        return True
    names = [(attributes.get(key) or "").lower() for key in ("class", "id", "title")]
    if tag == "div" and not _FURNITURE_ALONE.isdisjoint(names):
        return True
    return not _FURNITURE.isdisjoint(" ".join(names[:2]).split())


def _image_before(node: LexborNode) -> LexborNode | None:
    """Find the image element that directly precedes a node, bare or in a picture element."""
    before = node.prev
    while before is not None and before.is_text_node and not (before.text_content or "").strip():
        before = before.prev
    if before is None or before.tag not in ("img", "picture"):
        return None
    return before if before.tag == "img" else before.css_first("img")
