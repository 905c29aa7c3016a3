"""What rows that list images and texts have in common, however they are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from realsyn_tasks.text.clean import cleaned, why_unusable
from realsyn_tasks.text.reasons import BROKEN_TEXT
from realsyn_tasks.text.whitespace import shorten
from realsyn_tasks.web.addresses import canonical
from realsyn_tasks.web.dom import MAX_NAME, primary_language
from realsyn_tasks.web.licences import licence_of

_TITLES = ("title", "page_title")
_LANGUAGES = ("language", "lang")
_LICENCES = ("license", "licence", "license_url")
_DATES = ("crawled", "crawl_date", "warc_date")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z?)?)?")
_FILE_DATE = re.compile(r"(?:^|[/-])(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])\d{6}(?!\d)")
_HALVES = re.compile("[\ud800-\udfff]")  # of characters, which JSON can spell and nothing can store
_BYTES = re.compile("[\udc80-\udcff]")  # that are no character
_MOST_STATED = 4_000  # characters of a title, a licence and the like that are looked at
_PARAGRAPHS = re.compile(r"\n\s*\n")


def linked_image(url: object, alt: object = "") -> ImageNode | None:
    """An image known by its address only; None if that is no http(s) address."""
    address = _address(url)
    if not address:
        return None
    return ImageNode(address, None, cleaned(alt) if isinstance(alt, str) else "", "", "")


def _address(url: object) -> str:
    """The one spelling of an address; "" if it is none, or holds half of a character."""
    if not isinstance(url, str) or _HALVES.search(url):
        return ""
    return canonical(url)


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
    text = next((value for value in values if isinstance(value, str) and value), "")
    return cleaned(text[:_MOST_STATED])


def paragraphs(text: str) -> Iterator[TextNode]:
    """The paragraphs of a text, which blank lines end; none is empty."""
    for part in _PARAGRAPHS.split(text):
        if text := cleaned(part):
            yield TextNode(text)


def share_broken(texts: Sequence[str | None], limits: Limits) -> str:
    """Tell what share of the texts is bytes that are no character, if it is too much; or ""."""
    characters = sum(len(text or "") for text in texts)
    broken = sum(len(_BYTES.findall(text or "")) for text in texts)
    if broken <= limits.replaced_share * characters:
        return ""
    return f"{broken / characters:.1%} of the characters are broken as utf-8"


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
    counts once a document. Words of an image that are of no use cost themselves only.
    """
    nodes, broken = _without_broken_words(nodes)
    if broken:
        yield BadRecord(source, offset, BROKEN_TEXT, f"alternative texts of {broken} images")
    if why_unusable(about.title):
        yield BadRecord(source, offset, BROKEN_TEXT, "the title")
        about = replace(about, title="")
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
        address = _address(url) or f"{source}#{offset}"
        yield Document(address, source, offset, tuple(kept[: limits.nodes]), about=about)
    else:
        yield BadRecord(source, offset, reasons.NO_CONTENT, "neither text nor images")


def _without_broken_words(
    nodes: Sequence[ImageNode | TextNode | None],
) -> tuple[list[ImageNode | TextNode | None], int]:
    """The nodes, alternative texts of no use emptied, and how many those were."""
    kept = [
        replace(node, alt="") if isinstance(node, ImageNode) and why_unusable(node.alt) else node
        for node in nodes
    ]
    return kept, sum(a is not b for a, b in zip(kept, nodes, strict=True))
