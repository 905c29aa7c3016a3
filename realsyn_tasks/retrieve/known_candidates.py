"""Candidates whose truth is known, and how precise it is to keep those above a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve import likelihood
from realsyn_tasks.retrieve.limits import positions
from realsyn_tasks.retrieve.own_texts import TEXT_COLUMNS, Images, strings, texts_of
from realsyn_tasks.retrieve.survey import images_with_own_text
from realsyn_tasks.retrieve.truth import K
from realsyn_tasks.vectors.audit import Interval, confidence_over
from realsyn_tasks.vectors.hash_order import hash_order

BINS = 10


@dataclass(frozen=True, eq=False)
class Candidates:
    """What may be texts of some images, in order of image and choice, with the truth."""

    images: np.ndarray  # (n,) int64
    documents: np.ndarray  # (n,) of str: the image's
    features: np.ndarray  # (n, f) float64
    own: np.ndarray  # (n,) float64: 1 where the text is of the image's document

    def of(self, rows: np.ndarray) -> Candidates:
        """Give some of them."""
        return Candidates(
            self.images[rows], self.documents[rows], self.features[rows], self.own[rows]
        )

    def halves(self, seed: int) -> tuple[Candidates, Candidates]:
        """Split them by document: those to fit to, and those to say how good the fit is."""
        hashes = hash_order(self.documents, seed) if len(self.documents) else np.zeros(0, np.uint64)
        odd = hashes % np.uint64(2) == 1
        return self.of(~odd), self.of(odd)

    @cached_property
    def image_count(self) -> int:
        """Count the images."""
        return len(np.unique(self.images))

    @cached_property
    def document_count(self) -> int:
        """Count the images' documents."""
        return len(set(self.documents.tolist()))


@dataclass(frozen=True, eq=False)
class Judged:
    """Candidates with what is estimated of them."""

    candidates: Candidates
    estimates: np.ndarray  # (n,) float32

    def taken(self, threshold: float) -> np.ndarray:
        """Give the rows that images take: their first choices that reach a threshold."""
        rows = np.flatnonzero(self.estimates >= np.float32(threshold))
        taken: np.ndarray = rows[positions(self.candidates.images[rows]) <= K]
        return taken

    def precision(self, threshold: float) -> Interval:
        """Give the share of the texts taken that is of the own document, over documents."""
        return self._share(self.taken(threshold))

    def curve(self, thresholds: np.ndarray) -> Iterator[dict[str, Any]]:
        """Tell of each threshold what is left and how much of it is of the own document."""
        for threshold in thresholds.tolist():
            rows = self.taken(threshold)
            images, share = len(np.unique(self.candidates.images[rows])), self._share(rows)
            yield {
                "threshold": threshold,
                "texts": len(rows),
                "images": images,
                "yield": _rounded(images / max(1, self.candidates.image_count)),
                **_named("precision", share),
            }

    def calibration(self) -> Iterator[dict[str, Any]]:
        """Tell of candidates with like estimates how many are of the own document."""
        places = np.minimum((self.estimates * BINS).astype(np.int64), BINS - 1)
        for place in range(BINS):
            rows = np.flatnonzero(places == place)
            estimated = float(self.estimates[rows].mean(dtype=np.float64)) if len(rows) else None
            yield {
                "low": place / BINS,
                "high": (place + 1) / BINS,
                "candidates": len(rows),
                "estimated": estimated if estimated is None else _rounded(estimated),
                **_named("seen", self._share(rows)),
            }

    def auc(self) -> float:
        """Give the probability that one of the own document is ranked above one that is not."""
        own = self.candidates.own > 0
        better = np.sort(self.estimates[own])
        below = np.searchsorted(better, self.estimates[~own], "right")
        tied = below - np.searchsorted(better, self.estimates[~own], "left")
        pairs = max(1, len(better) * int((~own).sum()))
        return float(((len(better) - below) + tied / 2).sum() / pairs)

    def _share(self, rows: np.ndarray) -> Interval:
        documents = self.candidates.documents[rows].tolist()
        return confidence_over(self.candidates.own[rows], documents)


def _named(name: str, share: Interval) -> dict[str, float | None]:
    mean = _rounded(share.mean) if share.count else None
    return {name: mean, f"{name}_low": _rounded(share.low), f"{name}_high": _rounded(share.high)}


def _rounded(value: float) -> float:
    return round(value, likelihood.DIGITS)


def collected(inputs: Inputs, pool: str, images: Images) -> Candidates:
    """Collect the candidates of those images whose documents have a text that could be found.

    Of others nothing is known: no candidate of theirs could be of the own document. Candidates
    that are the image's own caption are left out.
    """
    names = strings(sorted(images_with_own_text(inputs) & images.row_of.keys()))
    columns = [*TEXT_COLUMNS, *likelihood.COLUMNS, "choice"]
    pieces = [
        table.filter(pc.is_in(table["image_id"], value_set=names))
        for _, table in inputs.stream(pool, "sampled", columns)
    ]
    table = chunks.ordered(pa.concat_tables(pieces), ["image_id", "choice", "sentence_id"])
    features = likelihood.features(table)
    rows = [images.row_of[name] for name in table["image_id"].to_pylist()]
    texts = texts_of(table, np.arange(table.num_rows))
    pairs = list(zip(rows, texts, strict=True))
    may_be = np.array([not images.is_caption(row, text) for row, text in pairs], dtype=bool)
    own = [float(row in images.owners(text)) for row, text in pairs]
    everything = Candidates(
        np.array(rows, dtype=np.int64),
        np.array([images.documents[row] for row in rows], dtype=object),
        features,
        np.array(own, dtype=np.float64),
    )
    return everything.of((table["choice"].to_numpy() > 0) & may_be)
