"""What an evaluation set asks, and how answers are marked, whoever gives them.

A model answers by unit vectors of the set's pictures and texts. Retrieval (a set with texts): for
each picture the rank of its best right text among all different texts of the set, and for each of
its texts the rank of the best right picture; a text that reads the same is the same text.
Zero-shot classification (a set with classes): whether the nearest class is the right one, a class
being the mean of its names in the set's templates, renormalised (as SLIP, paper §4.2), in the
set's metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.evaluate.marks import Guesses, marks
from realsyn_tasks.evaluate.retrieval import best_ranks
from realsyn_tasks.evaluate.zero_shot import Encode, class_vectors, classify

TEST = "test"
RANK_OF_TEXT, RANK_OF_PICTURE, ZERO_SHOT = "rank_of_text", "rank_of_picture", "zero_shot"
ACCURACY = "accuracy"
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
    metric: str = ACCURACY  # of classification

    @staticmethod
    def of(name: str, questions: Sequence[Row], classes: Sequence[Row]) -> Exam:
        """Read the rows of QUESTIONS (their test half) and CLASSES that are of one set."""
        asked = [row for row in questions if row["set"] == name and row["split"] == TEST]
        mine = [row for row in classes if row["set"] == name]
        return Exam(
            set=name,
            items=[row["item"] for row in asked],
            texts=[row["texts"] or [] for row in asked],
            labels=[row["label"] or "" for row in asked],
            classes={row["label"]: row["texts"] for row in mine if row["texts"]},
            metric=mine[0]["metric"] if mine else ACCURACY,
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
        yield from self.classified(pictures, lambda names: np.stack([of_text[n] for n in names]))

    def classified(self, pictures: Vectors, encode: Encode) -> Iterator[Answer]:
        """Mark by the names of classes alone; items that are of none of them are not asked."""
        rows = [row for row, label in enumerate(self.labels) if label in self.classes]
        if not rows:
            return
        vectors = class_vectors(self.classes, encode)
        said = classify(pictures[rows], list(self.classes), vectors)
        yield from self.marked(ZERO_SHOT, rows, said)

    def marked(self, measure: str, rows: Sequence[int], said: Guesses) -> Iterator[Answer]:
        """Mark what is said of some items by the set's metric."""
        right = [self.labels[row] for row in rows]
        for row, mark in zip(rows, marks(self.metric, right, said), strict=True):
            if not np.isnan(mark):
                yield Answer(self.set, self.items[row], measure, float(mark))

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


def _form(text: str) -> str:
    return normalise_text(text).casefold()
