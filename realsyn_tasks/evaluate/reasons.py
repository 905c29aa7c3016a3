"""Why something goes no further in an evaluation."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons

BROKEN_PICTURE = Reason("broken_question", "its picture cannot be decoded, or has too many pixels")
TOO_LARGE = Reason("large_question", "its picture or its text takes more bytes than are read")
NO_ANSWER = Reason("question_without_answer", "it has no picture, or no right answer")
REPEATED = Reason("repeated_question", "too many pictures of its set have the same text")

REASONS = Reasons(
    {"draw_questions": {"question": (BROKEN_PICTURE, TOO_LARGE, NO_ANSWER, REPEATED)}}
)
