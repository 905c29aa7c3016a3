"""Why a picture of an evaluation set is not asked, and why a pair is not learnt from."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons

BROKEN_QUESTION = Reason("broken_question", "its picture cannot be read, or it has no answer")
REPEATED_QUESTION = Reason(
    "repeated_question", "its set asks another picture that has the same answer, word for word"
)
BEYOND_QUESTIONS = Reason("beyond_questions", "as many of its set are asked without it (questions)")
OVERLAPPING = Reason("in_evaluation_set", "an evaluation set has its picture or one of its texts")
INCOMPLETE = Reason("lacks_a_text", "it lacks a text of a kind that some arm is to learn from")
BEYOND_LESSONS = Reason("beyond_lessons", "as many pictures are learnt from without it (pictures)")
BROKEN_LESSON = Reason("broken_lesson", "its picture cannot be read")

REASONS = Reasons(
    {
        "draw_questions": {"question": (BROKEN_QUESTION, REPEATED_QUESTION, BEYOND_QUESTIONS)},
        "draw_lessons": {"pair": (OVERLAPPING, INCOMPLETE, BEYOND_LESSONS)},
        "embed_lessons": {"pair": (BROKEN_LESSON,)},
    }
)
