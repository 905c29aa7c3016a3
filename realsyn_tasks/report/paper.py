"""What the paper (arXiv 2502.12513v3) says of its own data, with the section: shown beside ours.

Its cosines belong to an encoder that it does not name, and cannot be compared with ours. Peaks were
read off its plots. DanQing is arXiv 2601.10305v3, of the same group.
"""

from __future__ import annotations

from typing import NamedTuple

from realsyn_tasks.report.svg import Mark

ADDRESS = "arXiv 2502.12513"


class Step(NamedTuple):
    """A step of the paper's funnel."""

    items: int
    of: int  # items that there were at first
    section: str

    @property
    def share(self) -> float:
        """Give the share in percent of what there was at first."""
        return round(100 * self.items / self.of, 1)


IMAGES, SENTENCES, PAIRS = 336_000_000, 2_130_000_000, 198_000_000
FUNNEL = {  # by the name of the step (report.ways)
    "images_in": Step(IMAGES, IMAGES, "§3.1"),
    "images_quality": Step(285_000_000, IMAGES, "§3.1"),
    "images_corpus": Step(198_000_000, IMAGES, "§3.1"),
    "sentences_in": Step(SENTENCES, SENTENCES, "§3.1"),
    "sentences_quality": Step(1_820_000_000, SENTENCES, "§3.1"),
    "sentences_semantic": Step(1_160_000_000, SENTENCES, "§3.1"),
    "sentences_corpus": Step(840_000_000, SENTENCES, "§3.1"),
    "pairs_images": Step(PAIRS, PAIRS, "§3.2"),
    "pairs_paired": Step(PAIRS, PAIRS, "§3.2"),
    "pairs_in_band": Step(168_300_000, PAIRS, "§3.3"),
    "pairs_published": Step(100_862_786, PAIRS, "§3.3; the largest of three"),
}
SIMILARITY = (Mark("YFCC", 0.22), Mark("its text1", 0.265), Mark("LAION", 0.285))
TOKENS = (Mark("YFCC", 2), Mark("LAION", 7), Mark("its text1", 24), Mark("its synthetic", 32))
TOPICS = {  # name -> share of the pairs, and words
    "Food": (0.042, "salmon, taco, hamburger, beer"),
    "Airplane": (0.038, "airport, flight, air, airline"),
    "Animal": (0.032, "dog, dogs, cat, horse"),
    "Automotive": (0.009, "car, cars, engine, ford"),
    "Landmark": (0.005, "town, village, hall, house"),
    "Flower": (0.004, "color, tea, flowers, white"),
}


class Entities(NamedTuple):
    """Unique entities of two texts in 200,000 pairs each."""

    left: str
    right: str
    only_left: int
    both: int
    only_right: int


ENTITIES = (
    Entities("LAION", "its text1", 54_945, 9_466, 68_428),
    Entities("LAION", "its synthetic", 54_811, 9_600, 71_169),
)
PERPLEXITY = (Mark("kept from", 30), Mark("kept to", 200))  # §3.1: bounds of its filter
