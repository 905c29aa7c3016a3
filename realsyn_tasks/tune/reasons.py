"""Why an answer of the teacher is no example: the guards' reasons, and those of the choice."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons
from realsyn_tasks.synthesize.reasons import REASONS as OF_TEXTS

REPEATED = Reason("repeated_example", "the same answer to the same text as another example")
HELD_OUT = Reason("held_out_text", "its text or its answer is one that models are measured by")
BEYOND = Reason("beyond_examples", "there are as many examples as were wanted")

REASONS = Reasons(
    {
        "ask_teacher": {"example": OF_TEXTS.of("generate_texts", "pair")},
        "choose_examples": {"example": (REPEATED, HELD_OUT, BEYOND)},
    }
)
