"""How many lists an image has to probe for the recall that the operator wants.

Search inside a list is exact: a true neighbour is found if its list is probed. So the ranks of
the true neighbours' lists among an image's nearest ones give the recall at any number of probes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.core.tables import vectors_of
from realsyn_tasks.retrieve import truth
from realsyn_tasks.vectors import audit, kmeans


@dataclass(frozen=True)
class Labelled:
    """Of n sampled images, the nearest lists and the lists of the true neighbours."""

    probes: np.ndarray  # (n, p) int32, nearest first
    lists: np.ndarray  # (n, k) int32, -1 where there is no neighbour
    all_lists: int
    wanted: int  # images that were asked for; n is smaller in a small corpus

    def recall(self, nprobe: int) -> audit.Interval:
        """Give the share of true neighbours found with so many probes, with its 95 % interval."""
        ranks, there = audit.list_ranks(self.probes, self.lists), self.lists >= 0
        hits = ((ranks < nprobe) & there).sum(axis=1)
        return audit.confidence(np.where(there.any(axis=1), hits / np.maximum(there.sum(1), 1), 1))


def label(
    inputs: Inputs, nearest: kmeans.Nearest, most: int, device: str | None = None
) -> Labelled:
    """Look at the `most` nearest lists of sampled images, and at the lists of their true texts."""
    queries = vectors_of(truth.sampled(inputs, "plan", ["query"]), "query")
    near = truth.nearest(inputs, "plan", truth.K)
    lists = np.full((len(queries), truth.K), -1, dtype=np.int32)
    if near.num_rows:
        place = near["query"].to_numpy(), near["rank"].to_numpy() - 1
        lists[place] = nearest.assign(vectors_of(near), device)
    probes = np.zeros((0, 1), dtype=np.int32)
    if len(queries):
        probes = nearest.nearest(queries, most, device)
    [sizes] = inputs.table("pool_samples", "sizes").to_pylist()
    return Labelled(probes, lists, len(nearest.centroids), sizes["plan"])


def choose(labelled: Labelled, target: float, confidence: float) -> int:
    """Give the fewest probes that reach the target recall with one-sided confidence.

    All lists, which is exact search, where the corpus has too few images to be sure of less.
    Raises ConfigError where that would be a large corpus's.
    """
    plan = audit.probes_for_recall(
        labelled.probes, labelled.lists, labelled.all_lists, target, confidence
    )
    small = len(labelled.lists) < labelled.wanted
    if plan.exact and labelled.probes.shape[1] < labelled.all_lists and not small:
        raise ConfigError(
            f"a recall of {target} needs more than {labelled.probes.shape[1]} of"
            f" {labelled.all_lists} lists for each image (they give {plan.curve[-1]:.3f}): raise"
            " fit_lists.max_probes, or lower fit_lists.target_recall"
        )
    return labelled.all_lists if plan.exact else plan.nprobe
