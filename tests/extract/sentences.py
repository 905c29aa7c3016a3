"""Sentences as parse gives them, for tests."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from realsyn_tasks.core import ids, tables
from realsyn_tasks.extract import schemas
from realsyn_tasks.text.clean import composed


def parsed_sentences(texts: Sequence[str]) -> pa.Table:
    """A table of sentences, one document."""
    rows = [
        {
            "sentence_id": ids.sentence_id(text),
            "text": composed(text),
            "document_id": "d",
            "document_url": "https://prose.test/",
            "source": "crawl.warc.gz",
            "source_offset": 0,
            "position": 0,
            "ordinal": number,
            "words": len(text.split()),
        }
        for number, text in enumerate(texts)
    ]
    return tables.from_rows(schemas.SENTENCES, rows, ["sentence_id"])


def filtered_sentences(texts: Sequence[str]) -> pa.Table:
    """The same as filter_sentences gives them, none of them with a pronoun for another's noun."""
    table = parsed_sentences(texts)
    columns = {name: table[name] for name in table.column_names}
    columns["anaphoric"] = [False] * table.num_rows
    return tables.build(schemas.FILTERED_SENTENCES, columns)
