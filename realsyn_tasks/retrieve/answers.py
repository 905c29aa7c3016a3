"""The texts that images may be answered with: the corpus's sentences, and captions if so chosen.

A caption may be a sentence too, and that of several images. Whoever gathers texts from more than a
shard passes over what was there before.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.licensed import licensed

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
    return pa.concat_tables([sentences, tables.taken(captions, np.array(new, dtype=np.int64))])


def _captions(table: pa.Table) -> pa.Table:
    """Give the captions that are answers, as sentences are."""
    chosen = table.filter(table["answer"])
    named = chosen.append_column(ANAPHORIC, pa.array(np.zeros(chosen.num_rows, dtype=bool)))
    return named.select(COLUMNS)
