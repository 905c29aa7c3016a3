"""Language models through vLLM: the production backend, for GPUs.

`make test-vllm` runs it on the CPU by a build of vLLM for CPUs: in float32 its texts and
perplexities are those of the transformers backend. It never ran on a GPU here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.models import vllm_engine
from realsyn_tasks.models.chat import ChatTokenizer, fitting
from realsyn_tasks.models.checkpoints import start_token
from realsyn_tasks.models.protocols import Answered, Identity, Prompt, nobody


class VllmLanguageModel:
    """Hands all prompts over at once; vLLM batches, and shares what they begin with alike."""

    class Options(vllm_engine.EngineOptions):
        """Which model, how it writes, and what of a text is scored."""

        temperature: float = Field(default=0.0, ge=0)  # 0: the likeliest token; else by the seed
        stop: tuple[str, ...] = ()  # where an answer ends besides the end of its line
        max_tokens: int = Field(default=512, ge=1)  # of a text; what is longer is not scored
        start: str = "<|endoftext|>"  # stands before a scored text; "" for the model's own

    Running = vllm_engine.EngineRunning
    needs = ()
    concurrent = True

    def __init__(self, options: Options, running: vllm_engine.EngineRunning, cache: Path) -> None:
        self._options = options
        self._engine = vllm_engine.engine(options, running, cache)
        self._chat = ChatTokenizer(self._engine.tokenizer, options.checkpoint)
        self._start = start_token(self._engine.tokenizer, options.start)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint, its options, and what else the engine is told."""
        return vllm_engine.identify(options, cache)

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int, answered: Answered = nobody
    ) -> list[str]:
        """Give the first line of each prompt's continuation; empty where it does not fit."""
        from vllm import SamplingParams

        options = self._options
        wanted = SamplingParams(
            temperature=options.temperature,
            seed=options.seed if options.temperature else None,
            max_tokens=max_new_tokens,
            stop=["\n", *options.stop],
        )
        tokens = [self._chat.prompt(prompt) for prompt in prompts]
        rows = fitting(tokens, max_new_tokens, self._engine.context)
        answers = [""] * len(tokens)

        def ended(place: int, output: Any) -> None:
            row = rows[place]
            answers[row] = self._line(output.outputs[0])
            answered(row, answers[row])

        self._asked([tokens[row] for row in rows], wanted, ended)
        return answers

    def perplexity(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give each text's perplexity (paper Eq. 2), inf for one without tokens; (n,) float64."""
        from vllm import SamplingParams

        # One token must be generated; it is not looked at.
        wanted = SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
        tokens = [self._chat.text(text)[: self._options.max_tokens] for text in texts]
        rows = [row for row, ids in enumerate(tokens) if ids]
        scores = np.full(len(texts), np.inf)
        outputs = self._asked([[self._start, *tokens[row]] for row in rows], wanted)
        for row, output in zip(rows, outputs, strict=True):
            chances = zip(tokens[row], output.prompt_logprobs[1:], strict=True)
            scores[row] = np.exp(-np.mean([chance[token].logprob for token, chance in chances]))
        return scores

    def _asked(self, tokens: list[list[int]], wanted: Any, ended: Any = nobody) -> list[Any]:
        asked = [{"prompt_token_ids": ids} for ids in tokens]
        return self._engine.ask(
            lambda llm: list(llm.enqueue(asked, wanted, use_tqdm=False)), len(asked), ended
        )

    def _line(self, answer: Any) -> str:
        """Give an answer's line, which ends before any of the texts at which it was to stop."""
        line = self._chat.line(answer.token_ids)
        for stop in self._options.stop:
            line = line.partition(stop)[0]
        return line.strip()
