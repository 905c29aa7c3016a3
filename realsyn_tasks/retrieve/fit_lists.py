"""Spherical k-means over a sample of the corpus's sentences, and how many lists to probe (§3.2).

The paper sends each image to the single nearest of its clusters, which finds about a third of the
true three nearest sentences. Here the operator says what share is to be found.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.retrieve import kept_lists, lists, probe_plan, schemas
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.product_config import ProductConfig

# Sentences a list below which k-means makes lists of very different lengths: then the first ones,
# drawn at random, serve better.
LEAST_POINTS = 16


class Config(ProductConfig):
    """How many lists, how well they are fitted, and what recall is wanted of the search.

    The paper has 0.84 B sentences in 2 M clusters: 420 sentences a list. Three steps over 128
    points a list give all but a point or two of the recall that ten steps over all give. The
    recall is reached in the sample with this confidence, so that the audit, which looks at other
    images, seldom finds less.
    """

    sentences_per_list: int = Field(default=420, ge=1)
    points_per_list: int = Field(default=128, ge=1)
    iterations: int = Field(default=3, ge=0)
    target_recall: float = Field(default=0.95, gt=0, le=1)  # share of the true three nearest
    confidence: float = Field(default=0.99, gt=0.5, lt=1)
    max_probes: int = Field(default=1024, ge=1)
    nprobe: int | None = Field(default=None, ge=1)  # fixed instead of planned (the paper: 1)
    # Lists of an earlier build, by content, are kept until one of these bounds is passed.
    frozen: str = ""  # digest of that fit; opening a build fills it in
    refit_recall: float | None = Field(default=None, ge=0, le=1)  # below it; null: the target
    refit_imbalance: float = Field(default=2.0, ge=1)  # times what it was when they were fitted
    refit_growth: float = Field(default=4.0, ge=1)  # times the sentences they were fitted to


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the centroids, (k, d) unit rows, and the plan, one row.

    Memory: the sample, which draw_samples caps, the centroids, and the planned images with their
    nearest sentences. Raises ConfigError where the lists to be kept are gone.
    """
    context = config.applied(context)
    if not config.frozen:
        return _fitted(inputs, config, context)
    kept, against = kept_lists.still_good(inputs, config, context)
    if kept:
        return kept
    fitted = _fitted(inputs, config, context)
    fitted.measures |= against
    return fitted


def _fitted(inputs: Inputs, config: Config, context: Context) -> Output:
    total = context.source_rows["sentences"]
    k = max(1, round(total / config.sentences_per_list))
    sample = lists.sample(inputs, k * config.points_per_list, total)
    k = min(k, len(sample))
    steps = config.iterations if len(sample) >= LEAST_POINTS * k else 0
    fitted = kmeans.fit(sample, k, iterations=steps, seed=context.seed, device=context.device)
    fitted = fitted[lists.near_each_other(fitted, context.seed, context.device)]
    columns = {"list_id": np.arange(k, dtype=np.int32), "embedding": fitted}
    centroids = tables.build(schemas.CENTROIDS, columns)
    stored = kmeans.Nearest.of(tables.vectors_of(centroids))  # as the other stages read them
    plan = _plan(inputs, stored, config, context.device)
    plan |= {"sentences": total, "imbalance": lists.imbalance(sample, stored, context.device)}
    measures = {name: float(value) for name, value in plan.items()}
    return Output(
        tables={"centroids": centroids, "plan": tables.from_rows(schemas.PLAN, [plan])},
        measures={**measures, "sampled": float(len(sample))},
    )


def _plan(
    inputs: Inputs, nearest: kmeans.Nearest, config: Config, device: str | None
) -> dict[str, Any]:
    """Choose the number of probes and say what recall it gave in the labelled sample."""
    most = max(config.max_probes, config.nprobe or 1)
    labelled = probe_plan.label(inputs, nearest, most, device)
    lists_in_all = len(nearest.centroids)
    nprobe = min(
        config.nprobe or probe_plan.choose(labelled, config.target_recall, config.confidence),
        lists_in_all,
    )
    recall = labelled.recall(nprobe)
    return {
        "nprobe": nprobe,
        "lists": lists_in_all,
        "target_recall": config.target_recall,
        "planned_recall": recall.mean,
        "planned_low": recall.low,
        "planned_high": recall.high,
        "planned_images": recall.count,
    }
