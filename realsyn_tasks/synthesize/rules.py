"""Which settings decide whether a generated text is taken."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.rules import Rule, Rules
from realsyn_tasks.synthesize import reasons

STAGE = "generate_texts"
DECIDED: dict[Reason, tuple[str, ...]] = {
    reasons.TOO_SHORT: ("guards.min_words",),
    reasons.TOO_LONG: ("guards.max_words",),
    reasons.REPETITION: ("guards.max_repeats",),
    reasons.COPIED: ("guards.max_similarity", "guards.max_run"),
    reasons.PROMPT_LEAK: ("guards.max_example_run", "guards.max_example_words"),
    reasons.DRIFT: ("guards.min_grounded", "guards.min_covered"),
    reasons.NOT_ENGLISH: ("guards.min_english",),
}

RULES = Rules(
    tuple(
        Rule(STAGE, (reason,), DECIDED.get(reason, ()))
        for reason in reasons.REASONS.of(STAGE, "pair")
    ),
)
