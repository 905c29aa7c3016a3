"""How often texts are of the image's own document, against what chance alone would give.

Chance is what the same texts would score if they were dealt to other images at random: the exact
mean over all ways of dealing in which no image gets its own. Over all images it is what a corpus
gives that knows nothing; within a site, what is left when a query knows the site and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from realsyn_tasks.retrieve.own_texts import Images, Text
from realsyn_tasks.vectors.audit import Interval, confidence_over

ALL, REST = "", "other sites"
Answers = Mapping[int, Sequence[Text]]  # row of an image -> its texts, best first


@dataclass(frozen=True)
class Share:
    """A share of images with its 95 % interval over documents, and what chance gives."""

    seen: Interval
    chance: float | None  # null of a single image

    @property
    def above_chance(self) -> bool:
        """Say whether chance lies below the interval."""
        return self.chance is not None and self.seen.low > self.chance


@dataclass(frozen=True)
class Agreement:
    """What the texts of some images have in common with the images' own documents."""

    images: int
    documents: int
    first: Share  # of images whose first text is of their own document
    any: Share  # of images of whose texts one or more is


@dataclass
class Agreements:
    """Measures agreement over the images of a sample, as a whole and by site."""

    images: Images
    _owners: dict[Text, set[int]] = field(default_factory=dict)

    def of(self, answers: Answers, sites: Sequence[str]) -> Iterator[tuple[str, Agreement]]:
        """Give the agreement of all answers, then by site; the sites not named are one."""
        by_site: dict[str, list[int]] = {}
        for row in sorted(answers):
            site = self.images.sites[row]
            by_site.setdefault(site if site in sites else REST, []).append(row)
        yield ALL, self._over(sorted(answers), answers)
        for site in (*sites, REST):
            if site in by_site:
                yield site, self._over(by_site[site], answers)

    def _over(self, rows: Sequence[int], answers: Answers) -> Agreement:
        owners = [[self._owners_of(text) for text in answers[row]] for row in rows]
        documents = [self.images.documents[row] or self.images.ids[row] for row in rows]
        return Agreement(
            len(rows),
            len(set(documents)),
            _share(rows, [some[:1] for some in owners], documents),
            _share(rows, owners, documents),
        )

    def _owners_of(self, text: Text) -> set[int]:
        if text not in self._owners:
            self._owners[text] = self.images.owners(text)
        return self._owners[text]


def _share(rows: Sequence[int], owners: list[list[set[int]]], documents: list[str]) -> Share:
    """Say for how many rows a text is owned by the row, and by another one in the mean."""
    here, right, elsewhere = set(rows), [], 0
    for row, some in zip(rows, owners, strict=True):
        owning = set().union(*some)
        right.append(row in owning)
        elsewhere += len((owning & here) - {row})
    pairs = len(rows) * (len(rows) - 1)
    seen = confidence_over(np.array(right, dtype=np.float64), documents)
    return Share(seen, elsewhere / pairs if pairs else None)


def largest(sites: Sequence[str], most: int) -> list[str]:
    """Name the sites with the most images, largest first."""
    ranked = sorted(Counter(sites).items(), key=lambda item: (-item[1], item[0]))
    return [site for site, _ in ranked[:most]]
