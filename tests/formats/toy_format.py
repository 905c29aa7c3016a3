"""A format as a contributor would add it: one module with `read` and `looks_like`.

A page is a line `== ADDRESS`, then a line for each text and, as `! ADDRESS`, for each picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import (
    BadRecord,
    CrawlFile,
    Document,
    ImageNode,
    Limits,
    Resolve,
    TextNode,
)
from realsyn_tasks.formats.heads import Head
from realsyn_tasks.formats.interleaved import document, linked_image, paragraphs
from realsyn_tasks.formats.lines import read_lines


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """Documents in the order of their first lines."""
    for file in files:
        address, start, texts = "", 0, list[str]()
        for number, line in read_lines(file, limits):
            text = "" if isinstance(line, BadRecord) else line.decode("utf-8", "replace").rstrip()
            if isinstance(line, BadRecord):
                yield line
                address, texts = "", []  # a page with a hole is no page
            elif text.startswith("== "):
                yield from _page(address, file.path, start, texts, limits)
                address, start, texts = text[3:], number, []
            else:
                texts.append(text)
        yield from _page(address, file.path, start, texts, limits)


def looks_like(head: Head) -> bool:
    """Say whether a file begins with a page's address."""
    return head.data.startswith(b"== http")


def _page(
    address: str, path: str, start: int, lines: list[str], limits: Limits
) -> Iterator[Document | BadRecord]:
    size = sum(map(len, lines))
    if "\ufffd" in "".join(lines) or size > limits.page_bytes:
        yield BadRecord(path, start, reasons.BROKEN_ENCODING, f"{size} characters")
    elif address:
        nodes = [node for line in lines for node in _nodes(line)]
        yield from document(address, path, start, nodes, limits)
    elif lines:
        yield BadRecord(path, start, reasons.MALFORMED_ROW, "a page has to begin with its address")


def _nodes(line: str) -> list[ImageNode | TextNode | None]:
    return [linked_image(line[2:])] if line.startswith("! ") else [*paragraphs(line)]
