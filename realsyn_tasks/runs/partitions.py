"""Into how many partitions work is cut: as a profile says, or as what a run reads asks for."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Literal

from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.core.declaration import Axis, Kind
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.stages import PIPELINE

Count = int | Literal["auto"]
AUTO = "auto"


def partitions_of(
    kind: Kind, counts: Mapping[str, Count], sources: Mapping[str, PinnedSource]
) -> dict[str, int]:
    """Give the number of partitions of each axis that work of a kind is cut by."""
    stages = [stage for group in PIPELINE.groups_of(kind.name) for stage in group.declared]
    amounts = _amounts(sources)
    return {
        str(axis): sized(axis, amounts) if counts[axis] == AUTO else int(counts[axis])
        for axis in dict.fromkeys(stage.axis for stage in stages)
        if axis.cut and axis in counts
    }


def sized(axis: Axis, amounts: Mapping[str, int]) -> int:
    """Count the partitions of which none holds much more than it should.

    A power of two: so that it stays, and with it all that was made, until a corpus has doubled.
    """
    wanted = sum(Fraction(amounts.get(name, 0), most) for name, most in axis.holds.items())
    return 1 << (max(1, ceil(wanted)) - 1).bit_length()


def _amounts(sources: Mapping[str, PinnedSource]) -> dict[str, int]:
    """Count what a run reads: bytes of the crawl, images and sentences of the corpus."""
    crawl, generations = crawl_of(sources), corpus_of(sources).generations
    return {
        "bytes": sum(file.size for file in crawl.files) if crawl else 0,
        "images": sum(generation.images for generation in generations),
        "sentences": sum(generation.sentences for generation in generations),
    }
