"""What a crawl brought that no earlier generation of the corpus holds."""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.extract.reasons import OLDER_DUPLICATE

DEDUP = {"image": "dedup_images", "sentence": "dedup_sentences"}


@dataclass(frozen=True)
class Novelty:
    """How many images and sentences are new, and how many older generations hold already."""

    images: int
    known_images: int
    sentences: int
    known_sentences: int

    @property
    def no_images(self) -> bool:
        """Say whether no image is new, though there were good ones: then there is no generation."""
        return self.images == 0 and self.known_images > 0

    @property
    def no_sentences(self) -> bool:
        """Say whether no sentence is new, though there were good ones."""
        return self.sentences == 0 and self.known_sentences > 0

    def in_words(self) -> str:
        """Say what is new, and what is left out for want of new images."""
        left = f"; {self.sentences} new sentences are left out with it" if self.sentences else ""
        return (
            f"no image is new: older generations hold all {self.known_images} that passed the"
            f" filters, and {self.known_sentences} of its sentences{left}"
        )


def known(evidence: Evidence, kind: str) -> int:
    """Count the items of a kind that were good and near to what an older generation holds."""
    return evidence.dropped(DEDUP[kind], kind)[OLDER_DUPLICATE.code]


def novelty(evidence: Evidence) -> Novelty:
    """Count what is new in a complete extract."""
    return Novelty(
        images=evidence.rows(DEDUP["image"], "images"),
        known_images=known(evidence, "image"),
        sentences=evidence.rows(DEDUP["sentence"], "sentences"),
        known_sentences=known(evidence, "sentence"),
    )
