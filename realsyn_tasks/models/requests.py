"""Asks a language model for what is not answered yet: answers are kept until their shard commits.

A model that answers each request by itself has its answers kept one by one. The texts of others
depend, in bfloat16, on what else is in a call, so that theirs are kept by the call: a shard that is
done again asks either the same call, or none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from realsyn_tasks.core.stage import Kept
from realsyn_tasks.models.protocols import LanguageModel, Prompt, Refusal


def answers(
    model: LanguageModel,
    kept: Kept,
    prompts: Sequence[Prompt],
    max_new_tokens: int,
    told: Callable[[int], None] = lambda count: None,
) -> list[str]:
    """Give each prompt's text, kept or asked for; `told` how many there are, now and then."""
    if getattr(model, "concurrent", False):
        return _one_by_one(model, kept, prompts, max_new_tokens, told)
    question = [_said(prompt, max_new_tokens) for prompt in prompts]
    before = _read(kept.get(question), len(prompts))
    if before is not None:
        return before
    texts = model.generate(prompts, max_new_tokens, _Count(told))
    kept.put(question, _written(texts))
    kept.flush()
    return texts


def _one_by_one(
    model: LanguageModel,
    kept: Kept,
    prompts: Sequence[Prompt],
    max_new_tokens: int,
    told: Callable[[int], None],
) -> list[str]:
    questions = [_said(prompt, max_new_tokens) for prompt in prompts]
    before = [_read(kept.get(question), 1) for question in questions]
    texts = [text[0] if text else "" for text in before]
    left = [row for row, text in enumerate(before) if text is None]
    count = _Count(told, len(prompts) - len(left))

    def answered(place: int, text: str) -> None:
        kept.put(questions[left[place]], _written([text]))
        count(place, text)

    try:
        new = model.generate([prompts[row] for row in left], max_new_tokens, answered)
    finally:
        kept.flush()
    for row, text in zip(left, new, strict=True):
        texts[row] = text
    return texts


class _Count:
    def __init__(self, told: Callable[[int], None], before: int = 0) -> None:
        self._told, self._count = told, before
        if before:
            told(before)

    def __call__(self, place: int, text: str) -> None:
        self._count += 1
        self._told(self._count)


def _said(prompt: Prompt, max_new_tokens: int) -> list[Any]:
    return [prompt.system, prompt.turns, prompt.user, max_new_tokens]


def _written(texts: Sequence[str]) -> str:
    return json.dumps([[text, isinstance(text, Refusal)] for text in texts])


def _read(answer: str | None, count: int) -> list[str] | None:
    """Read texts as they were written; None unless they are as many as were asked for."""
    if answer is None:
        return None
    try:
        texts = [Refusal(text) if refused else str(text) for text, refused in json.loads(answer)]
    except (ValueError, TypeError):
        return None
    return texts if len(texts) == count else None
