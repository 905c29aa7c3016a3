"""Why what a generation holds is not in the corpus any more."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason

TAKEDOWN = Reason("takedown", "taken down by request")
