"""Which texts are of an image's own document: what relevance is measured by, without labels.

A text that stands beside a picture is more often true of it than one from anywhere else. It is no
proof: what is right may stand in another document, and the own document may speak of other things.
The picture's own caption and alt text are never counted, for they are right by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve import own_words
from realsyn_tasks.retrieve.own_words import letters
from realsyn_tasks.retrieve.truth import sampled
from realsyn_tasks.vectors.hash_order import bottom_k
from realsyn_tasks.web.suffixes import registered_domain

NO_SITE = "no site"  # of pages that come from a folder
COLUMNS = [*own_words.COLUMNS, "document_id", "document_url", "context"]
TEXT_COLUMNS = ["sentence_id", "document_id", "text"]


class Text(NamedTuple):
    """A text, and the document that the corpus has it from."""

    sentence_id: str
    document_id: str
    text: str


@dataclass(frozen=True, eq=False)
class Images:
    """Some images with what their documents say of them; all lists are by row."""

    ids: Sequence[str]
    documents: Sequence[str]
    sites: Sequence[str]
    words: Sequence[tuple[str, ...]]  # caption and alt text, whatever the filters say of them
    captions: Sequence[str]  # the one of these that a filter left, "" for none
    context: Sequence[frozenset[str]]  # ids of the sentences around, or of those kept instead
    vectors: np.ndarray  # (n, d) float32, or (n, 0)

    @staticmethod
    def of(table: pa.Table) -> Images:
        """Read them from a table of the corpus with COLUMNS, and `embedding` if it is there."""
        rows = table.select(COLUMNS).to_pylist()
        vectors = np.zeros((len(rows), 0), dtype=np.float32)
        return Images(
            [row["image_id"] for row in rows],
            [row["document_id"] or "" for row in rows],
            [registered_domain(row["document_url"] or "") or NO_SITE for row in rows],
            [tuple(row[name] or "" for name in own_words.CAPTIONS) for row in rows],
            [own_words.caption_of(row).text for row in rows],
            [_context(row) for row in rows],
            tables.vectors_of(table) if "embedding" in table.column_names else vectors,
        )

    @staticmethod
    def drawn(inputs: Inputs, wanted: int) -> Images:
        """Take so many of the sampled images (all, if fewer) by seeded hash, without vectors."""
        sampled = inputs.table("pool_samples", "images", [*COLUMNS, "key"])
        rows = np.sort(bottom_k(sampled["key"].to_numpy(), wanted))
        return Images.of(tables.taken(sampled, pa.array(rows)))

    @staticmethod
    def surveyed(inputs: Inputs) -> Images:
        """Take the images that relevance is measured on, with their vectors."""
        return Images.of(sampled(inputs, "survey", [*COLUMNS, "embedding"]))

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Give the row of each image by its id."""
        return {name: row for row, name in enumerate(self.ids)}

    @cached_property
    def of_document(self) -> dict[str, set[int]]:
        """Give the rows of each document's images; of what has no document, none."""
        return _inverted((name,) if name else () for name in self.documents)

    @cached_property
    def beside(self) -> dict[str, set[int]]:
        """Give the rows of the images that a sentence stands beside."""
        return _inverted(self.context)

    @cached_property
    def _letters(self) -> list[tuple[str, ...]]:
        return [tuple(letters(text) for text in words) for words in self.words]

    def is_caption(self, row: int, text: Text) -> bool:
        """Say whether a text is the image's caption or alt text, or a part of it."""
        if not any(mine := self._letters[row]):
            return False
        spelled = letters(text.text)
        return bool(spelled) and any(spelled in words for words in mine)

    def owners(self, text: Text) -> set[int]:
        """Give the rows of the images that have a text in their document, not as their caption."""
        rows = self.of_document.get(text.document_id, set())
        rows = rows | self.beside.get(text.sentence_id, set())
        return {row for row in rows if not self.is_caption(row, text)}

    def own_rows(self, sentences: pa.Table) -> Iterator[tuple[int, Text, set[int]]]:
        """Give those rows of a table of sentences that any image owns, with the owners."""
        mine = pc.or_(
            pc.is_in(sentences["document_id"], value_set=strings(self.of_document)),
            pc.is_in(sentences["sentence_id"], value_set=strings(self.beside)),
        )
        places = np.flatnonzero(mine.to_numpy(zero_copy_only=False))
        for place, text in zip(places.tolist(), texts_of(sentences, places), strict=True):
            if owners := self.owners(text):
                yield place, text, owners


def texts_of(table: pa.Table, places: np.ndarray) -> list[Text]:
    """Read rows of a table with the columns TEXT_COLUMNS."""
    rows = tables.taken(table.select(TEXT_COLUMNS), places).to_pylist()
    return [Text(row["sentence_id"], row["document_id"] or "", row["text"] or "") for row in rows]


def _context(row: dict[str, Any]) -> frozenset[str]:
    """Give the ids of what stands around; a text is its own id, unless another is kept for it."""
    sentences = row["context"] or ()
    return frozenset(each["sentence_id"] or sentence_id(each["text"]) for each in sentences)


def _inverted(names_by_row: Iterable[Iterable[str]]) -> dict[str, set[int]]:
    rows: dict[str, set[int]] = {}
    for row, names in enumerate(names_by_row):
        for name in names:
            rows.setdefault(name, set()).add(row)
    return rows


def strings(names: Iterable[str]) -> pa.Array:
    """Make a set of values to look among, also of none."""
    return pa.array(list(names), type=pa.string())
