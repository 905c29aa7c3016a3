"""Which settings decide whether a generated text is taken, and which guards may be off."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.rules import Rule, Rules, equal, unset
from realsyn_tasks.synthesize import reasons

STAGE = "generate_texts"
DECIDED: dict[Reason, tuple[str, ...]] = {
    reasons.TOO_SHORT: ("guards.min_words",),
    reasons.TOO_LONG: ("guards.max_words",),
    reasons.REPETITION: ("guards.max_repeats",),
    reasons.COPIED: ("guards.max_similarity", "guards.max_run", "guards.merged"),
    reasons.PROMPT_LEAK: ("guards.max_example_run", "guards.max_example_words"),
    reasons.DRIFT: ("guards.min_grounded", "guards.min_covered"),
    reasons.NOT_ENGLISH: ("guards.min_english",),
    reasons.OFF_CAPTION: ("guards.min_captioned",),
}
OPTIONAL = (
    Rule(STAGE, (reasons.UNASKED,), ("min_about",), unset("min_about")),
    Rule(
        STAGE,
        (reasons.UNSAID_KIND,),
        ("guards.unsaid_kinds",),
        equal("guards.unsaid_kinds", True),
    ),
    Rule(STAGE, (reasons.UNSUPPORTED,), ("guards.min_support",), unset("guards.min_support")),
)
_MAY_BE_OFF = {reason for rule in OPTIONAL for reason in rule.reasons}

RULES = Rules(
    (
        *(
            Rule(STAGE, (reason,), DECIDED.get(reason, ()))
            for reason in reasons.REASONS.of(STAGE, "pair")
            if reason not in _MAY_BE_OFF
        ),
        *OPTIONAL,
    ),
    others={
        STAGE: (
            *("ways", "prompt_ids", "own_words", "max_tags", "min_tag_cosine"),
            *("max_new_tokens", "batch_size", "keep_without"),
        )
    },
)
