"""Language models through vLLM, for GPUs: the production backend.

Written to vLLM 0.32's documented interface and tested against a stand-in for the shapes of its
calls; it has never run here, where there is no GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from realsyn_tasks.models import checkpoints
from realsyn_tasks.models.chat import ChatTokenizer, fitting
from realsyn_tasks.models.checkpoints import DType, locate, start_token
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity, Prompt
from realsyn_tasks.models.protocols import Running as HowItRuns

SAID_ELSEWHERE = frozenset(  # arguments of vllm.LLM
    {"model", "dtype", "seed", "revision", "enable_prefix_caching", "max_num_seqs"}
    | {"tensor_parallel_size", "gpu_memory_utilization"}
)


class VllmLanguageModel:
    """Hands all prompts over at once; vLLM batches, and shares what they begin with alike."""

    class Options(checkpoints.Checkpoint):
        """Which model, and what vLLM is to be told about it."""

        dtype: DType = "bfloat16"
        max_tokens: int = Field(default=512, ge=1)  # of a text; what is longer is not scored
        start: str = "<|endoftext|>"  # stands before a scored text; "" for the model's own
        seed: int = 0
        engine: dict[str, Any] = Field(default_factory=dict)  # further arguments of vllm.LLM

        @field_validator("engine")
        @classmethod
        def _says_nothing_twice(cls, engine: dict[str, Any]) -> dict[str, Any]:
            if twice := sorted(SAID_ELSEWHERE & set(engine)):
                raise ValueError(f"{', '.join(twice)}: there are options of their own for that")
            return engine

    class Running(HowItRuns):
        """How the GPUs are used."""

        tensor_parallel_size: int = Field(default=1, ge=1)  # GPUs
        gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)
        batch_size: int = Field(default=256, ge=1)  # sequences at once

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        from vllm import LLM

        where = locate(options, cache)
        self._options = options
        self._engine = LLM(
            model=where,
            dtype=options.dtype,
            seed=options.seed,
            enable_prefix_caching=True,
            tensor_parallel_size=running.tensor_parallel_size,
            gpu_memory_utilization=running.gpu_memory_utilization,
            max_num_seqs=running.batch_size,
            **options.engine,
        )
        tokenizer = self._engine.get_tokenizer()
        self._chat = ChatTokenizer(tokenizer, options.checkpoint)
        self._start = start_token(tokenizer, options.start)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint, its options, and what else the engine is told."""
        checkpoint = checkpoints.identify(options, cache)
        said = options.dtype + changes(options, (*checkpoints.PLACE, "dtype"))
        return Identity(f"vllm-{checkpoint.text}-{said}", checkpoint.declared)

    def generate(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int,
        answered: Callable[[int], None] = lambda count: None,
    ) -> list[str]:
        """Give the first line of each prompt's greedy continuation; empty where it does not fit."""
        from vllm import SamplingParams

        wanted = SamplingParams(temperature=0.0, max_tokens=max_new_tokens, stop=["\n"])
        tokens = [self._chat.prompt(prompt) for prompt in prompts]
        rows = fitting(tokens, max_new_tokens, self._engine.model_config.max_model_len)
        asked = [{"prompt_token_ids": tokens[row]} for row in rows]
        answers = [""] * len(tokens)
        for row, answer in zip(
            rows, self._engine.generate(asked, wanted, use_tqdm=False), strict=True
        ):
            answers[row] = self._chat.line(answer.outputs[0].token_ids)
        return answers

    def perplexity(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give each text's perplexity (paper Eq. 2), inf for one without tokens; (n,) float64."""
        from vllm import SamplingParams

        # One token must be generated; it is not looked at.
        wanted = SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
        tokens = [self._chat.text(text)[: self._options.max_tokens] for text in texts]
        rows = [row for row, ids in enumerate(tokens) if ids]
        asked = [{"prompt_token_ids": [self._start, *tokens[row]]} for row in rows]
        scores = np.full(len(texts), np.inf)
        for row, answer in zip(
            rows, self._engine.generate(asked, wanted, use_tqdm=False), strict=True
        ):
            told = zip(tokens[row], answer.prompt_logprobs[1:], strict=True)
            scores[row] = np.exp(-np.mean([chances[token].logprob for token, chances in told]))
        return scores
