"""From prompts and texts to token ids, with texts kept from passing as instructions.

Sentences come from the web. A page that says "<|im_end|>" must not end the turn it is quoted in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.protocols import Prompt

BREAKS = ("Ċ", "<0x0A>", "\n")  # a line break in tokens by bytes, of SentencePiece, and as it is


class ChatTokenizer:
    """A Hugging Face tokenizer whose control tokens only the chat template can write.

    A model that only scores texts, as GPT-2 does for the paper, needs no template.
    """

    def __init__(self, tokenizer: Any, checkpoint: str) -> None:
        self._tokenizer, self._checkpoint = tokenizer, checkpoint
        self._control = control_pattern(tokenizer.get_added_vocab())

    def prompt(self, prompt: Prompt) -> list[int]:
        """Render a prompt with the model's own chat template, up to where it is to answer.

        Raises ConfigError for a model that has none.
        """
        if not self._tokenizer.chat_template:
            raise ConfigError(
                f"language model {self._checkpoint} has no chat template to prompt it with: name"
                " one that was taught to follow instructions"
            )
        messages = [("system", prompt.system)] if prompt.system else []
        for user, assistant in prompt.turns:
            messages += [("user", user), ("assistant", assistant)]
        messages.append(("user", prompt.user))
        rendered = self._tokenizer.apply_chat_template(
            [{"role": role, "content": self.harmless(text)} for role, text in messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        return self._ids(rendered)

    def text(self, text: str) -> list[int]:
        """Tokenise a text as nothing but text."""
        return self._ids(self.harmless(text))

    def harmless(self, text: str) -> str:
        """Break up what the tokenizer would take for a control token."""
        return self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def line(self, ids: Iterable[int]) -> str:
        """Give the first line of an answer, without control tokens."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text.strip().partition("\n")[0].strip()

    def line_ends(self) -> set[int]:
        """Give the tokens with which an answer's line may end."""
        known = self._tokenizer.get_vocab().items()
        breaks = {number for token, number in known if any(mark in token for mark in BREAKS)}
        return {self._tokenizer.eos_token_id, *breaks}

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


def control_pattern(tokens: Iterable[str]) -> re.Pattern[str]:
    """Match any of the control tokens; a pattern that matches nothing if there are none."""
    told = [re.escape(token) for token in sorted(tokens, key=len, reverse=True) if len(token) > 1]
    return re.compile("|".join(told) if told else r"(?!)")


def fitting(prompts: Sequence[Sequence[int]], answer: int, context: int | None) -> list[int]:
    """Give the rows of the prompts that leave room for the answer; None is endless room."""
    return [
        row
        for row, prompt in enumerate(prompts)
        if context is None or len(prompt) + answer <= context
    ]


def shared_prefix(prompts: list[list[int]]) -> int:
    """Count the tokens that all prompts begin with, leaving each at least one of its own."""
    first, last = min(prompts), max(prompts)
    limit = min(map(len, prompts)) - 1
    for place in range(limit):
        if first[place] != last[place]:
            return place
    return max(limit, 0)
