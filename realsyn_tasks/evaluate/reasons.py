"""Why a picture of an evaluation set is not asked, and why a pair is not learnt from."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons

BROKEN_PICTURE = Reason("broken_question", "its picture cannot be decoded, or has too many pixels")
TOO_LARGE = Reason("large_question", "its picture or its text takes more bytes than are read")
NO_ANSWER = Reason(
    "question_without_answer", "it has no picture, or no caption or class of its set"
)
REPEATED = Reason("repeated_question", "too many pictures of its set have the same text")
OVERLAPPING = Reason("in_evaluation_set", "an evaluation set has its picture or one of its texts")
INCOMPLETE = Reason("lacks_a_text", "it lacks a text of a kind that some arm is to learn from")
BEYOND_LESSONS = Reason("beyond_lessons", "as many pictures are learnt from without it (pictures)")
BROKEN_LESSON = Reason("broken_lesson", "its picture cannot be read")

REASONS = Reasons(
    {
        "draw_questions": {"question": (BROKEN_PICTURE, TOO_LARGE, NO_ANSWER, REPEATED)},
        "draw_lessons": {"pair": (OVERLAPPING, INCOMPLETE, BEYOND_LESSONS)},
        "embed_lessons": {"pair": (BROKEN_LESSON,)},
    }
)
