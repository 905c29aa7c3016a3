"""Language models through Hugging Face transformers, batched, on any torch device.

The embedded default, in the precision that the CPU is fast in. SmolLM2-135M on one thread of a busy
CPU, in bfloat16 with AVX512-BF16: 6.3 answers per CPU-second (112 tokens of prompt, of which 87 are
shared, and 17 of answer; llama.cpp gives 2.4, transformers' own generation 2.0), and 28..44
sentences scored per CPU-second. With AVX2 alone: 3.1 answers and 6.3 sentences in float32, 0.6 and
1.0 in bfloat16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.models import attention, checkpoints
from realsyn_tasks.models.chat import ChatTokenizer, fitting
from realsyn_tasks.models.checkpoints import (
    DType,
    hub_options,
    locate,
    start_token,
    transformers_offline,
    whole_model,
)
from realsyn_tasks.models.decoder import Decoder, padded
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.packed import pack_linear_layers
from realsyn_tasks.models.precision import fast_here
from realsyn_tasks.models.protocols import Answered, Identity, OnDevice, Prompt, nobody

SCORED_ROWS = 32  # of logits turned into log probabilities at a time


class TransformersLanguageModel:
    """A causal language model that continues and scores texts.

    Prompts and texts are sorted before they are batched, so that results do not depend on their
    order; in bfloat16 they may differ in the last digits with what else is in the call.
    """

    class Options(checkpoints.Checkpoint):
        """Where the weights are, in which precision they work, and what of a text is scored."""

        checkpoint: str = "smollm2-135m-instruct"  # a prepared model, a folder, or a hub name
        dtype: DType = Field(default_factory=fast_here)  # of the machine that opens the run
        max_tokens: int = Field(default=512, ge=1)  # of a text; what is longer is not scored
        start: str = "<|endoftext|>"  # stands before a scored text; "" for the model's own

    class Running(OnDevice):
        """Where and in what portions."""

        batch_size: int = Field(default=128, ge=1)  # prompts
        tokens_per_batch: int = Field(default=320, ge=1)  # scored at once

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        import torch

        transformers, where = transformers_offline(), locate(options, cache)
        tokenizer = transformers.AutoTokenizer.from_pretrained(where, **hub_options())
        self._model = whole_model(
            transformers.AutoModelForCausalLM,
            where,
            running.device,
            dtype=getattr(torch, options.dtype),
            attn_implementation=attention.register(),
        )
        pack_linear_layers(self._model)
        self._options, self._running = options, running
        self._chat = ChatTokenizer(tokenizer, options.checkpoint)
        ends = self._chat.line_ends() | _end_tokens(self._model.generation_config)
        self._context = getattr(self._model.config, "max_position_embeddings", None)
        self._decoder = Decoder(self._model, ends, running.batch_size)
        self._start = start_token(tokenizer, options.start)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint and its options."""
        checkpoint = checkpoints.identify(options, cache)
        said = options.dtype + changes(options, (*checkpoints.PLACE, "dtype"))
        return Identity(f"{checkpoint.text}-{said}", checkpoint.declared)

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int, answered: Answered = nobody
    ) -> list[str]:
        """Give the first line of each prompt's greedy continuation; empty where it does not fit."""
        tokens = [self._chat.prompt(prompt) for prompt in prompts]
        rows = fitting(tokens, max_new_tokens, self._context)
        order = sorted(rows, key=lambda row: (len(tokens[row]), tokens[row]))
        answers = [""] * len(tokens)

        def ended(place: int, ids: list[int]) -> None:
            row = order[place]
            answers[row] = self._chat.line(ids)
            answered(row, answers[row])

        self._decoder.answers([tokens[row] for row in order], max_new_tokens, ended)
        return answers

    def perplexity(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give each text's perplexity (paper Eq. 2), inf for one without tokens; (n,) float64.

        The first token counts too: a start token stands before the text.
        """
        tokens = [self._chat.text(text)[: self._options.max_tokens] for text in texts]
        found = np.full(len(tokens), np.inf)
        for rows in self._text_batches(tokens):
            found[rows] = np.exp(self._losses([tokens[row] for row in rows]))
        return found

    def _text_batches(self, tokens: list[list[int]]) -> Iterator[list[int]]:
        order = sorted(range(len(tokens)), key=lambda row: (len(tokens[row]), tokens[row]))
        batch: list[int] = []
        for row in order:
            if batch and (len(batch) + 1) * len(tokens[row]) > self._running.tokens_per_batch:
                yield batch
                batch = []
            if tokens[row]:
                batch.append(row)
        if batch:
            yield batch

    def _losses(self, tokens: list[list[int]]) -> NDArray[np.float64]:
        """Give the mean negative log probability of each text's tokens."""
        import torch

        ids, mask = padded(tokens, left=False)
        before = torch.cat([torch.full((len(ids), 1), self._start), ids[:, :-1]], dim=1)
        device = self._model.device
        with torch.inference_mode():
            logits = self._model(
                input_ids=before.to(device), attention_mask=mask.to(device), use_cache=False
            ).logits
            scored = _log_probabilities(logits.flatten(0, 1), ids.flatten().to(device))
        told = (scored.view(ids.shape).cpu().double() * mask).sum(dim=1) / mask.sum(dim=1)
        found: NDArray[np.float64] = -told.numpy()
        return found


def _log_probabilities(logits: Any, targets: Any) -> Any:
    """Give each target's log probability; only some rows are float32 at a time."""
    import torch

    parts = []
    for start in range(0, len(logits), SCORED_ROWS):
        rows = slice(start, start + SCORED_ROWS)
        part = logits[rows].float()
        picked = part.gather(1, targets[rows, None]).squeeze(1)
        parts.append(picked - torch.logsumexp(part, dim=1))
    return torch.cat(parts)


def _end_tokens(config: Any) -> set[int]:
    told = config.eos_token_id
    return set(told) if isinstance(told, list) else {told} - {None}
