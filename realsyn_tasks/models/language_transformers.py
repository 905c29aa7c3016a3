"""Language models through Hugging Face transformers, batched, on any torch device."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.models import attention
from realsyn_tasks.models.chat import ChatTokenizer, shared_prefix
from realsyn_tasks.models.checkpoints import locate
from realsyn_tasks.models.protocols import Prompt

SCORED_ROWS = 256  # of logits turned into log probabilities at a time


class TransformersLanguageModel:
    """A causal language model that continues and scores texts.

    Prompts and texts are sorted before they are batched, so that results do not depend on their
    order; in bfloat16 they may differ in the last digits with what else is in the call.
    """

    class Options(BaseModel):
        """Where the weights are and how they run."""

        model_config = ConfigDict(frozen=True, extra="forbid")

        checkpoint: str = "smollm2-135m-instruct"  # a prepared model, a folder, or a hub name
        device: str = "cpu"
        dtype: str = "bfloat16"
        prompts_per_batch: int = Field(default=48, ge=1)
        tokens_per_batch: int = Field(default=1536, ge=1)  # scored at once
        max_tokens: int = Field(default=512, ge=1)  # of a text; what is longer is not scored
        start: str = "<|endoftext|>"  # stands before a scored text; "" for the model's own
        threads: int = Field(default=1, ge=1)

    def __init__(self, options: Options, cache: Path) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        import torch

        from realsyn_tasks.models._torchvision import import_torchvision

        import_torchvision()
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(options.threads)
        where, identity = locate(cache, options.checkpoint)
        tokenizer = AutoTokenizer.from_pretrained(where)
        self._model = AutoModelForCausalLM.from_pretrained(
            where,
            dtype=getattr(torch, options.dtype),
            attn_implementation=attention.register() if options.device == "cpu" else "sdpa",
        )
        self._model.eval().to(options.device)
        self.identity = f"{identity}-{options.dtype}"
        self._options = options
        self._chat = ChatTokenizer(tokenizer, options.checkpoint)
        self._ends = self._chat.line_ends() | _end_tokens(self._model.generation_config)
        self._start = _start_token(tokenizer, options.start)

    def generate(self, prompts: Sequence[Prompt], max_new_tokens: int) -> list[str]:
        """Give the first line of each prompt's greedy continuation."""
        tokens = [self._chat.prompt(prompt) for prompt in prompts]
        answers = [""] * len(tokens)
        for rows in self._prompt_batches(tokens):
            found = self._continue([tokens[row] for row in rows], max_new_tokens)
            for row, ids in zip(rows, found, strict=True):
                answers[row] = self._chat.line(ids)
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

    def _prompt_batches(self, tokens: list[list[int]]) -> Iterator[list[int]]:
        order = sorted(range(len(tokens)), key=lambda row: (len(tokens[row]), tokens[row]))
        for start in range(0, len(order), self._options.prompts_per_batch):
            yield order[start : start + self._options.prompts_per_batch]

    def _text_batches(self, tokens: list[list[int]]) -> Iterator[list[int]]:
        order = sorted(range(len(tokens)), key=lambda row: (len(tokens[row]), tokens[row]))
        batch: list[int] = []
        for row in order:
            if batch and (len(batch) + 1) * len(tokens[row]) > self._options.tokens_per_batch:
                yield batch
                batch = []
            if tokens[row]:
                batch.append(row)
        if batch:
            yield batch

    def _continue(self, prompts: list[list[int]], limit: int) -> list[list[int]]:
        import torch

        answers: list[list[int]] = [[] for _ in prompts]
        with torch.inference_mode():
            state = _Decoding(self._model, prompts)
            for _ in range(limit):
                for row, token in zip(state.rows, state.step(), strict=True):
                    answers[row].append(token)
                state.keep([answers[row][-1] not in self._ends for row in state.rows])
                if not state.rows:
                    break
        return answers

    def _losses(self, tokens: list[list[int]]) -> NDArray[np.float64]:
        """Give the mean negative log probability of each text's tokens."""
        import torch

        ids, mask = _padded(tokens, left=False)
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


class _Decoding:
    """Greedy decoding of a batch whose rows leave as they end.

    What all prompts begin with (instructions and examples) goes through the model once.
    """

    def __init__(self, model: Any, prompts: list[list[int]]) -> None:
        import torch

        self._model = model
        self.rows = list(range(len(prompts)))
        common = shared_prefix(prompts)
        self._cache = None
        self._mask = torch.ones((len(prompts), common), dtype=torch.int64)
        if common:
            self._cache = self._forward(torch.tensor([prompts[0][:common]]), self._mask[:1])[1]
            self._cache.batch_repeat_interleave(len(prompts))
        self._next, mask = _padded([prompt[common:] for prompt in prompts], left=True)
        self._mask = torch.cat([self._mask, mask], dim=1)

    def step(self) -> list[int]:
        """Give the next token of each row that is left."""
        import torch

        logits, self._cache = self._forward(self._next, self._mask)
        # numpy's argmax is vectorised, and so ten times as fast as torch's on bfloat16.
        best = logits[:, -1].float().cpu().numpy().argmax(axis=1)
        self._next = torch.from_numpy(best)[:, None]
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        return [int(token) for token in best]

    def keep(self, going_on: list[bool]) -> None:
        """Let go of the rows that ended."""
        import torch

        if all(going_on):
            return
        kept = torch.tensor(going_on).nonzero().squeeze(1)
        self.rows = [self.rows[place] for place in kept.tolist()]
        self._next, self._mask = self._next[kept], self._mask[kept]
        if self._cache is not None and self.rows:
            self._cache.batch_select_indices(kept.to(self._model.device))

    def _forward(self, ids: Any, mask: Any) -> tuple[Any, Any]:
        device = self._model.device
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        out = self._model(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            position_ids=places.to(device),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return out.logits, out.past_key_values


def _padded(tokens: list[list[int]], left: bool) -> tuple[Any, Any]:
    """Give ids and mask, (n, longest) int64, padded with zeros."""
    import torch

    longest = max(map(len, tokens))
    ids = torch.zeros((len(tokens), longest), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(tokens):
        place = slice(longest - len(sequence), None) if left else slice(0, len(sequence))
        ids[row, place] = torch.tensor(sequence, dtype=torch.int64)
        mask[row, place] = 1
    return ids, mask


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


def _start_token(tokenizer: Any, wanted: str) -> int:
    vocabulary = tokenizer.get_vocab()
    if wanted in vocabulary:
        return int(vocabulary[wanted])
    own = tokenizer.bos_token_id
    return int(tokenizer.eos_token_id if own is None else own)
