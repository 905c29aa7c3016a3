"""Which settings decide whether an answer is an example: the guards', and how many."""

from __future__ import annotations

from dataclasses import replace

from realsyn_tasks.core.rules import Rule, Rules
from realsyn_tasks.synthesize import rules as of_texts
from realsyn_tasks.tune import reasons

RULES = Rules(
    (
        *(replace(rule, stage="ask_teacher") for rule in of_texts.RULES.rules),
        Rule("choose_examples", (reasons.REPEATED, reasons.HELD_OUT)),
        Rule("choose_examples", (reasons.BEYOND,), ("examples",)),
    )
)
