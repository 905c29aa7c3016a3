"""Say how likely a match is to fit its image, and from which estimate on it may stay.

Where people have judged matches of the encoder and the cross-encoder at work, its card has the
estimate that was fitted to what they said: of being right, or partly so. Without one, the truth is
what the corpus says by itself: whether a candidate stands in the image's document. It is split by
documents; one half is fitted to, the other says how well the estimates hold and which threshold
gives the precision that is asked for. What is right and stands elsewhere counts against that, so in
a large corpus, or where pictures stand apart from what is written of their things, it asks for
judgements. Either way the curve and the calibration are told against own documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import likelihood, schemas
from realsyn_tasks.retrieve.known_candidates import Candidates, Judged, collected
from realsyn_tasks.retrieve.likelihood import FEATURES, Likelihood
from realsyn_tasks.retrieve.own_texts import Images
from realsyn_tasks.retrieve.pool import last_pool

LEAST_TEXTS = 20  # that a precision is told of
LEAST_OF_A_KIND = 10  # candidates of the own document, and others, that are fitted to
TRIED = np.round(np.arange(0, 1, 0.01), 2)  # thresholds
TOLD = np.round(np.arange(0, 1, 0.05), 2)


class JudgedEstimate(StageConfig):
    """A logistic regression fitted to judged matches: of right or partly, against wrong."""

    intercept: float
    cosine: float = 0.0
    height: float = 0.0
    hubness: float = 0.0
    reranked: float = 0.0
    rerank: float = 0.0

    def likelihood(self) -> Likelihood:
        """Give it in the terms of one that is fitted here."""
        said = tuple(float(getattr(self, name)) for name in FEATURES)
        return Likelihood((0.0,) * len(said), (1.0,) * len(said), said, self.intercept)


class Config(StageConfig):
    """How sure a match has to be: fitting, as people judge it, or else of the own document.

    With a judged estimate, a match stays if it is estimated at the target or above. Without one,
    the target is the share of the texts kept that is to be of the own document, as far as that can
    be known: of a corpus with fewer than `documents` documents that hold both pictures and texts,
    in either half, nothing is fitted, and no match goes.
    """

    target_precision: float | None = Field(default=0.6, gt=0, lt=1)  # null: no match goes
    judged: JudgedEstimate | None = None  # of the encoder's card; null: fit to own documents
    images: int = Field(default=5000, ge=1, le=5000)  # of those that draw_samples draws
    documents: int = Field(default=30, ge=2)
    # The estimates of an earlier build, by content, are kept until this bound is passed.
    frozen: str = ""  # digest of that fit; opening a build fills it in
    refit_precision: float | None = Field(default=None, ge=0, le=1)  # null: surely off the target


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the fit, one row, the curve of precision against yield, and the calibration.

    Memory: the candidates of the sampled images. Raises ConfigError where the fit to be kept is
    gone.
    """
    images = Images.drawn(inputs, config.images)
    pool = last_pool(inputs, before="judge_candidates")
    candidates = collected(inputs, pool, images)
    if config.judged:
        return _as_judged(config.judged.likelihood(), candidates, config)
    halves = candidates.halves(context.seed)
    if not config.frozen:
        return _fitted(halves, config)
    earlier = inputs.earlier_fit(config.frozen)
    if earlier is None:
        raise ConfigError(
            "the estimates that this build was to keep are gone, or others than when it was opened:"
            ' open it again with the option follow: "none" (or the name of another build)'
        )
    return _kept(earlier, halves[1], config) or _fitted(halves, config)


def _as_judged(fit: Likelihood, candidates: Candidates, config: Config) -> Output:
    """Take the card's estimates as they are, and hold them against what the corpus says."""
    judged = Judged(candidates, fit.of(candidates.features))
    measures = {
        "target_precision": config.target_precision or 0.0,
        "held_out_documents": float(candidates.document_count),
        "judged_estimate": 1.0,
    }
    if candidates.image_count:
        kept = judged.estimates[judged.taken(config.target_precision or 0.0)]
        measures |= _measured(judged, config.target_precision)
        measures["expected_precision"] = float(kept.mean(dtype=np.float64)) if len(kept) else 0.0
    return _output(fit, config.target_precision, judged, measures)


def _fitted(halves: tuple[Candidates, Candidates], config: Config) -> Output:
    """Fit to one half, and judge the other."""
    measures = {
        "target_precision": config.target_precision or 0.0,
        "fitted_documents": float(halves[0].document_count),
        "held_out_documents": float(halves[1].document_count),
    }
    if not _enough(halves, config):
        return _output(None, None, None, {**measures, "too_little_truth": 1.0})
    fit = likelihood.fit(halves[0].features, halves[0].own)
    judged = Judged(halves[1], fit.of(halves[1].features))
    threshold = choose(judged, config.target_precision) if config.target_precision else None
    return _output(fit, threshold, judged, measures | _measured(judged, threshold))


def _enough(halves: tuple[Candidates, Candidates], config: Config) -> bool:
    documents = min(half.document_count for half in halves)
    own, others = halves[0].own.sum(), (1 - halves[0].own).sum()
    return documents >= config.documents and min(own, others) >= LEAST_OF_A_KIND


def choose(judged: Judged, target: float) -> float:
    """Give the lowest threshold that reaches a precision; the most precise if none does."""
    precisions = {
        threshold: judged.precision(threshold)
        for threshold in TRIED.tolist()
        if len(judged.taken(threshold)) >= LEAST_TEXTS
    }
    for threshold, share in precisions.items():
        if share.mean >= target:
            return float(threshold)
    return float(max(precisions, key=lambda name: precisions[name].mean, default=0.0))


def _measured(judged: Judged, threshold: float | None) -> dict[str, float]:
    """Say how good the estimates are, and what is kept, on documents that they are not made of."""
    [point] = judged.curve(np.array([threshold or 0.0]))
    names = ("precision", "precision_low", "precision_high", "yield", "texts")
    values = {name: point[name] for name in names} | {"threshold": threshold, "auc": judged.auc()}
    return {name: float(value) for name, value in values.items() if value is not None}


def _output(
    fit: Likelihood | None,
    threshold: float | None,
    judged: Judged | None,
    measures: dict[str, float],
) -> Output:
    row: dict[str, Any] = {"features": [], "means": [], "scales": [], "coefficients": []}
    if fit:
        row = {"features": FEATURES, **fit.__dict__, "threshold": threshold}
    return Output(
        tables={
            "relevance": tables.from_rows(schemas.RELEVANCE, [row]),
            "curve": tables.from_rows(
                schemas.PRECISION_CURVE, judged.curve(TOLD) if judged else ()
            ),
            "calibration": tables.from_rows(
                schemas.CALIBRATION, judged.calibration() if judged else ()
            ),
        },
        measures=measures,
    )


def read(table: pa.Table) -> tuple[Likelihood | None, float | None]:
    """Read a fit and its threshold; None where there is none."""
    [row] = table.to_pylist()
    if not row["features"]:
        return None, None
    means, scales, weights = (tuple(row[n]) for n in ("means", "scales", "coefficients"))
    return Likelihood(means, scales, weights, row["intercept"]), row["threshold"]


def _kept(earlier: Mapping[str, pa.Table], held_out: Candidates, config: Config) -> Output | None:
    """Give an earlier fit as it is, unless it is worth nothing here.

    Its precision is measured on the corpus as it is now, on documents that it was not fitted to.
    """
    fit, threshold = read(earlier["relevance"])
    if fit is None or not held_out.image_count:
        return None
    judged = Judged(held_out, fit.of(held_out.features))
    if config.target_precision and _worse(judged, threshold or 0.0, config):
        return None
    schema = {
        "relevance": schemas.RELEVANCE,
        "curve": schemas.PRECISION_CURVE,
        "calibration": schemas.CALIBRATION,
    }
    measures = {
        "target_precision": config.target_precision or 0.0,
        "held_out_documents": float(held_out.document_count),
        "kept_relevance": 1.0,
        **_measured(judged, threshold),
    }
    same = {n: tables.from_rows(s, earlier[n].to_pylist()) for n, s in schema.items()}
    return Output(tables=same, measures=measures)


def _worse(judged: Judged, threshold: float, config: Config) -> bool:
    now = judged.precision(threshold)
    if config.refit_precision is None:
        return now.high < (config.target_precision or 0.0)
    return now.mean < config.refit_precision
