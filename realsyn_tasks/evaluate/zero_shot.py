"""Classification by the names of classes alone (paper §4.2, as SLIP's code does it)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.evaluate.marks import Guesses, guesses
from realsyn_tasks.models.sentences import unit_rows

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]


def class_vectors(classes: Mapping[str, Sequence[str]], encode: Encode) -> Vectors:
    """Give a unit row for each class: the mean of the unit vectors of its names in all templates.

    Texts are embedded class by class, so that no more than one class's are held.
    """
    return unit_rows(np.stack([encode(list(texts)).mean(axis=0) for texts in classes.values()]))


def classify(pictures: Vectors, classes: Sequence[str], vectors: Vectors) -> Guesses:
    """Give each picture, (n, d) unit rows, the class whose vector is nearest."""
    return guesses(classes, pictures @ vectors.T)
