"""Harder crawls of the same material: fewer pictures have a caption, and few topics have most.

On the web most pictures stand without a word of their own, and few things are shown over and over.
What is drawn hangs on addresses alone: what is hidden at one rate is hidden at every higher one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from realsyn_tasks.sample_crawl.layout import Figure
from realsyn_tasks.sample_crawl.plan import LEAST_OF_TOPIC
from realsyn_tasks.sample_crawl.site import Page
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order

SEED = 1
OTHERS = "others"  # topics too small to be one
Told = tuple[Page, str]  # with its topic


@dataclass(frozen=True)
class Variant:
    """How much harder; as it stands here: not at all."""

    hide_captions: float = 0.0  # share of the composed pages' captions that stand on other pages
    skew: float = 1.0  # pictures of the largest topic over those of the median one

    def __post_init__(self) -> None:
        """Refuse what is no share, and what is no weight."""
        if not 0 <= self.hide_captions <= 1:
            raise ValueError(f"hide_captions is {self.hide_captions}: a share is from 0 to 1")
        if self.skew < 1:
            raise ValueError(f"skew is {self.skew}: 1 leaves the topics as they are, 10 is tenfold")


def hidden_of(urls: Collection[str], rate: float) -> frozenset[str]:
    """Draw this share of the addresses of pictures."""
    known = sorted(urls)
    return frozenset(
        known[row] for row in bottom_k(hash_order(known, SEED), round(rate * len(known)))
    )


def apart(figures: Sequence[Figure], hidden: Collection[str]) -> tuple[list[Figure], list[str]]:
    """Part pictures from captions that are hidden: pictures, some without, and those captions."""
    shown = [(picture, "" if picture.url in hidden else text) for picture, text in figures]
    return shown, [text for picture, text in figures if picture.url in hidden]


def skewed(told: Iterable[Told], factor: float) -> list[Page]:
    """Leave pages out, so that the largest topic has `factor` times the pictures of the median one.

    Nothing is shown twice, so topics from the median on have fewer pages, and those above keep
    theirs. Pages without a usable picture stay. The order is kept.
    """
    topics = _merged(list(told))
    sizes = topic_sizes(topics)
    if factor <= 1 or not sizes:
        return [page for page, _ in topics]
    ranked = [topic for topic, _ in sorted(sizes.items(), key=lambda each: (-each[1], each[0]))]
    most = max(1, round(sizes[ranked[0]] / factor))
    cut = set(ranked[(len(ranked) - 1) // 2 :]) - {ranked[0]}
    gone = {page.url for topic in cut for page in _beyond(topics, topic, most)}
    return [page for page, _ in topics if page.url not in gone]


def topic_sizes(told: Iterable[Told]) -> Counter[str]:
    """Count the usable pictures of each topic that has any."""
    sizes: Counter[str] = Counter()
    for page, topic in told:
        sizes[topic] += page.usable
    return +sizes


def _merged(told: list[Told]) -> list[Told]:
    sizes = topic_sizes(told)
    return [(page, topic if sizes[topic] >= LEAST_OF_TOPIC else OTHERS) for page, topic in told]


def _beyond(told: Iterable[Told], topic: str, most: int) -> list[Page]:
    """Name the pages of a topic that are too many, taken in an order by hash."""
    mine = sorted(
        (page for page, of in told if of == topic and page.usable), key=lambda page: page.url
    )
    order = hash_order([page.url for page in mine], SEED)
    left, beyond = most, []
    for row in bottom_k(order, len(mine)).tolist():
        if mine[row].usable <= left:
            left -= mine[row].usable
        else:
            beyond.append(mine[row])
    return beyond
