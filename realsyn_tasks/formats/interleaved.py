"""What rows that list images and texts have in common, however they are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, Document, ImageNode, Limits, TextNode
from realsyn_tasks.text.whitespace import collapse
from realsyn_tasks.web.addresses import canonical

_PARAGRAPHS = re.compile(r"\n\s*\n")


def linked_image(url: object, alt: object = "") -> ImageNode | None:
    """An image known by its address only; None if that is no http(s) address."""
    address = canonical(url) if isinstance(url, str) else ""
    if not address:
        return None
    return ImageNode(address, None, collapse(alt) if isinstance(alt, str) else "", "", "")


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
        yield Document(where or f"{source}#{offset}", source, offset, tuple(kept[: limits.nodes]))
    else:
        yield BadRecord(source, offset, reasons.NO_CONTENT, "neither text nor images")
