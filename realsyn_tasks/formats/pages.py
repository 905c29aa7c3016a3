"""Bytes of one page to one document, the same for every format that holds HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from realsyn_tasks.core.reasons import Reason, Refused, Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import (
    NOTHING_SAID,
    BadRecord,
    Document,
    ImageNode,
    Limits,
    Record,
    TextNode,
)
from realsyn_tasks.text.clean import cleaned, why_unusable
from realsyn_tasks.web.addresses import decode_data_uri
from realsyn_tasks.web.confined_reader import read_confined
from realsyn_tasks.web.dom import Page, Picture
from realsyn_tasks.web.dom_guard import why_too_costly, without_costly
from realsyn_tasks.web.encoding import Decoded, decode_page


@dataclass(frozen=True)
class Bytes:
    """An image as the crawl holds it, with the media type somebody declared, or ""."""

    data: bytes
    declared_type: str


class Finder(Protocol):
    """How a format looks up what a page refers to."""

    def address(self, page: str, base: str, reference: str, encoding: str) -> str:
        """The one spelling of the address; "" if the reference leads nowhere we would go.

        `encoding` is the page's, in which browsers send queries.
        """

    def find(self, address: str) -> Bytes | Verdict | None:
        """The image at that address, why it is none, or None if the crawl does not hold it."""


def document(
    data: bytes,
    *,
    url: str,
    source: str,
    offset: int,
    charset: str,
    opt_out: str,
    finder: Finder,
    limits: Limits,
    known: Record = NOTHING_SAID,
) -> Iterator[Document | BadRecord]:
    """The document of a page, or why there is none; also what had to be left out of it.

    `known` is what the crawl says of the page, which counts where the page itself says nothing.
    """
    say = partial(BadRecord, source, offset)
    try:
        decoded = _decoded(data, charset, limits.replaced_share)
        text, costly = _affordable(decoded.text)
        if costly:
            yield say(reasons.ELEMENTS_CUT, costly)
        page = read_confined(text, limits.nodes, limits.images, url)
    except Refused as refused:
        yield say(refused.verdict.reason, refused.verdict.detail)
        return
    images = _ImageReader(url, page.base, decoded.encoding, finder, limits)
    nodes = tuple(_nodes(page, images))
    title = images.said(page.title, "the title")
    for reason, detail in (*images.refused, *_left_out(page)):
        yield say(reason, detail)
    if nodes:
        about = _about(title, page, known)
        yield Document(url, source, offset, nodes, opt_out or page.opt_out, about)
    else:
        yield say(reasons.NO_CONTENT, "neither text nor images")


def _decoded(data: bytes, charset: str, replaced_share: float) -> Decoded:
    """Give the text of a page; raises Refused where its bytes are of no encoding."""
    decoded = decode_page(data, charset)
    if decoded.unsure or decoded.broken > replaced_share:
        detail = f"{decoded.broken:.1%} of the characters are broken as {decoded.encoding}"
        detail += ", and the bytes tell no other encoding" if decoded.unsure else ""
        raise Refused(reasons.BROKEN_ENCODING, detail)
    return decoded


def _affordable(text: str) -> tuple[str, str]:
    """Cut what would cost too much to read, and name it; raises Refused where that won't do."""
    text, costly = without_costly(text)
    if problem := why_too_costly(text):
        raise Refused(reasons.COSTLY_MARKUP, problem)
    return text, costly


def _left_out(page: Page) -> Iterator[tuple[Reason, str]]:
    yield from page.left_out
    if page.cut:
        yield reasons.PAGE_CUT, f"only {len(page.nodes)} nodes are read"


def _about(title: str, page: Page, known: Record) -> Record:
    """What the page says of itself, else what the crawl does."""
    return Record(
        title, page.language or known.language, page.licence or known.licence, known.crawled
    )


def _nodes(page: Page, images: _ImageReader) -> Iterator[TextNode | ImageNode]:
    for number, part in enumerate(page.nodes):
        if isinstance(part, str):
            yield from _text(part, number in page.labels, number in page.captions)
        else:
            yield from images.nodes(part)


def _text(part: str, is_label: bool, is_caption: bool) -> Iterator[TextNode]:
    if text := cleaned(part):
        yield TextNode(text, is_label, is_caption)


class _ImageReader:
    """Turns the parts of one page into nodes, within the page's budget of image bytes."""

    def __init__(self, url: str, base: str, encoding: str, finder: Finder, limits: Limits) -> None:
        self.url = url
        self.base = base
        self.encoding = encoding
        self.finder = finder
        self.limits = limits
        self.budget = limits.document_image_bytes
        self.seen: set[str] = set()
        self.refused: list[tuple[Reason, str]] = []

    def nodes(self, part: Picture) -> Iterator[ImageNode]:
        """The node of a picture; none if it repeats an image of the page or leads nowhere."""
        address, content, others = self._look_up(part)
        if address in self.seen:
            self.refused.append((reasons.REPEATED_PICTURE, address[:120]))
        elif address:
            self.seen.add(address)
            yield replace(self._image(address, content, part), others=others)

    def _image(self, address: str, content: Bytes | Verdict | None, part: Picture) -> ImageNode:
        if isinstance(content, Bytes) and len(content.data) > self.budget:
            content = Verdict(reasons.TOO_MANY_IMAGE_BYTES, address[:120])
            self.refused.append((content.reason, content.detail))
        held = content if isinstance(content, Bytes) else None
        self.budget -= len(held.data) if held else 0
        return ImageNode(
            address,
            held.data if held else None,
            self.said(part.alt, "an alternative text"),
            self.said(part.caption, "a caption"),
            held.declared_type if held else "",
            self.said(part.heading, "a heading"),
            part.licence,
            content.reason if isinstance(content, Verdict) else None,
        )

    def said(self, text: str, what: str) -> str:
        """Give what is said beside a picture; "" for a text of no use, which costs only itself."""
        text = cleaned(text)
        if verdict := why_unusable(text):
            self.refused.append((verdict.reason, f"{what}: {verdict.detail}"))
            return ""
        return text

    def _look_up(self, part: Picture) -> tuple[str, Bytes | Verdict | None, tuple[str, ...]]:
        """The first candidate that the crawl holds, or else all that could be elsewhere.

        Why the others are of no use is told where none is held, and each reason once.
        """
        first: tuple[str, Verdict | None] = ("", None)
        others: list[str] = []
        problems: dict[Reason, str] = {}
        for reference in part.candidates:
            inline = reference[:5].lower() == "data:"
            address, content = self._inline(reference) if inline else self._linked(reference)
            if isinstance(content, Bytes):
                return address, content, ()
            if content:
                problems.setdefault(content.reason, content.detail)
            if address and not first[0]:
                first = address, content
            elif address and not inline:
                others.append(address)
        self.refused += problems.items()
        return (*first, tuple(others))

    def _linked(self, reference: str) -> tuple[str, Bytes | Verdict | None]:
        address = self.finder.address(self.url, self.base, reference, self.encoding)
        if not address:
            return "", Verdict(reasons.UNSAFE_ADDRESS, reference[:120])
        return address, self.finder.find(address)

    def _inline(self, reference: str) -> tuple[str, Bytes | Verdict | None]:
        decoded = decode_data_uri(reference, self.limits.image_bytes)
        if decoded is None or not decoded[0].startswith("image/"):
            return "", Verdict(reasons.BROKEN_DATA_URI, reference[:60])
        digest = hashlib.sha256(decoded[1]).hexdigest()
        return f"{self.url}#data-{digest[:16]}", Bytes(decoded[1], decoded[0])
