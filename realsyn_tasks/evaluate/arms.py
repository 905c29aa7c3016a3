"""What a trial learns from: the lessons of a version, as its arm and its seed draw them.

Chance has a stream for each purpose, and none of them depends on the arm: so at a seed all arms
have the same documents, in the same order, and their differences are the arms' own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.evaluate.protocol import Arm, TextSource
from realsyn_tasks.vectors.balance import balanced

Lesson = Mapping[str, Any]  # a row of LESSONS
Rows = NDArray[np.int64]


class Stream(IntEnum):
    """What chance is asked for."""

    DOCUMENTS = 1
    SHUFFLED = 2
    AT_MOST = 3
    TRAINING = 4
    ORDER = 5
    SKEWED = 6


class Taught(NamedTuple):
    """A picture that a trial learns from, by its place among the lessons, and its texts."""

    row: int
    texts: tuple[str, ...]


def chance(seed: int, stream: Stream, number: int = 0) -> np.random.Generator:
    """Open a stream of chance of a trial's seed; of several of a kind, the one of a number."""
    return np.random.default_rng([seed, stream, number])


def drawn(
    lessons: Sequence[Lesson], arm: Arm, seed: int, resampled: bool, number: int = 0
) -> list[Taught]:
    """Draw what an arm learns at a seed from the lessons of one version, in order.

    All trainings of a seed have its documents; in which order, and so which pictures a smaller
    sample has, and which texts are drawn or shuffled, hangs on the training's `number`, too.

    Resampled: documents are drawn with replacement, as many as there are, so that seeds differ as
    crawls would (the bootstrap); a picture may then occur several times. An arm with a skew has no
    more of the smaller clusters than `caps` says. Of fewer pairs, random
    ones are the first in order, balanced ones the first of each cluster under a cap that is solved
    for (paper §3.3): either way less is part of more. A picture without a text of the arm is not
    learnt from.
    """
    texts = _texts(lessons, arm, seed, number)
    order = _order(lessons, seed, resampled, number)
    order = _skewed(lessons, order, arm.skew, chance(seed, Stream.SKEWED, number))
    rows = [row for row in _sampled(lessons, order, arm).tolist() if texts[row]]
    return [Taught(row, texts[row]) for row in rows]


def _order(lessons: Sequence[Lesson], seed: int, resampled: bool, number: int) -> Rows:
    """Give the places of lessons by document, in the order in which a training draws these."""
    by_document: dict[str, list[int]] = {}
    for row in sorted(range(len(lessons)), key=lambda row: _place(lessons[row])):
        by_document.setdefault(lessons[row]["document"], []).append(row)
    documents = list(by_document.values())
    random = chance(seed, Stream.DOCUMENTS)
    count = len(documents)
    picked = random.integers(count, size=count) if resampled else random.permutation(count)
    if number:
        picked = chance(seed, Stream.ORDER, number).permutation(picked)
    return np.array([row for number in picked for row in documents[number]], dtype=np.int64)


def _place(lesson: Lesson) -> tuple[int, str]:
    return lesson["place"], lesson["key"]


def _skewed(
    lessons: Sequence[Lesson], order: Rows, skew: float, random: np.random.Generator
) -> Rows:
    """Leave pictures of the smaller clusters out, wherever in the order they are."""
    if skew <= 1:
        return order
    known = [lesson["cluster_id"] for lesson in lessons]
    mixed = random.permutation(len(order))
    kept = mixed[_within(caps(known, skew), [known[row] for row in order[mixed]])]
    return order[np.sort(kept)]


def _sampled(lessons: Sequence[Lesson], order: Rows, arm: Arm) -> Rows:
    if arm.pairs is None:
        return order
    wanted = round(arm.pairs * len(lessons)) if arm.pairs <= 1 else int(arm.pairs)
    if arm.sampling != "balanced":
        return order[:wanted]
    clusters = np.array([lessons[row]["cluster_id"] for row in order], dtype=np.int64)
    return order[balanced(clusters, np.arange(len(order), dtype=np.uint64), wanted)]


def caps(clusters: Sequence[int], skew: float) -> dict[int, int]:
    """Say how many pictures of which clusters may stay, so that few kinds are most of them.

    The largest cluster has `skew` times as many as the median one then: clusters from the median
    down are cut to that, those above it keep theirs. At 1 none is cut.
    """
    sizes = Counter(clusters)
    ranked = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))
    if skew <= 1 or not ranked:
        return {}
    most = max(1, round(sizes[ranked[0]] / skew))
    return dict.fromkeys(ranked[max(1, (len(ranked) - 1) // 2) :], most)


def _within(most: Mapping[int, int], clusters: Sequence[int]) -> Rows:
    """Give the places of the first so many of each cluster."""
    seen: Counter[int] = Counter()
    kept = []
    for place, cluster in enumerate(clusters):
        seen[cluster] += 1
        if seen[cluster] <= most.get(cluster, len(clusters)):
            kept.append(place)
    return np.array(kept, dtype=np.int64)


def skew_left(clusters: Sequence[int], skew: float) -> float:
    """Give the skew that clusters have, once those that an arm's skew cuts are cut."""
    kept = _within(caps(clusters, skew), clusters)
    return skew_of(clusters[place] for place in kept.tolist())


def _texts(lessons: Sequence[Lesson], arm: Arm, seed: int, number: int) -> list[tuple[str, ...]]:
    """Give the texts of each lesson in this arm; some have another's, if the arm shuffles."""
    random = chance(seed, Stream.AT_MOST, number)
    texts = []
    for lesson in lessons:
        given = texts_of(lesson, arm)
        order = random.permutation(len(given))[: limit(lesson, arm)]
        texts.append(tuple(given[place] for place in sorted(order)))
    owners = shuffled(len(lessons), arm.shuffled, chance(seed, Stream.SHUFFLED, number))
    return [texts[row] for row in owners]


def limit(lesson: Lesson, arm: Arm) -> int | None:
    """Say how many texts an arm may have of a lesson; None: as many as there are.

    As many as another has there, so that two arms differ by what the texts say, not by how many.
    """
    if not arm.as_many_as:
        return arm.at_most
    others = len(_chosen(lesson, arm.as_many_as))
    return others if arm.at_most is None else min(others, arm.at_most)


def texts_of(lesson: Lesson, arm: Arm) -> list[str]:
    """Give all texts of a lesson that an arm may have, each once, source by source as stored."""
    return _chosen(lesson, arm.texts)


def _chosen(lesson: Lesson, wanted: Mapping[TextSource, int]) -> list[str]:
    left = dict(wanted)
    chosen: dict[str, None] = {}
    for each in lesson["texts"]:
        if left.get(each["source"], 0) > 0:
            left[each["source"]] -= 1
            chosen[each["text"]] = None
    return list(chosen)


def shuffled(count: int, share: float, random: np.random.Generator) -> list[int]:
    """Say whose texts each lesson has: its own, or for a share of them those of the next of these.

    Who is to be shuffled at a small share is so at any larger one.
    """
    order, tried = random.permutation(count), random.random(count)
    moved = [row for row in order.tolist() if tried[row] < share]
    owners = dict(zip(moved, moved[1:] + moved[:1], strict=True))
    return [owners.get(row, row) for row in range(count)]


class Facts(NamedTuple):
    """What a trial has learnt from, in figures."""

    pictures: int  # different ones
    texts: int  # different ones of a picture, over all pictures
    caption_share: float  # of the pictures as they are drawn
    skew: float  # pictures of the largest cluster over those of the median one


def facts(lessons: Sequence[Lesson], taught: Sequence[Taught]) -> Facts:
    """Count what was drawn."""
    different = {each.row: each.texts for each in taught}
    rows = [lessons[each.row] for each in taught]
    captioned = sum(row["has_caption"] for row in rows)
    return Facts(
        pictures=len(different),
        texts=sum(len(texts) for texts in different.values()),
        caption_share=captioned / max(1, len(rows)),
        skew=skew_of(row["cluster_id"] for row in rows),
    )


def skew_of(clusters: Iterable[int]) -> float:
    """Give the pictures of the largest cluster over those of the median one; 1 of nothing.

    Of clusters and not of hosts: it is these that a sample is balanced over (paper §3.3).
    """
    sizes = Counter(clusters).values()
    return max(sizes) / median(sizes) if sizes else 1.0
