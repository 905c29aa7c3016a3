"""An estimate of how likely candidates fit, from what people said of them: a part of a card."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement
from realsyn_tasks.corpus.pinned import STAGE
from realsyn_tasks.retrieve import likelihood
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.retrieve.pool import unjudged
from realsyn_tasks.vectors.hash_order import hash_order

LEAST = 60  # judged candidates
LEAST_OF_A_KIND = 15
BOUNDS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def propose(run: Workspace) -> dict[str, Any]:
    """Fit to the labels of the root that are of a build's candidates.

    Give the section of the encoder's card, and how well half of the documents tells the other:
    by estimate, the share of right or partly right. Raises ConfigError where too few are judged.
    """
    features, truth, documents = _judged(run)
    fits = int(truth.sum())
    if len(truth) < LEAST or min(fits, len(truth) - fits) < LEAST_OF_A_KIND:
        raise ConfigError(
            f"{fits} judged candidates of {run.uri} fit and {len(truth) - fits} do not; it takes"
            f" {LEAST}, and {LEAST_OF_A_KIND} of either kind: judge more (label --candidates)"
        )
    return {
        "stages": {
            RETRIEVE.measures["precision"]: {"judged": _section(likelihood.fit(features, truth))}
        },
        "judged": len(truth),
        "fit": fits,
        "held_out": list(_held_out(features, truth, documents)),
    }


def _judged(run: Workspace) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Give features and truth of each judgement of a candidate, and the image's document."""
    said: dict[tuple[str, str], list[Judgement]] = {}
    for page in labels.read(run.storage):
        for label in page.labels:
            said.setdefault((label.image_id, label.text), []).append(label.judgement)
    names = pa.array(sorted({image for image, _ in said}), pa.string())
    document_of = dict(_documents(run, names)) if said else {}
    rows: list[np.ndarray] = []
    truth: list[float] = []
    documents: list[str] = []
    evidence = Evidence(run, RETRIEVE.name)
    columns = ["text", *likelihood.COLUMNS]
    for commit in evidence.commits(unjudged(run)) if said else ():
        pieces = list(evidence.rows_of(commit.objects["candidates"], "image_id", names, columns))
        if not pieces:
            continue
        mine = pa.concat_tables(pieces)
        features = likelihood.features(mine) if mine.num_rows else np.zeros((0, 0))
        pairs = zip(mine["image_id"].to_pylist(), mine["text"].to_pylist(), strict=True)
        for place, pair in enumerate(pairs):
            for judgement in said.get(pair, ()):
                rows.append(features[place])
                truth.append(float(judgement is not Judgement.WRONG))
                documents.append(document_of.get(pair[0], ""))
    return np.array(rows), np.array(truth), documents


def _documents(run: Workspace, names: pa.Array) -> Iterator[tuple[str, str]]:
    evidence = Evidence(run, "")
    for commit in run.sources[STAGE].commits():
        for piece in evidence.read(commit.objects["images"], ["image_id", "document_id"]):
            mine = piece.filter(pc.is_in(piece["image_id"], value_set=names))
            pairs = zip(mine["image_id"].to_pylist(), mine["document_id"].to_pylist(), strict=True)
            yield from ((image, document or "") for image, document in pairs)


def _section(fit: likelihood.Likelihood) -> dict[str, float]:
    """Give a regression with coefficients of the features as they are."""
    weights = np.array(fit.coefficients) / np.array(fit.scales)
    intercept = fit.intercept - float(weights @ np.array(fit.means))
    named = zip(likelihood.FEATURES, weights.tolist(), strict=True)
    return {"intercept": round(intercept, 3), **{name: round(value, 3) for name, value in named}}


def _held_out(
    features: np.ndarray, truth: np.ndarray, documents: list[str]
) -> Iterator[dict[str, Any]]:
    odd = hash_order(documents, 0) % np.uint64(2) == 1
    estimates = np.zeros(len(truth))
    for half in (odd, ~odd):
        if not half.any() or len(set(truth[~half].tolist())) < 2:
            return
        estimates[half] = likelihood.fit(features[~half], truth[~half]).of(features[half])
    for low, high in pairwise(BOUNDS):
        here = (estimates >= low) & ((estimates < high) | (high == BOUNDS[-1]))
        if here.any():
            yield {
                "from": low,
                "to": high,
                "candidates": int(here.sum()),
                "estimated": round(float(estimates[here].mean()), 3),
                "right_or_partly": round(float(truth[here].mean()), 3),
            }
