"""How much of a build hangs on few sentences: a hub as the text of many images is bad data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.vectors.hash_order import hash_order

MOST_USED = 100


@dataclass(frozen=True)
class HubUse:
    """Whom the realistic texts of a build are from."""

    texts: int  # realistic texts over all images
    sentences: int  # different ones among them
    most: int  # images that the most used sentence serves
    share: float  # of the texts that are one of the 100 most used sentences

    def statistics(self) -> dict[str, float]:
        """Give the figures under the names that gates and reports use."""
        return {
            "sentences_used": self.sentences,
            "images_of_most_used": self.most,
            "hub_share": self.share,
        }


def hub_use(evidence: Evidence) -> HubUse:
    """Count over all matches; memory: 8 bytes a match."""
    parts = [
        hash_order(map(str, piece["sentence_id"].to_pylist()), seed=0)
        for commit in evidence.commits("merge_matches")
        for piece in evidence.read(commit.objects["matches"], ["sentence_id"])
    ]
    keys = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    _, counts = np.unique(keys, return_counts=True)
    top = np.sort(counts)[::-1][:MOST_USED]
    return HubUse(
        texts=len(keys),
        sentences=len(counts),
        most=int(top.max(initial=0)),
        share=float(top.sum() / max(1, len(keys))),
    )
