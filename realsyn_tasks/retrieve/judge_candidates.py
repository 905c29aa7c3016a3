"""Let matches go that are less likely to fit than the build asks for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import fit_relevance, likelihood, schemas
from realsyn_tasks.retrieve.pool import last_pool


class Config(StageConfig):
    """Nothing to choose: fit_relevance has the estimates, and the threshold for its target."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the candidates with their `relevance`; the choice of those below the threshold is 0.

    Near-copies, which are no choice anyway, are not judged.
    """
    pool = last_pool(inputs, before="judge_candidates")
    candidates = inputs.table(pool, "candidates")
    fit, threshold = fit_relevance.read(inputs.table("fit_relevance", "relevance"))
    if fit is None or not candidates.num_rows:
        return Output(tables={"candidates": candidates})
    estimates = fit.of(likelihood.features(candidates))
    choices = candidates["choice"].to_numpy()
    kept = estimates >= np.float32(threshold or 0.0)
    columns = {name: candidates[name] for name in candidates.column_names}
    columns["relevance"] = pa.array(estimates, mask=choices == 0)
    columns["choice"] = np.where(kept, choices, 0)
    return Output(tables={"candidates": tables.build(schemas.POOL, columns)})
