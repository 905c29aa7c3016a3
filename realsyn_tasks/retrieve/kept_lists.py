"""Keep the lists of an earlier build while they still serve, so that its matches do too.

Lists that were fitted to a smaller corpus lose recall and balance as it grows. Both are measured
before anything is matched: the recall on a labelled sample of the present corpus, the balance on
a sample of its sentences. Past a bound, new lists are fitted, and everything is matched anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.retrieve import lists, probe_plan, schemas
from realsyn_tasks.vectors import kmeans

if TYPE_CHECKING:
    from realsyn_tasks.retrieve.fit_lists import Config


def still_good(
    inputs: Inputs, config: Config, context: Context
) -> tuple[Output | None, dict[str, float]]:
    """Give the earlier build's lists as they are, or None with the measures that speak against it.

    Raises ConfigError where they are gone.
    """
    earlier = inputs.earlier_fit(config.frozen)
    if earlier is None:
        raise ConfigError(
            "the lists that this build was to keep are gone, or others than when it was opened:"
            ' open it again with the option follow: "none" (or the name of another build)'
        )
    now = _measured(inputs, earlier, config, context)
    [plan] = earlier["plan"].to_pylist()
    bounds = {
        "refit_for_recall": now["planned_recall"] < _least_recall(config),
        "refit_for_imbalance": now["imbalance"] > config.refit_imbalance * plan["imbalance"],
        "refit_for_growth": now["sentences"] > config.refit_growth * plan["sentences"],
    }
    if any(bounds.values()):
        return None, {name: 1.0 for name, passed in bounds.items() if passed}
    return Output(tables=_copied(earlier), measures={**now, "kept_lists": 1.0}), {}


def _least_recall(config: Config) -> float:
    return config.target_recall if config.refit_recall is None else config.refit_recall


def _measured(
    inputs: Inputs, earlier: Mapping[str, pa.Table], config: Config, context: Context
) -> dict[str, float]:
    """Measure lists and plan on the corpus as it is now, under the names that a fit uses."""
    nearest, device = kmeans.Nearest.of(tables.vectors_of(earlier["centroids"])), context.device
    [plan] = earlier["plan"].to_pylist()
    nprobe, total = plan["nprobe"], context.source_rows["sentences"]
    recall = probe_plan.label(inputs, nearest, nprobe, device).recall(nprobe)
    count = len(nearest.centroids)
    sample = lists.sample(inputs, count * config.points_per_list, total)
    return {
        "nprobe": float(nprobe),
        "lists": float(count),
        "target_recall": config.target_recall,
        "planned_recall": recall.mean,
        "planned_low": recall.low,
        "planned_high": recall.high,
        "planned_images": float(recall.count),
        "sentences": float(total),
        "imbalance": lists.imbalance(sample, nearest, device),
        "sampled": float(len(sample)),
    }


def _copied(earlier: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Make the same tables anew, so that they have the same bytes."""
    centroids = earlier["centroids"]
    columns: dict[str, Any] = {
        "list_id": centroids["list_id"],
        "embedding": tables.vectors_of(centroids),
    }
    return {
        "centroids": tables.build(schemas.CENTROIDS, columns),
        "plan": tables.from_rows(schemas.PLAN, earlier["plan"].to_pylist()),
    }
