"""Language models behind an endpoint that speaks OpenAI's chat completions: any of them.

What stands behind an address cannot be told by content: a card declares the endpoint's name of the
model and a revision, which a person changes when the endpoint's model has changed. It writes texts
and does not score them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import protocols
from realsyn_tasks.models.endpoint import Endpoint, EndpointRunning
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Answered, Identity, Prompt, nobody

# What chat templates of any family write between turns; the endpoint's tokenizer is not known here.
CONTROL = re.compile(
    r"<\|[^<>|]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>", re.IGNORECASE
)


class OpenaiLanguageModel:
    """Asks for each prompt by itself, as many at once as the limits allow."""

    class Options(protocols.Options):
        """Which model, as the endpoint calls it, and how it is asked to write."""

        model: str
        revision: str = ""  # declared: changes when what stands behind the name does
        temperature: float = Field(default=0.0, ge=0)
        seed: int | None = 0  # null: not said, for endpoints that know none
        stop: tuple[str, ...] = ()  # where an answer ends; its first line is taken anyway
        limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
        extra: dict[str, Any] = Field(default_factory=dict)  # further fields of a request

    Running = EndpointRunning
    needs = ()
    concurrent = True

    def __init__(self, options: Options, running: EndpointRunning, cache: Path) -> None:
        self._options = options
        self._endpoint = Endpoint.of(running)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by what is declared; ConfigError if that is nothing."""
        if not options.revision:
            raise ConfigError(
                f"an endpoint does not tell what it holds: declare the revision of {options.model}"
                " in its card in include/models, or in its options (any word that you change when"
                " the endpoint's model changes)"
            )
        said = f"openai-{options.model}@{options.revision}"
        return Identity(said + changes(options, ("model", "revision")), declared=True)

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int, answered: Answered = nobody
    ) -> list[str]:
        """Give the first line of each prompt's continuation; a Refusal where it gives none."""
        return self._endpoint.ask([self._body(p, max_new_tokens) for p in prompts], answered)

    def _body(self, prompt: Prompt, max_new_tokens: int) -> dict[str, Any]:
        options = self._options
        body = {
            **options.extra,
            "model": options.model,
            "messages": messages(prompt),
            "temperature": options.temperature,
            options.limit: max_new_tokens,
        }
        if options.seed is not None:
            body["seed"] = options.seed
        if options.stop:
            body["stop"] = list(options.stop)
        return body


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """Give a prompt as a chat, with texts that cannot end the turn that they are quoted in."""
    turns = [("system", prompt.system)] if prompt.system else []
    for user, assistant in prompt.turns:
        turns += [("user", user), ("assistant", assistant)]
    turns.append(("user", prompt.user))
    return [{"role": role, "content": _harmless(text)} for role, text in turns]


def _harmless(text: str) -> str:
    return CONTROL.sub(lambda hit: f"{hit[0][0]} {hit[0][1:]}", text)
