"""What rows that list images and texts have in common, however they are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
from realsyn_tasks.text.whitespace import collapse, shorten
from realsyn_tasks.web.addresses import canonical
from realsyn_tasks.web.dom import MAX_NAME, primary_language
from realsyn_tasks.web.licences import licence_of

_TITLES = ("title", "page_title")
_LANGUAGES = ("language", "lang")
_LICENCES = ("license", "licence", "license_url")
_DATES = ("crawled", "crawl_date", "warc_date")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z?)?)?")
_FILE_DATE = re.compile(r"(?:^|[/-])(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])\d{6}(?!\d)")
_PARAGRAPHS = re.compile(r"\n\s*\n")


def linked_image(url: object, alt: object = "") -> ImageNode | None:
    """An image known by its address only; None if that is no http(s) address."""
    address = canonical(url) if isinstance(url, str) else ""
    if not address:
        return None
    return ImageNode(address, None, collapse(alt) if isinstance(alt, str) else "", "", "")


def record_of(metadata: Mapping[str, Any]) -> Record:
    """What the metadata of a row says of its page, under the names that are in use for it.

    A row of Common Crawl that names its file only was crawled on the day that the file's name has.
    """
    return Record(
        title=shorten(_text(metadata, _TITLES), MAX_NAME),
        language=primary_language(_text(metadata, _LANGUAGES)),
        licence=licence_of(_text(metadata, _LICENCES)),
        crawled=_date(metadata),
    )


def _date(metadata: Mapping[str, Any]) -> str:
    stated = _text(metadata, _DATES)
    if _DATE.fullmatch(stated):
        return stated.replace(" ", "T")
    of_file = _FILE_DATE.search(_text(metadata, ("warc_filename",)))
    return "-".join(of_file.groups()) if of_file else ""


def _text(metadata: Mapping[str, Any], names: Sequence[str]) -> str:
    values = (metadata.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), "")


def paragraphs(text: str) -> Iterator[TextNode]:
    """The paragraphs of a text, which blank lines end; none is empty."""
    for part in _PARAGRAPHS.split(text):
        if collapsed := collapse(part):
            yield TextNode(collapsed)


def document(
    url: object,
    source: str,
    offset: int,
    nodes: Sequence[ImageNode | TextNode | None],
    limits: Limits,
    about: Record = NOTHING_SAID,
) -> Iterator[Document | BadRecord]:
    """The document of a row, within the limits, and what had to be left out of it.

    None among the nodes stands for an image whose address leads nowhere we would go. An address
    counts once a document.
    """
    kept: list[ImageNode | TextNode] = []
    images: set[str] = set()
    for node in nodes:
        if isinstance(node, TextNode):
            kept.append(node)
        elif node and node.url not in images and len(images) < limits.images:
            images.add(node.url)
            kept.append(node)
    if None in nodes:
        yield BadRecord(source, offset, reasons.UNSAFE_ADDRESS, f"{list(nodes).count(None)} images")
    wanted = {node.url for node in nodes if isinstance(node, ImageNode)}
    if len(kept) > limits.nodes or len(wanted) > limits.images:
        yield BadRecord(source, offset, reasons.PAGE_CUT, f"only {limits.nodes} nodes are read")
    if kept:
        where = canonical(url) if isinstance(url, str) else ""
        address = where or f"{source}#{offset}"
        yield Document(address, source, offset, tuple(kept[: limits.nodes]), about=about)
    else:
        yield BadRecord(source, offset, reasons.NO_CONTENT, "neither text nor images")
