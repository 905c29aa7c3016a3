"""No fit reads vectors or texts of everything: what it may hold is bounded, whatever the corpus.

A fit runs as one process over all shards. It may stream ids, numbers and scores of everything;
vectors and texts reach it only as samples of a stated size, which stages over the shards hand on.
"""

from __future__ import annotations

import pytest

from realsyn_tasks.core.declaration import ONE
from realsyn_tasks.core.vector_columns import VECTOR
from realsyn_tasks.stages import PIPELINE
from tests.hard_world import Hard, Read

TEXTS = {"text", "caption", "alt", "title", "heading", "context", "words", "untagged"}
TEXTS |= {"text1", "text2", "text3", "syn_text"}
BOUNDED = {  # samples with a cap, whatever the corpus: all tables of a stage, or one of them
    *("draw_samples", "pool_samples", "search_exactly", "filter_pairs.drawn"),
    *("pool_candidates.sampled", "rerank_candidates.sampled", "merge_matches.sampled"),
    *("measure_pairs.drawn", "embed_pairs.vectors", "ask_teacher.tasks"),
}
FITS = {stage.name for stage in PIPELINE.stages if stage.axis == ONE}


def is_heavy(read: Read) -> bool:
    """Say whether a column is of vectors or texts."""
    return read.column.type == VECTOR or read.column.name in TEXTS


def is_bounded(read: Read) -> bool:
    """Say whether a table is a sample, or of a fit."""
    return bool({read.stage, f"{read.stage}.{read.table}"} & BOUNDED) or read.stage in FITS


@pytest.mark.parametrize("fit", sorted(FITS))
def test_a_fit_reads_vectors_and_texts_of_samples_only(fit: str, hard: Hard) -> None:
    heavy = [read for read in hard.reads if read.by == fit and is_heavy(read)]
    assert not [read for read in heavy if not is_bounded(read)]


def test_what_is_noted_is_what_is_read(hard: Hard) -> None:
    """Else the test above would pass whatever the fits read."""
    heavy = {
        (read.by, read.stage, read.table, read.column.name) for read in hard.reads if is_heavy(read)
    }
    assert ("fit_clusters", "filter_pairs", "drawn", "embedding") in heavy
    assert ("fit_topics", "measure_pairs", "drawn", "text1") in heavy
    assert ("measure_relevance", "merge_matches", "sampled", "text") in heavy
