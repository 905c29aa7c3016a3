"""The texts that images may be answered with: the corpus's sentences, and captions if so chosen.

A caption may be a sentence too, and that of several images. Whoever gathers texts from more than a
shard passes over what was there before.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import vector_columns
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.licensed import all_licensed, licensed
from realsyn_tasks.vectors.hash_order import hash_order

ID = "sentence_id"
COLUMNS = [
    *(ID, "text", "document_id", "document_url", "licence"),
    *("anaphoric", "embedding"),
]
ANAPHORIC = "anaphoric"  # a column that captions, which name things, do not have


def answers(inputs: Inputs) -> pa.Table:
    """Give the texts of a shard, each once, with COLUMNS."""
    sentences = licensed(inputs, "sentences", COLUMNS)
    if not inputs.has("embed_queries"):
        return sentences
    captions = _captions(inputs.table("embed_queries", "captions"))
    if not captions.num_rows:
        return sentences
    met = set(sentences[ID].to_pylist())
    firsts = {name: row for row, name in reversed(list(enumerate(captions[ID].to_pylist())))}
    new = sorted(row for name, row in firsts.items() if name not in met)
    return pa.concat_tables([sentences, captions.take(pa.array(new, type=pa.int64()))])


def all_answers(inputs: Inputs, columns: list[str]) -> Iterator[pa.Table]:
    """Give columns of all texts, each text once, a shard at a time; sentence_id is one of them.

    Memory: eight bytes for each caption that is an answer.
    """
    names = _caption_hashes(inputs)
    met = np.zeros(len(names), dtype=bool)
    for table in all_licensed(inputs, "sentences", columns):
        _, places = _places(table, names)
        met[places] = True
        yield table
    if len(names):
        for _, table in inputs.stream("embed_queries", "captions"):
            captions = _captions(table).select(columns)
            rows, places = _places(captions, names)
            new = ~met[places]
            firsts, where = np.unique(places[new], return_index=True)
            met[firsts] = True
            yield captions.take(pa.array(np.sort(rows[new][where])))


def first_of_each(table: pa.Table) -> pa.Table:
    """Leave out rows that have the text of the row before, moving each vector as a whole."""
    ids = table[ID].combine_chunks()
    same = pc.equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False).astype(bool)
    if not same.any():
        return table
    firsts = pa.array(np.flatnonzero(np.append(True, ~same)))
    return vector_columns.unpacked(vector_columns.packed(table).take(firsts))


def _captions(table: pa.Table) -> pa.Table:
    """Give the captions that are answers, as sentences are."""
    chosen = table.filter(table["answer"])
    named = chosen.append_column(ANAPHORIC, pa.array(np.zeros(chosen.num_rows, dtype=bool)))
    return named.select(COLUMNS)


def _caption_hashes(inputs: Inputs) -> np.ndarray:
    """Give the hashes of all captions that are answers, ascending."""
    if not inputs.has("embed_queries"):
        return np.zeros(0, dtype=np.uint64)
    pieces = inputs.stream("embed_queries", "captions", [ID, "answer"])
    hashes = [_hashes(table.filter(table["answer"])) for _, table in pieces]
    return np.unique(np.concatenate(hashes))


def _places(table: pa.Table, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the rows whose text is one of those named by hash, and which of them it is."""
    if not len(names):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    hashes = _hashes(table)
    places = np.minimum(np.searchsorted(names, hashes), len(names) - 1)
    rows = np.flatnonzero(names[places] == hashes)
    return rows, places[rows]


def _hashes(table: pa.Table) -> np.ndarray:
    hashes: np.ndarray = hash_order(table[ID].to_pylist(), seed=0)
    return hashes
