"""Take images and sentences out of documents, into two separate tables (paper §3.1)."""

from __future__ import annotations

import mimetypes
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from realsyn_tasks import formats
from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import (
    BYTES,
    Context,
    Dropped,
    Inputs,
    Output,
    StageConfig,
)
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.corpus.crawl import Crawl, CrawlObject
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.picture_index import Index
from realsyn_tasks.extract.surroundings import MIN_WORDS, Prose
from realsyn_tasks.formats import (
    BadRecord,
    CrawlFile,
    Document,
    ImageNode,
    Limits,
    Record,
    TextNode,
)
from realsyn_tasks.formats.reasons import FILE_CUT, NOT_SHOWN, UNUSABLE_PICTURE
from realsyn_tasks.formats.warc_index import name_of
from realsyn_tasks.text.clean import composed, why_unusable
from realsyn_tasks.text.reasons import BROKEN_TEXT
from realsyn_tasks.text.sentences import split_sentences
from realsyn_tasks.web.confined_reader import no_child_left
from realsyn_tasks.web.reasons import EMPTY, OPT_OUT

ROWS_AT_ONCE = 10_000


class Config(StageConfig):
    """What one page may hold; more is dropped, with a reason."""

    max_nodes: int = Field(default=5_000, ge=1)
    max_images: int = Field(default=300, ge=1)
    max_page_bytes: int = Field(default=8 << 20, ge=1)
    max_image_bytes: int = Field(default=32 << 20, ge=1)
    max_sentence_chars: int = Field(default=2_000, ge=1)
    # Captions stay with their pictures; true: they are sentences like others, too (the paper).
    caption_sentences: bool = False
    # Records whose bytes are not those of their digest, and can be read all the same.
    wrong_digest: Literal["keep", "drop"] = "keep"
    missing_images: Literal["drop", "fetch"] = "drop"  # those that pages show and the crawl lacks

    def limits(self) -> Limits:
        """Give the bounds in the readers' terms."""
        return Limits(
            page_bytes=self.max_page_bytes,
            image_bytes=self.max_image_bytes,
            nodes=self.max_nodes,
            images=self.max_images,
            wrong_digest=self.wrong_digest,
        )


class _Pile:
    """Rows of one table: Arrow, which is small, but for the last few thousand."""

    def __init__(self, schema: pa.Schema, key: str) -> None:
        self._schema = schema
        self._key = key
        self._rows: list[dict[str, Any]] = []
        self._chunks: list[pa.Table] = []
        self._seen: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, row: dict[str, Any]) -> None:
        """Append a row whose key is not there yet."""
        self._seen.add(row[self._key])
        self._rows.append(row)
        if len(self._rows) == ROWS_AT_ONCE:
            self._chunks.append(tables.from_rows(self._schema, self._rows))
            self._rows.clear()

    def table(self) -> pa.Table:
        """Give all rows, sorted by key."""
        last = tables.from_rows(self._schema, self._rows)
        return tables.ordered(pa.concat_tables([*self._chunks, last]), [self._key])


@dataclass
class _Rows:
    """What has been taken out of the shard so far; the first of equal items is kept."""

    documents: _Pile = field(default_factory=lambda: _Pile(schemas.DOCUMENTS, "document_id"))
    images: _Pile = field(default_factory=lambda: _Pile(schemas.RAW_IMAGES, "image_id"))
    linked: _Pile | None = None  # None: what is not in its file is nowhere
    index: Index | None = None  # None: no other file is looked into
    sentences: _Pile = field(default_factory=lambda: _Pile(schemas.SENTENCES, "sentence_id"))
    dropped: list[Dropped] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)  # bytes by file
    cut: set[str] = field(default_factory=set)  # files that end in the middle


class _Place:
    """How far into the bytes of a shard's files a record lies; they are read in order."""

    def __init__(self, files: Sequence[CrawlObject]) -> None:
        ends = list(accumulate(file.size for file in files))
        self.size = ends[-1] if ends else 0
        self._start = {f.path: end - f.size for f, end in zip(files, ends, strict=True)}
        self._last = 0

    def of(self, item: Document | BadRecord) -> int:
        """Give the bytes before a record; of one that lies elsewhere, those before the last one."""
        if item.source in self._start:
            self._last = min(self._start[item.source] + item.offset, self.size)
        return self._last


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Read the shard's crawl objects: documents, images with their bytes in a tar, sentences.

    Images known by address only go into a table where they are looked for in other files of the
    crawl, or fetched; for the former there is an index of what this shard's files hold.

    Raises CorruptCrawlFile for an object that cannot be read at all.
    """
    rows = _Rows()
    if inputs.has("locate_images"):
        rows.index = Index()
    if rows.index is not None or inputs.has("fetch"):
        rows.linked = _Pile(schemas.LINKED_IMAGES, "link_id")
    pixels = context.scratch / "pixels.tar"
    place = _Place(inputs.source("crawl").objects(context.shard))
    with closing(TarWriter(pixels)) as tar, no_child_left():
        for item in _read(inputs, config, rows.index, context.shard):
            if isinstance(item, BadRecord):
                _note_bad(item, rows)
            else:
                _take_document(item, rows, tar, config)
            context.progress(place.of(item), place.size, BYTES)
    return Output(
        tables=_tables(rows),
        dropped=rows.dropped,
        blobs={"pixels": pixels},
        counts=_counts(rows, inputs.source("crawl").objects(context.shard)),
    )


def _note_bad(item: BadRecord, rows: _Rows) -> None:
    where = f"{item.source}:{item.offset}"
    rows.dropped.append(Dropped("record", where, item.reason, item.detail))
    rows.lost[item.source] += item.lost
    if item.reason is FILE_CUT:
        rows.cut.add(item.source)


def _counts(rows: _Rows, files: list[CrawlObject]) -> dict[str, int]:
    """Count the shard's files and their bytes, and how much of them could not be read."""
    return {
        "files": len(files),
        "files_cut": len(rows.cut),
        "bytes": sum(file.size for file in files),
        "bytes_lost": sum(min(rows.lost[file.path], file.size) for file in files),
    }


def _tables(rows: _Rows) -> dict[str, Any]:
    written = {
        "documents": rows.documents.table(),
        "images": rows.images.table(),
        "sentences": rows.sentences.table(),
    }
    if rows.linked is not None:
        written["linked_images"] = rows.linked.table()
    if rows.index is not None:
        written["index"] = rows.index.table(_sought(written["linked_images"]))
    return written


def _sought(links: pa.Table) -> Iterator[list[str]]:
    columns = (links[name].to_pylist() for name in ("url", "others"))
    return ([url, *others] for url, others in zip(*columns, strict=True))


def _read(
    inputs: Inputs, config: Config, index: Index | None, shard: int
) -> Iterator[Document | BadRecord]:
    crawl: Crawl = inputs.source("crawl")
    files = [_file(item) for item in crawl.objects(shard)]

    shown: set[str] = set()

    def resolve(path: str) -> CrawlFile | None:
        item = crawl.object(path)
        if item:
            shown.add(item.path)
        return _file(item) if item else None

    note = index.note if index is not None else None
    yield from formats.read(crawl.format, files, resolve, config.limits(), note)
    yield from _not_shown(crawl, shown)


def _not_shown(crawl: Crawl, shown: set[str]) -> Iterator[BadRecord]:
    """Pictures beside pages that none of them shows; of several shards no one knows of all."""
    beside = crawl.beside() if formats.FORMATS[crawl.format].shows_files else []
    for path in beside:
        if path not in shown and (mimetypes.guess_type(path)[0] or "").startswith("image/"):
            yield BadRecord(path, 0, NOT_SHOWN)


def _file(item: CrawlObject) -> CrawlFile:
    return CrawlFile(item.path, item.size, item.open)


def _take_document(document: Document, rows: _Rows, tar: TarWriter, config: Config) -> None:
    identity = ids.document_id(document.source, document.offset, document.url)
    if document.opt_out:
        rows.dropped.append(Dropped("document", identity, OPT_OUT, document.opt_out))
        return
    before = _count_images(rows), len(rows.sentences)
    sentences = [_sentences_of(node) for node in document.nodes]
    prose = _prose(document, sentences, config)
    for position, node in enumerate(document.nodes):
        origin = {
            "document_id": identity,
            "document_url": document.url,
            "source": document.source,
            "source_offset": document.offset,
            "position": position,
        }
        if isinstance(node, ImageNode):
            described = _described(node, origin, prose, document.about)
            _take_image(node, described, rows, tar)
        else:
            licensed = {**origin, "licence": document.about.licence}
            if node.is_caption and not config.caption_sentences:
                _leave_caption(sentences[position], document.url, rows)
            else:
                _take_sentences(sentences[position], licensed, rows, config)
    rows.documents.add(
        {
            "document_id": identity,
            "url": document.url,
            "source": document.source,
            "source_offset": document.offset,
            "images": _count_images(rows) - before[0],
            "sentences": len(rows.sentences) - before[1],
            **vars(document.about),
        }
    )


def _sentences_of(node: ImageNode | TextNode) -> list[str]:
    return split_sentences(node.text) if isinstance(node, TextNode) else []


def _prose(document: Document, sentences: list[list[str]], config: Config) -> Prose:
    places = [
        (sentence, position)
        for position, node in enumerate(document.nodes)
        for sentence in sentences[position]
        if isinstance(node, TextNode) and not node.is_label
        if len(sentence) <= config.max_sentence_chars and len(sentence.split()) >= MIN_WORDS
        if not why_unusable(sentence)
    ]
    return Prose([sentence for sentence, _ in places], [position for _, position in places])


def _count_images(rows: _Rows) -> int:
    return len(rows.images) + (len(rows.linked) if rows.linked is not None else 0)


def _take_image(node: ImageNode, described: dict[str, Any], rows: _Rows, tar: TarWriter) -> None:
    asked = rows.linked is not None and node.problem is UNUSABLE_PICTURE
    if node.problem and not asked:
        rows.dropped.append(Dropped("image", ids.sentence_id(node.url), node.problem, node.url))
        return
    if node.data is None and rows.linked is not None and _is_sought(node.url, rows):
        _take_link(node, described, rows)
        return
    if not node.data:
        reason = reasons.NOT_IN_CRAWL if node.data is None else EMPTY
        rows.dropped.append(Dropped("image", ids.sentence_id(node.url), reason, node.url))
        return
    identity = ids.image_id(node.data)
    if identity in rows.images:
        rows.dropped.append(Dropped("image", identity, reasons.EXACT_DUPLICATE, node.url))
        return
    rows.images.add(
        {
            "image_id": identity,
            **described,
            "offset": tar.add(identity, node.data),
            "length": len(node.data),
        }
    )


def _is_sought(url: str, rows: _Rows) -> bool:
    return url.startswith("http") or (rows.index is not None and bool(name_of(url)))


def _take_link(node: ImageNode, described: dict[str, Any], rows: _Rows) -> None:
    assert rows.linked is not None, "a later stage looks for it"
    identity = ids.sentence_id(node.url)
    if identity in rows.linked:
        rows.dropped.append(Dropped("image", identity, reasons.EXACT_DUPLICATE, node.url))
        return
    rows.linked.add({"link_id": identity, "others": list(node.others), **described})


def _described(
    node: ImageNode, origin: dict[str, Any], prose: Prose, about: Record
) -> dict[str, Any]:
    return {
        "url": node.url,
        **origin,
        "alt": node.alt,
        "caption": node.caption,
        "title": about.title,
        "heading": node.heading,
        "context": prose.around(origin["position"]),
        "licence": node.licence or about.licence,
        "crawled": about.crawled,
    }


def _leave_caption(sentences: list[str], url: str, rows: _Rows) -> None:
    rows.dropped += [
        Dropped("sentence", ids.sentence_id(sentence), reasons.CAPTION, url)
        for sentence in sentences
    ]


def _take_sentences(
    sentences: list[str], origin: dict[str, Any], rows: _Rows, config: Config
) -> None:
    for ordinal, sentence in enumerate(sentences):
        identity = ids.sentence_id(sentence)
        reason = _why_not_taken(sentence, identity, rows, config)
        if reason:
            rows.dropped.append(Dropped("sentence", identity, reason, origin["document_url"]))
            continue
        rows.sentences.add(
            {
                "sentence_id": identity,
                "text": composed(sentence),
                **origin,
                "ordinal": ordinal,
                "words": len(sentence.split()),
            }
        )


def _why_not_taken(sentence: str, identity: str, rows: _Rows, config: Config) -> Reason | None:
    if identity in rows.sentences:
        return reasons.EXACT_DUPLICATE
    if why_unusable(sentence):
        return BROKEN_TEXT
    return reasons.TOO_MANY_CHARACTERS if len(sentence) > config.max_sentence_chars else None
