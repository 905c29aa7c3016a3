"""No fit reads vectors or texts of everything: what it may hold is bounded, whatever the corpus.

A fit runs as one process over all shards. It may stream ids, numbers and scores of everything;
vectors and texts reach it only as samples of a stated size, which stages over the shards hand on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from realsyn_tasks.core import inputs
from realsyn_tasks.core.declaration import ONE
from realsyn_tasks.core.vector_columns import VECTOR
from realsyn_tasks.stages import PIPELINE
from tests import world

TEXTS = {"text", "caption", "alt", "title", "heading", "context", "words", "untagged"}
TEXTS |= {"text1", "text2", "text3", "syn_text"}
BOUNDED = {  # samples with a cap, whatever the corpus: all tables of a stage, or one of them
    *("draw_samples", "pool_samples", "search_exactly", "filter_pairs.drawn"),
    *("pool_candidates.sampled", "rerank_candidates.sampled", "merge_matches.sampled"),
    *("measure_pairs.drawn", "embed_pairs.vectors", "ask_teacher.tasks"),
}
FITS = {stage.name for stage in PIPELINE.stages if stage.axis == ONE}


class Read(NamedTuple):
    """A column that a stage read of a table."""

    by: str
    stage: str
    table: str
    column: str


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> set[Read]:
    """Columns of vectors and texts that the fits of all kinds of run read."""
    noted: set[Read] = set()
    stream = inputs.ShardInputs.stream

    def noting(
        self: inputs.ShardInputs, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in stream(self, stage, name, columns):
            heavy = [f.name for f in table.schema if f.type == VECTOR or f.name in TEXTS]
            noted.update(Read(self._stage.name, stage, name, column) for column in heavy)
            yield shard, table

    root: Path = tmp_path_factory.mktemp("noted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs.ShardInputs, "stream", noting)
        world.ingest(root, "first", pages=4)
        world.analyse(world.build(root))
    return {read for read in noted if read.by in FITS}


def is_bounded(read: Read) -> bool:
    """Say whether a table is a sample, or of a fit."""
    return bool({read.stage, f"{read.stage}.{read.table}"} & BOUNDED) or read.stage in FITS


@pytest.mark.parametrize("fit", sorted(FITS))
def test_a_fit_reads_vectors_and_texts_of_samples_only(fit: str, reads: set[Read]) -> None:
    assert not [read for read in reads if read.by == fit and not is_bounded(read)]


def test_what_is_noted_is_what_is_read(reads: set[Read]) -> None:
    """Else the test above would pass whatever the fits read."""
    assert Read("fit_clusters", "filter_pairs", "drawn", "embedding") in reads
    assert Read("fit_topics", "measure_pairs", "drawn", "text1") in reads
    assert Read("measure_relevance", "merge_matches", "sampled", "text") in reads
