"""Why numbers go no further."""

from realsyn_tasks.core.reasons import Reason, Reasons

ROUND = Reason("round", "ends in a zero")

REASONS = Reasons({"draw": {"number": (ROUND,)}})
