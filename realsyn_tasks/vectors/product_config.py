"""What stages that multiply vectors let an operator choose."""

from __future__ import annotations

from dataclasses import replace

from realsyn_tasks.core.stage import Context, StageConfig
from realsyn_tasks.vectors.faiss_products import Backend, device_of


class ProductConfig(StageConfig):
    """What nominates nearest rows: `exact` with a bound of its error, or `faiss` without one.

    Scores are the same. What faiss passes over is in the recall that a build plans by and audits.
    """

    backend: Backend = "exact"

    def applied(self, context: Context) -> Context:
        """Give the context with the device that the functions of this room are to work on."""
        return replace(context, device=device_of(self.backend, context.device))
