"""What a trial of many pictures learns from, drawn so that its texts are never held all at once.

The rules are those of `arms`, for versions of any size: which pictures are learnt from is drawn of
their clusters alone, and texts are drawn shard by shard. Pictures that get others' texts get them
from their own shard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.arms import limit, shuffled, texts_of
from realsyn_tasks.evaluate.clip_lessons import drawn
from realsyn_tasks.evaluate.protocol import Arm
from realsyn_tasks.vectors.balance import balanced

Mask = NDArray[np.bool_]


def chosen(arm: Arm, clusters: NDArray[np.int32], seed: int) -> Mask:
    """Say which of (n,) pictures are learnt from; at a seed, those of fewer pairs are part of more.

    Random ones, or as many as fit below a cap on each cluster that is solved for (paper §3.3).
    Raises ConfigError where there are fewer than the arm wants.
    """
    count = len(clusters)
    if arm.pairs is None:
        return np.ones(count, dtype=bool)
    wanted = round(arm.pairs * count) if arm.pairs <= 1 else int(arm.pairs)
    if wanted > count:
        raise ConfigError(
            f"an arm wants {wanted} pairs, and the version has {count} to learn from: evaluate a"
            " larger version, or lower the arm's pairs"
        )
    order = drawn(seed, "pictures").permutation(count).astype(np.uint64)
    if arm.sampling == "balanced":
        return balanced(clusters, order, wanted)
    return order < wanted


def taught(
    arm: Arm, lessons: Sequence[Mapping[str, Any]], seed: int, shard: int
) -> list[tuple[str, ...]]:
    """Give the texts of each of a shard's pictures, rows of LESSONS that are learnt from, in order.

    Some have another's, if the arm shuffles; of more than the arm's most, a seed has its own.
    """
    chance = drawn(seed, "texts", shard)
    given = [_some(texts_of(lesson, arm), limit(lesson, arm), chance) for lesson in lessons]
    return [given[row] for row in shuffled(len(given), arm.shuffled, chance)]


def _some(texts: Sequence[str], most: int | None, chance: np.random.Generator) -> tuple[str, ...]:
    places = chance.permutation(len(texts))[:most]
    return tuple(texts[place] for place in sorted(places.tolist()))
