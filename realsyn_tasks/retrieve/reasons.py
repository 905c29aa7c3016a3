"""Why images go no further in a retrieval."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons

NO_MATCH = Reason("no_match", "no sentence is near enough, or those that are serve others")
NO_RELEVANT_TEXT = Reason(
    "no_relevant_text", "no text is likely enough to fit (fit_relevance.target_precision)"
)
LICENCE = Reason("licence", "its page states a licence that is refused, or none that is allowed")

REASONS = Reasons(
    {
        "filter_licences": {"image": (LICENCE,), "sentence": (LICENCE,)},
        "merge_matches": {"image": (NO_MATCH, NO_RELEVANT_TEXT)},
    }
)
