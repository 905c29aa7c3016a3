"""MMC4: JSON lines, plain, gzipped or zipped, with a document in each.

`text_list` holds the sentences; each entry of `image_info` has its `raw_url` and, as
`matched_text_index`, the sentence that it stands before. A line's offset is its number in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

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
from realsyn_tasks.formats.interleaved import (
    document,
    linked_image,
    paragraphs,
    record_of,
    share_broken,
)
from realsyn_tasks.formats.lines import read_objects

_TEXTS = re.compile(rb'"text_list"\s*:\s*\[')


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """Documents in the order of lines; `resolve` is unused, since the images are elsewhere."""
    for file in files:
        for number, row in read_objects(file, limits):
            if isinstance(row, BadRecord):
                yield row
            else:
                yield from _row(row, file.path, number, limits)


def looks_like(head: Head) -> bool:
    """Say whether a file begins with an object that has a list of texts, packed or not."""
    return head.line.startswith(b"{") and bool(_TEXTS.search(head.line))


def _row(
    row: dict[str, Any], path: str, number: int, limits: Limits
) -> Iterator[Document | BadRecord]:
    problem = _why_malformed(row)
    if problem:
        yield BadRecord(path, number, reasons.MALFORMED_ROW, problem)
        return
    if broken := share_broken(row["text_list"], limits):
        yield BadRecord(path, number, reasons.BROKEN_ENCODING, broken)
        return
    yield from document(row.get("url"), path, number, _nodes(row), limits, record_of(row))


def _why_malformed(row: dict[str, Any]) -> str:
    if not isinstance(row.get("text_list"), list):
        return "text_list has to be a list"
    if not all(isinstance(text, str) for text in row["text_list"]):
        return "text_list has to hold strings"
    images = row.get("image_info") or []
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        return "image_info has to be a list of objects"
    return ""


def _nodes(row: dict[str, Any]) -> list[ImageNode | TextNode | None]:
    """Sentences with each image before the one it was matched to; without a match, at the end."""
    texts = row["text_list"]
    before: dict[int, list[ImageNode | None]] = {}
    for image in row.get("image_info") or []:
        place = image.get("matched_text_index")
        known = isinstance(place, int) and 0 <= place < len(texts)
        before.setdefault(place if known else len(texts), []).append(
            linked_image(image.get("raw_url"))
        )
    nodes: list[ImageNode | TextNode | None] = []
    for place, text in enumerate(texts):
        nodes += before.get(place, [])
        nodes += paragraphs(text)
    return nodes + before.get(len(texts), [])
