"""How much of a build hangs on few sentences: a hub as the text of many images is bad data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.corpus.keys import hashes_of_ids
from realsyn_tasks.vectors.repetition import repetition


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


@lru_cache(maxsize=1)  # a gate asks twice
def hub_use(evidence: Evidence) -> HubUse:
    """Count over all matches, of which only the ids of sentences are read."""
    use = repetition(
        hashes_of_ids(piece["sentence_id"])
        for commit in evidence.commits("merge_matches")
        for piece in evidence.read(commit.objects["matches"], ["sentence_id"])
    )
    return HubUse(texts=use.items, sentences=use.distinct, most=use.most, share=use.share)
