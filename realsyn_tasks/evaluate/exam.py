"""What an evaluation set asks, and how answers are marked, whoever gives them.

A model answers by unit vectors of the set's pictures and texts. Retrieval (a set with texts): for
each picture the rank of its best right text among all different texts of the set, and for each of
its texts the rank of the best right picture; a text that reads the same is the same text.
Zero-shot classification (a set with classes): whether the nearest class is the right one, a class
being the mean of its names in the set's templates, renormalised (as SLIP, paper §4.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.evaluate.retrieval import best_ranks
from realsyn_tasks.models.sentences import unit_rows

TEST = "test"
RANK_OF_TEXT, RANK_OF_PICTURE, ZERO_SHOT = "rank_of_text", "rank_of_picture", "zero_shot"
Vectors = NDArray[np.float32]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came of a question, by one measure: a rank from 0, or how right it was, 0 to 1."""

    set: str
    item: str
    measure: str
    value: float


@dataclass(frozen=True)
class Exam:
    """The test half of an evaluation set: its pictures by item, their right texts and classes."""

    set: str
    items: Sequence[str]
    texts: Sequence[Sequence[str]]  # of each item; none: it is not asked by retrieval
    labels: Sequence[str]  # of each item; "": it is not asked by classification
    classes: Mapping[str, Sequence[str]]  # label -> its names in the templates

    @staticmethod
    def of(name: str, questions: Sequence[Row], classes: Sequence[Row]) -> Exam:
        """Read the rows of QUESTIONS (their test half) and CLASSES that are of one set."""
        asked = [row for row in questions if row["set"] == name and row["split"] == TEST]
        known = {row["label"]: row["texts"] or [] for row in classes if row["set"] == name}
        return Exam(
            set=name,
            items=[row["item"] for row in asked],
            texts=[row["texts"] or [] for row in asked],
            labels=[row["label"] or "" for row in asked],
            classes=known,
        )

    @cached_property
    def words(self) -> list[str]:
        """Name all different texts that a model has to embed, in order."""
        captions = {text for given in self.texts for text in given}
        return sorted(captions.union(*self.classes.values()))

    @cached_property
    def _captions(self) -> dict[str, list[int]]:
        """Give the items that each different caption is right for, by its normalised form."""
        right: dict[str, dict[int, None]] = {}
        for row, given in enumerate(self.texts):
            for text in given:
                right.setdefault(_form(text), {})[row] = None
        return {text: list(rows) for text, rows in right.items()}

    def answers(self, pictures: Vectors, texts: Vectors) -> Iterator[Answer]:
        """Mark unit vectors of the items and of `words`, in their order."""
        of_text = {word: texts[row] for row, word in enumerate(self.words)}
        if self._captions:
            yield from self._retrieved(pictures, of_text)
        if self.classes and any(self.labels):
            yield from self._classified(pictures, of_text)

    def _retrieved(self, pictures: Vectors, of_text: Mapping[str, Vectors]) -> Iterator[Answer]:
        forms = {_form(word): word for word in reversed(self.words)}
        captions = list(self._captions)
        texts = np.stack([of_text[forms[form]] for form in captions])
        place = {form: number for number, form in enumerate(captions)}
        asked = [row for row, given in enumerate(self.texts) if given]
        right = [[place[_form(text)] for text in self.texts[row]] for row in asked]
        ranks = best_ranks(pictures[asked], texts, right)
        for row, rank in zip(asked, ranks.tolist(), strict=True):
            yield Answer(self.set, self.items[row], RANK_OF_TEXT, rank)
        back = best_ranks(texts, pictures, list(self._captions.values()))
        for row in asked:
            for text in self.texts[row]:
                rank = float(back[place[_form(text)]])
                yield Answer(self.set, self.items[row], RANK_OF_PICTURE, rank)

    def _classified(self, pictures: Vectors, of_text: Mapping[str, Vectors]) -> Iterator[Answer]:
        labels = [label for label, names in self.classes.items() if names]
        means = [np.mean([of_text[name] for name in self.classes[label]], 0) for label in labels]
        near = pictures @ unit_rows(np.stack(means)).T
        best = near.max(axis=1, keepdims=True)
        for row, label in enumerate(self.labels):
            if label in labels:
                tied = np.flatnonzero(near[row] == best[row])
                right = float(labels.index(label) in tied) / len(tied)
                yield Answer(self.set, self.items[row], ZERO_SHOT, right)


def _form(text: str) -> str:
    return normalise_text(text).casefold()
