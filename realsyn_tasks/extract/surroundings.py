"""What stands around a picture in its document: the sentences nearest to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.text.clean import composed

NEAREST = 6  # sentences, half of them on either side where there are as many
MIN_WORDS = 3  # what is shorter is the label of something, or a scrap


@dataclass(frozen=True)
class Prose:
    """The sentences of a document in order, without its headings, captions and scraps.

    `positions` are the numbers of the nodes that they are in, ascending.
    """

    texts: Sequence[str]
    positions: Sequence[int]

    def around(self, position: int) -> list[dict[str, Any]]:
        """Give the sentences nearest to a node, in order, and how far from it they are."""
        place = bisect_left(self.positions, position)
        after = len(self.texts) - place
        first = place - min(place, max(NEAREST // 2, NEAREST - after))
        nearest = range(first, min(first + NEAREST, len(self.texts)))
        return [
            {
                "text": composed(self.texts[number]),
                "offset": number - place + (number >= place),
            }
            for number in nearest
        ]
