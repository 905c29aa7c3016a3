"""What the fields of a tuning's form mean as settings of its stages."""

from __future__ import annotations

from typing import Any

PAIRS_OF_EXAMPLES = 2  # so many are drawn for each example, as not every answer is taken


def of_form(
    teacher: str, examples: int, steps: int, register_card: str
) -> dict[str, dict[str, Any]]:
    """Give the settings by stage; what is empty says nothing."""
    said: dict[str, dict[str, Any]] = {
        "ask_teacher": {"teacher": teacher, "pairs": PAIRS_OF_EXAMPLES * examples},
        "choose_examples": {"examples": examples},
        "train_student": {"steps": steps},
        "compare_models": {"register_card": register_card},
    }
    return {
        stage: {word: value for word, value in words.items() if value}
        for stage, words in said.items()
    }
