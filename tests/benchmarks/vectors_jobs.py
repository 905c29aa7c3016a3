"""The whole job, from rows to the three nearest, and how many probes it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from realsyn_tasks.retrieve.fit_lists import Config as Fitting
from realsyn_tasks.vectors import audit, kmeans, search
from tests.benchmarks.clip_like import Floats
from tests.benchmarks.vectors_lab import PLAN_IMAGES, ROWS_PER_LIST, Lab

TARGET = 0.95
BUILD = Fitting()  # a build's confidence and most probes
PLANNED = f"probes planned by {PLAN_IMAGES} other queries at confidence {BUILD.confidence}"
Fitted = tuple[Floats, np.ndarray]
Setting = TypeVar("Setting")


def whole_job(base: Floats, queries: Floats, nprobe: int) -> np.ndarray:
    return nearest(base, queries, fitted(base), nprobe)


def fitted(base: Floats) -> Fitted:
    """Centroids from 64 rows each, three steps, and the list of every row."""
    lists = max(1, len(base) // ROWS_PER_LIST)
    sample = base[np.random.default_rng(1).permutation(len(base))[: 64 * lists]]
    centroids = kmeans.fit(sample, lists, seed=1)
    return centroids, kmeans.Nearest.of(centroids).assign(base)


def nearest(base: Floats, queries: Floats, fit: Fitted, nprobe: int) -> np.ndarray:
    centroids, lists = fit
    probed = search.probe(queries, centroids, nprobe)
    return search.search_lists(queries, probed, base, lists, 3)[0]


def planned(base: Floats, queries: Floats, fit: Fitted) -> int:
    """Fewest probes for the target, as a build plans them: by an exact search of some queries."""
    centroids, lists = fit
    truth = search.exact_search(queries, [base], 3)[0]
    probed = search.probe(queries, centroids, min(BUILD.max_probes, len(centroids)))
    plan = audit.probes_for_recall(
        probed, lists[truth], len(centroids), TARGET, level=BUILD.confidence
    )
    return plan.nprobe or len(centroids)


def ours_at(lab: Lab, nprobe: int, count: int | None = None) -> np.ndarray:
    """Probe and search lists whose codes are kept."""
    queries = lab.queries[:count]
    return lab.kept.search(queries, search.probe(queries, lab.centroids, nprobe), 3)[0]


def recall_of(found: np.ndarray, truth: np.ndarray) -> float:
    return float(audit.recall_at(found[: len(truth)], truth, 3).mean())


def enough(
    run: Callable[..., np.ndarray],
    settings: Sequence[Setting],
    truth: np.ndarray,
    count: int | None = None,
) -> Setting:
    """The first setting whose recall reaches the target, else the last."""
    for setting in settings:
        rows = run(setting, count) if count else run(setting)
        if recall_of(rows, truth) >= TARGET:
            return setting
    return settings[-1]
