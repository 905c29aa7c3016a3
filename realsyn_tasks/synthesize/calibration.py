"""Bounds of another reranker's scores, from what the embedded one's bounds keep of the same pairs.

The bounds that generate_texts has by default were chosen by eye, on the embedded reranker's scale.
Another one's is its own. So pairs that belong together, and the same dealt to one another, are
scored by both, and of each bound that score is proposed which as many of them reach.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.models.protocols import Reranker
from realsyn_tasks.synthesize.generate_texts import Config

Pairs = Sequence[tuple[str, str]]
Scores = NDArray[np.float64]
LEAST = 50  # pairs that belong together
DEALT = (1, 2, 3)  # how many pairs further the text is taken from that does not belong


@dataclass(frozen=True)
class Bound:
    """A bound of one reranker's scores, and what reaches it."""

    score: float
    together: float  # share of pairs that belong together
    dealt: float  # .. of words with the text of another pair


@dataclass(frozen=True)
class RerankerBounds:
    """Bounds of a reranker, and beside each the known one's that it stands for."""

    min_about: Bound
    known_min_about: Bound
    min_support: Bound
    known_min_support: Bound

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """The settings as include/models has them."""
        guards = {"min_support": self.min_support.score}
        return {"generate_texts": {"min_about": self.min_about.score, "guards": guards}}


def calibrate_reranker(reranker: Reranker, known: Reranker, pairs: Pairs) -> RerankerBounds:
    """Propose bounds for a reranker; `known` is the one that the default bounds are of.

    `pairs` are words and a text that answers to them, at least LEAST; captions with sentences that
    fit them say most, since those are asked about. Raises ValueError for fewer.
    """
    if len(pairs) < LEAST:
        raise ValueError(f"{len(pairs)} pairs are too few to calibrate with; give {LEAST}")
    dealt = _dealt(pairs)
    mine, theirs = (
        [np.asarray(model.score(asked), dtype=np.float64) for asked in (pairs, dealt)]
        for model in (reranker, known)
    )
    default = Config()
    about, support = default.min_about or 0.0, default.guards.min_support or 0.0
    return RerankerBounds(
        min_about=_like(about, theirs, mine),
        known_min_about=_bound(about, theirs),
        min_support=_like(support, theirs, mine),
        known_min_support=_bound(support, theirs),
    )


def _dealt(pairs: Pairs) -> list[tuple[str, str]]:
    """Give each pair's words the texts of the pairs behind it, but no text of its own."""
    texts = [text for _, text in pairs]
    return [
        (words, other)
        for place, (words, text) in enumerate(pairs)
        for step in DEALT
        if (other := texts[(place + step) % len(texts)]) != text
    ]


def _like(bound: float, theirs: list[Scores], mine: list[Scores]) -> Bound:
    """Give the score that as many of all pairs reach as reach the known bound."""
    kept = int(np.sum(np.concatenate(theirs) >= bound))
    falling = np.sort(np.concatenate(mine))[::-1]
    score = falling[max(kept, 1) - 1]
    return _bound(math.floor(score * 1000) / 1000, mine)


def _bound(score: float, scores: list[Scores]) -> Bound:
    together, dealt = (round(float(np.mean(some >= score)), 3) for some in scores)
    return Bound(score, together, dealt)
