"""Which settings decide what is asked and what is learnt from: the protocol's, all of them."""

from __future__ import annotations

from realsyn_tasks.core.rules import Rule, Rules, unset
from realsyn_tasks.evaluate import reasons

RULES = Rules(
    (
        Rule("draw_questions", (reasons.BROKEN_PICTURE, reasons.TOO_LARGE, reasons.NO_ANSWER)),
        Rule("draw_questions", (reasons.REPEATED,), ("sets",)),
        Rule(
            "draw_lessons",
            (reasons.OVERLAPPING,),
            ("lessons.drop_overlaps",),
            unset("lessons.drop_overlaps"),
        ),
        Rule(
            "draw_lessons",
            (reasons.INCOMPLETE,),
            ("lessons.having", "sources"),
            unset("lessons.having"),
        ),
        Rule(
            "draw_lessons",
            (reasons.BEYOND_LESSONS,),
            ("lessons.pictures",),
            unset("lessons.pictures"),
        ),
        Rule("embed_lessons", (reasons.BROKEN_LESSON,)),
    )
)
