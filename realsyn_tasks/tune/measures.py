"""Measures a model's texts over any set of tasks: what guards say, support, cosines.

The set is the caller's: the tasks held out, or pairs of which all facts are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realsyn_tasks.models.protocols import Answered, Encoder, LanguageModel, Reranker, nobody
from realsyn_tasks.synthesize import reasons, words
from realsyn_tasks.synthesize.guards import Limits, check, tidy, unsupported
from realsyn_tasks.text.disguises import visible
from realsyn_tasks.tune.tasks import Prompts, Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Row = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A task, the prompt that it is asked by, and the answer to compare with, if there is one."""

    task: Task
    prompt: str
    answer: str = ""


@dataclass(frozen=True)
class Judges:
    """What texts are judged by."""

    limits: Limits
    reranker: Reranker
    encoder: Encoder


def measure(
    model: LanguageModel,
    questions: Sequence[Question],
    prompts: Prompts,
    judges: Judges,
    max_new_tokens: int,
    answered: Answered = nobody,
) -> list[Row]:
    """Give what a model writes at the first asking, and what is to be said of it, by question.

    `reason` is empty where no guard objects, the support by the source included.
    """
    if not questions:
        return []
    asked = [question.task.ask(prompts[question.prompt]) for question in questions]
    different = list(dict.fromkeys(asked))
    answers = dict(zip(different, model.generate(different, max_new_tokens, answered), strict=True))
    texts = [tidy(answers[prompt]) for prompt in asked]
    sources = [visible(question.task.sentence) for question in questions]
    support = judges.reranker.score(list(zip(sources, texts, strict=True)))
    cosines = _cosines(judges.encoder, texts, sources)
    teacher = _cosines(judges.encoder, texts, [question.answer for question in questions])
    rows = []
    for number, (question, text) in enumerate(zip(questions, texts, strict=True)):
        material = question.task.material(prompts[question.prompt])
        objection = check(text, material, judges.limits)
        least = judges.limits.min_support
        if objection is None and least is not None:
            objection = unsupported(float(support[number]), least)
        rows.append(
            {
                "task_id": question.task.task_id,
                "text": text,
                "reason": objection.reason.code if objection else "",
                "detail": objection.detail if objection else "",
                "words": len(words.words(text)),
                "support": float(support[number]),
                "cosine": float(cosines[number]),
                "teacher_cosine": float(teacher[number]) if question.answer else None,
            }
        )
    return rows


def is_copy(row: Mapping[str, Any]) -> float:
    """Say of a measured text whether it is a copy: 1 or 0."""
    return float(row["reason"] == reasons.COPIED.code)


def _cosines(encoder: Encoder, texts: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
    """Give the cosine of each text with another; 0 where one of them is empty; (n,) float32."""
    import numpy as np

    different = sorted({*texts, *others} - {""})
    vectors = dict(zip(different, encoder.encode_texts(different), strict=True))
    return np.array(
        [
            float(vectors[a] @ vectors[b]) if a and b else 0.0
            for a, b in zip(texts, others, strict=True)
        ],
        dtype=np.float32,
    )
