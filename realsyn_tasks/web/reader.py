"""One walk over a page, without recursion, collecting blocks of text and pictures."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.text.sentences import split_sentences
from realsyn_tasks.text.whitespace import collapse, shorten
from realsyn_tasks.web.candidates import candidates, is_beacon, is_picture_file, with_fallback
from realsyn_tasks.web.elements import BLOCKS, HEADINGS, OPAQUE
from realsyn_tasks.web.figures import Figure, Picture, mark_figures
from realsyn_tasks.web.licences import licence_of_link
from realsyn_tasks.web.lines import paragraphs
from realsyn_tasks.web.listings import is_listing
from realsyn_tasks.web.marks import MARKS, is_picture_of_formula, with_fractions, written
from realsyn_tasks.web.other_pictures import image_attributes
from realsyn_tasks.web.reasons import FORMULA, LISTING
from realsyn_tasks.web.tree import HOLE, Attributes, Node, Tree
from realsyn_tasks.web.visibility import is_hidden

_ENDS_SENTENCE = re.compile(r"""[.!?:;…]["'”’)\]]*\s*$|\n\s*$""")
_EMBEDDED = ("object", "embed")
_MATH_SCRIPT = "math/"
_MAX_SOURCES = 50
_SAMPLE = 80  # characters
MAX_HEADING = 300  # characters


@dataclass
class Block:
    """A paragraph: `is_label` of a heading or a caption, `is_caption` of that of a picture."""

    text: str
    source: Node  # in which it begins
    level: int = 0  # of a heading
    is_label: bool = False
    is_caption: bool = False


class Reader:
    """Reads a page up to so many blocks and pictures; `cut` tells that there were more."""

    def __init__(self, place: str, max_nodes: int, max_images: int) -> None:
        self.place = place  # what addresses are relative to
        self.max_nodes = max_nodes
        self.images_left = max_images
        self.cut = False
        self.blocks: list[Block | Picture] = []
        self._nodes: list[Node] = []
        self._buffer: list[str] = []
        self._source: Node | None = None
        self._waiting: list[Picture] = []
        self._pictures: dict[tuple[str, ...], Picture] = {}
        self._figures: list[Figure] = []
        self._caption_starts: list[int] = []
        self._heading_start = 0
        self._heading = ""
        self._last: tuple[int, Picture] | None = None  # where the last picture ends
        self._missed: Counter[Reason] = Counter()
        self._samples: dict[Reason, str] = {}

    def read(self, tree: Tree) -> list[Block | Picture]:
        """Give the blocks and pictures of a page in order."""
        mark_figures(tree)
        self._nodes = tree.nodes
        open_nodes: list[Node] = []
        number = 1  # behind the body
        while number < len(tree.nodes) and len(self.blocks) <= self.max_nodes:
            node = tree.nodes[number]
            while open_nodes and open_nodes[-1].end <= number:
                self._leave(open_nodes.pop())
            if self._enter(node):
                open_nodes.append(node)
                number += 1
            else:
                number = node.end
        while open_nodes:
            self._leave(open_nodes.pop())
        self._flush()
        self.cut = self.cut or len(self.blocks) > self.max_nodes
        return self.blocks[: self.max_nodes]

    def left_out(self) -> list[tuple[Reason, str]]:
        """Give what is seen and not taken: each reason once, with a sample."""
        return [
            (reason, f"{count} of them, as: {self._samples[reason]}")
            for reason, count in self._missed.items()
        ]

    def _enter(self, node: Node) -> bool:
        """Take a node in; False keeps the walk out of its children."""
        if not node.tag:
            self._source = self._source or (node.parent if node.text.strip() else None)
            self._buffer.append(node.text)
            return False
        if node.dropped:
            self._pass(node)
            return False
        special = _SPECIAL.get(node.tag)
        if special is not None:
            special(self, node)
            return False
        if node.tag in OPAQUE:
            return False
        if node.attributes and not node.children and _stands_for_picture(node.tag, node.attributes):
            self._picture(node)
            return False
        return self._enter_block(node) if node.tag in BLOCKS else self._enter_inline(node)

    def _enter_block(self, node: Node) -> bool:
        self._flush()
        if is_listing(node) and not node.images:
            self._miss(LISTING, "".join(node.texts()))
            return False
        self._open(node)
        return True

    def _enter_inline(self, node: Node) -> bool:
        if node.tag in MARKS:
            text = written(node, self._before(), self._after(node))
            if text is not None:
                self._buffer.append(text)
                return False
        if node.attributes and _is_shown_as_block(node):
            self._flush()
        self._open(node)
        return True

    def _open(self, node: Node) -> None:
        if node.tag in HEADINGS:
            self._heading_start = len(self.blocks)
        if node.figure:
            self._figures.append(Figure())
        if self._figures and node.caption:
            self._caption_starts.append(len(self.blocks))
        if self._figures and node.tag == "a":
            figure = self._figures[-1]
            figure.licence = figure.licence or licence_of_link(node.attributes, self.place)

    def _leave(self, node: Node) -> None:
        if node.tag in BLOCKS or (node.attributes and _is_shown_as_block(node)):
            self._flush()
        if node.tag in HEADINGS:
            self._close_heading(int(node.tag[1]))
        if self._figures and node.caption:
            self._close_caption(self._caption_starts.pop())
        if node.figure:
            self._close_figure(self._figures.pop())

    def _close_heading(self, level: int) -> None:
        blocks = [block for _, block in self._labels(self._heading_start)]
        for block in blocks:
            block.level = level
        texts = " ".join(block.text for block in blocks)
        self._heading = shorten(texts, MAX_HEADING) or self._heading

    def _labels(self, start: int) -> list[tuple[int, Block]]:
        """Mark the texts from a block on, which are no prose, and give them by number."""
        texts = [
            (number, block)
            for number, block in enumerate(self.blocks[start:], start)
            if isinstance(block, Block)
        ]
        for _, block in texts:
            block.is_label = True
        return texts

    def _close_caption(self, start: int) -> None:
        if not self._caption_starts:
            captions = {number: block.text for number, block in self._labels(start)}
            self._figures[-1].captions |= captions

    def _close_figure(self, figure: Figure) -> None:
        for number in figure.captions if figure.images else ():
            block = self.blocks[number]
            assert isinstance(block, Block), "pictures are no captions"
            block.is_caption = True
        for picture in figure.images:
            captions = figure.captions.values()
            picture.caption = " ".join([*captions, *filter(None, [picture.caption])])
            picture.licence = picture.licence or figure.licence
        if self._figures:
            self._figures[-1].images += figure.images

    def _picture(self, node: Node) -> None:
        attributes = _as_image(node)
        picture = self._take(attributes, _sources(node)) if attributes else None
        around = node.parent if node.parent and node.parent.tag == "picture" else node
        self._last = (around.end, picture) if picture else None
        if is_picture_of_formula(node) and not self._follows_formula(node):
            self._buffer.append("" if self._between_sentences() else HOLE)
        elif picture and self._between_sentences():
            self._flush()

    def _take(self, attributes: Attributes, sources: list[Attributes]) -> Picture | None:
        offered = candidates(attributes, sources)
        if not offered or is_hidden(attributes):
            return None
        alt = collapse(attributes.get("alt") or "")
        known = self._pictures.get(offered) if offered[0][:5].lower() != "data:" else None
        if known is not None:
            return self._again(known, alt)
        if not self.images_left:
            self.cut = True
            return None
        self.images_left -= 1
        picture = Picture(offered, alt, heading=self._heading)
        self._pictures[offered] = picture
        if self._figures:
            self._figures[-1].images.append(picture)
        self._waiting.append(picture)
        return picture

    def _again(self, picture: Picture, alt: str) -> Picture:
        """Note what is said of a picture where a page shows it once more."""
        picture.alt = picture.alt or alt
        if self._figures and not picture.caption and picture not in self._figures[-1].images:
            self._figures[-1].images.append(picture)
        return picture

    def _pictures_inside(self, node: Node) -> None:
        for inside in self._nodes[node.number + 1 : node.end]:
            if inside.tag == "img" or inside.tag == "amp-img":
                self._picture(inside)

    def _control(self, node: Node) -> None:
        """Of a button take the pictures; its text tells what it does, unless it is a heading."""
        if node.parent is not None and node.parent.tag in HEADINGS:
            self._buffer.append(" ".join(node.texts()))
        else:
            self._pictures_inside(node)

    def _without_scripts(self, node: Node) -> None:
        """Take the images that a lazily loading page shows to readers without scripts.

        What follows an image element is that image once more. Text is not for those who read it.
        """
        known = self._picture_before(node)
        for image in self._nodes[node.number + 1 : node.end]:
            if image.tag != "img" or is_hidden(image.attributes) or is_beacon(image.attributes):
                continue
            if known is None:
                self._picture(image)
                continue
            shown = candidates(image.attributes, _sources(image))
            known.candidates = with_fallback(known.candidates, shown)
            known.alt = known.alt or collapse(image.get("alt"))
            known = None

    def _picture_before(self, node: Node) -> Picture | None:
        if self._last is None or node.number - self._last[0] > 1:
            return None
        between = self._nodes[self._last[0] : node.number]
        return self._last[1] if not any(n.tag or n.text.strip() for n in between) else None

    def _break(self, node: Node) -> None:
        self._buffer.append("\n" if node.tag == "br" else "\n\n")

    def _script(self, node: Node) -> None:
        if node.get("type").startswith(_MATH_SCRIPT) and not self._follows_formula(node):
            self._buffer.append(HOLE)

    def _follows_formula(self, node: Node) -> bool:
        """Say whether a formula was read just before, of which a node is another form."""
        before = self._nodes[max(0, node.number - 40) : node.number]
        return any(n.tag == "math" and n.parent and n.parent.end >= node.number for n in before)

    def _pass(self, node: Node) -> None:
        """Pass a node that is left out; what stood between two numbers keeps them apart."""
        if node.pictured:
            self._pictures_inside(node)
        elif node.tag in BLOCKS:
            self._flush()
        elif self._before()[-1:].isdigit() and self._after(node)[:1].isdigit():
            self._buffer.append(" ")

    def _before(self) -> str:
        return "".join(self._buffer[-6:])[-40:]

    def _after(self, node: Node) -> str:
        following = self._nodes[node.end] if node.end < len(self._nodes) else None
        return following.text[:20] if following is not None and not following.tag else ""

    def _between_sentences(self) -> bool:
        tail = "".join(self._buffer[-8:])[-200:]
        return not tail.strip(" ") or bool(_ENDS_SENTENCE.search(tail))

    def _flush(self) -> None:
        if not self._buffer and not self._waiting:
            self._source = None
            return
        source = self._source or self._nodes[0]
        buffered = "".join(self._buffer)
        for text in paragraphs(with_fractions(buffered)) if buffered.strip(" \t\n\r\f") else ():
            whole = self._without_holes(text) if HOLE in text else text
            if whole:
                self.blocks.append(Block(whole, source))
        self.blocks += self._waiting
        self._buffer, self._waiting, self._source = [], [], None

    def _without_holes(self, text: str) -> str:
        """Leave out the sentences that lack what a formula says."""
        sentences = split_sentences(text)
        self._miss(FORMULA, next((s for s in sentences if HOLE in s), text).replace(HOLE, "…"))
        return " ".join(sentence for sentence in sentences if HOLE not in sentence)

    def _miss(self, reason: Reason, sample: str) -> None:
        self._missed[reason] += 1
        self._samples.setdefault(reason, collapse(sample[: 4 * _SAMPLE])[:_SAMPLE])


def _sources(image: Node) -> list[Attributes]:
    """Give the attributes of the sources before an image in its picture element, in order."""
    if image.parent is None or image.parent.tag != "picture":
        return []
    before = [node for node in image.parent.children[:_MAX_SOURCES] if node.number < image.number]
    return [node.attributes for node in before if node.tag == "source"]


def _stands_for_picture(tag: str, attributes: Attributes) -> bool:
    """Say whether an empty element is one that a script puts a picture in the place of."""
    if "-" in tag and is_picture_file(attributes.get("src") or ""):
        return True
    return any(
        name.startswith("data-") and "src" in name and value and is_picture_file(value)
        for name, value in attributes.items()
    )


def _as_image(node: Node) -> Attributes | None:
    if node.tag not in _EMBEDDED:
        return node.attributes
    attributes = image_attributes(node.tag, node.attributes)
    return dict(attributes) if attributes is not None else None


def _is_shown_as_block(node: Node) -> bool:
    style = node.attributes.get("style")
    return node.caption or bool(style and _BLOCK_STYLE.search(style))


_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item)\b", re.I)
_SPECIAL = {
    "img": Reader._picture,
    "amp-img": Reader._picture,
    "amp-anim": Reader._picture,
    "object": Reader._picture,
    "embed": Reader._picture,
    "noscript": Reader._without_scripts,
    "button": Reader._control,
    "br": Reader._break,
    "hr": Reader._break,
    "script": Reader._script,
}
