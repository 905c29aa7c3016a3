"""What the gate is told of an analysis: how much of the version it saw."""

from __future__ import annotations

from realsyn_tasks.core.counts import Row
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.datasets.pinned import PAIRS
from realsyn_tasks.kinds import VERSION


def statistics(evidence: Evidence) -> Row:
    """Give the pairs of the version, those that were read, drawn, embedded and given a topic."""
    pairs = evidence.workspace.config.sources[VERSION.name].rows[PAIRS]
    drawn = evidence.rows("measure_pairs", "drawn")
    return {
        "pairs": pairs,
        "pairs_unread": pairs - evidence.counts("measure_pairs")["pairs"],
        "pairs_drawn": drawn,
        "pairs_without_vector": drawn - evidence.rows("embed_pairs", "vectors"),
        "pairs_without_topic": drawn - evidence.rows("fit_topics", "pairs"),
    }
