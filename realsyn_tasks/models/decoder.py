"""Greedy decoding of many prompts at once, with rows that come and go.

What all prompts begin with (instructions, examples) goes through the model once, and its keys and
values are kept once. When enough rows have ended, the next prompts take their places: a step costs
about as much for 20 rows as for 60, and answers differ much in length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from realsyn_tasks.models import attention
from realsyn_tasks.models.chat import shared_prefix

LENGTHS_ALIKE = 1.3  # longest to shortest prompt that go through the model together
SLACK = 4  # tokens by which they may always differ


class Decoder:
    """Continues prompts with the model's likeliest tokens.

    Keys and values of all rows end at the same column; shorter rows are padded on the left, and
    masks and explicit positions hide the holes. The model must have this package's attention.
    """

    def __init__(self, model: Any, ends: set[int], width: int) -> None:
        self._model = model
        self._ends = ends
        self._width = width  # rows at a time

    def answers(
        self,
        prompts: list[list[int]],
        limit: int,
        answered: Callable[[int, list[int]], None] = lambda row, tokens: None,
    ) -> list[list[int]]:
        """Give at most `limit` tokens per prompt, the last one an end token if there was room.

        `answered` is told of each prompt's tokens as soon as they are all there.
        """
        import torch

        answers: list[list[int]] = [[] for _ in prompts]
        with torch.inference_mode():
            for row, token in self._tokens(prompts, limit, answers, answered):
                answers[row].append(token)
        return answers

    def _tokens(
        self,
        prompts: list[list[int]],
        limit: int,
        answers: list[list[int]],
        answered: Callable[[int, list[int]], None],
    ) -> Iterator[tuple[int, int]]:
        state = _State(self._model, prompts)
        waiting = list(range(len(prompts))) if limit else []
        while waiting or state.rows:
            if waiting and len(state.rows) <= self._width * 3 // 4:
                coming = state.alike(waiting[: self._width - len(state.rows)])
                waiting = waiting[len(coming) :]
                yield from state.admit(coming)
            else:
                yield from state.step()
            # By now the tokens just given are part of the answers.
            going_on = [self._goes_on(answers[row], limit) for row in state.rows]
            ended = [row for row, on in zip(state.rows, going_on, strict=True) if not on]
            state.keep(going_on)
            for row in ended:
                answered(row, answers[row])

    def _goes_on(self, answer: list[int], limit: int) -> bool:
        return len(answer) < limit and answer[-1] not in self._ends


class _State:
    """The rows under way: their last tokens, masks, and keys and values."""

    def __init__(self, model: Any, prompts: list[list[int]]) -> None:
        import torch

        self._model = model
        self._prompts = prompts
        self.rows: list[int] = []
        self._last = torch.zeros((0, 1), dtype=torch.int64)
        self._mask = torch.zeros((0, 0), dtype=torch.int64)
        self._cache: Any = None
        self._common = shared_prefix(prompts) if prompts else 0
        self._prefix: attention.Prefix = []
        if self._common:
            ids = torch.tensor([prompts[0][: self._common]])
            begun = self._forward(ids, torch.ones_like(ids), _cache(), begun=0)[1]
            self._prefix = [(layer.keys, layer.values) for layer in begun.layers]

    def alike(self, rows: list[int]) -> list[int]:
        """Give the first of these prompts that are not much longer than the very first.

        Those of a group are padded to its longest, and padding costs as much as prompt.
        """
        own = [len(self._prompts[row]) - self._common for row in rows]
        longest = max(own[0] * LENGTHS_ALIKE, own[0] + SLACK)
        return rows[: next((place for place, size in enumerate(own) if size > longest), len(own))]

    def admit(self, rows: list[int]) -> list[tuple[int, int]]:
        """Let prompts in; gives the first token of each."""
        import torch

        own = [self._prompts[row][self._common :] for row in rows]
        ids, mask = padded(own, left=True)
        tokens, cache = self._forward(ids, mask, _cache(), self._common)
        self._join(cache, mask)
        self.rows = self.rows + rows
        self._last = torch.cat([self._last, tokens])
        return list(zip(rows, tokens.flatten().tolist(), strict=True))

    def step(self) -> list[tuple[int, int]]:
        """Give the next token of each row."""
        import torch

        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        self._last, self._cache = self._forward(self._last, self._mask, self._cache, self._common)
        return list(zip(self.rows, self._last.flatten().tolist(), strict=True))

    def keep(self, going_on: list[bool]) -> None:
        """Let go of rows that ended, and of columns that were theirs alone."""
        import torch

        if all(going_on):
            return
        kept = torch.tensor(going_on).nonzero().squeeze(1)
        self.rows = [self.rows[place] for place in kept.tolist()]
        self._last, self._mask = self._last[kept], self._mask[kept]
        if not self.rows:
            self._cache = None
            return
        unused = int(self._mask.any(dim=0).int().argmax())
        self._mask = self._mask[:, unused:]
        for layer in self._cache.layers:
            where = kept.to(layer.keys.device)
            layer.keys = layer.keys[:, :, unused:][where]
            layer.values = layer.values[:, :, unused:][where]

    def _join(self, cache: Any, mask: Any) -> None:
        import torch

        if self._cache is None:
            self._cache, self._mask = cache, mask
            return
        longest = max(mask.shape[1], self._mask.shape[1])
        self._mask = torch.cat([_wider(self._mask, longest), _wider(mask, longest)])
        for old, new in zip(self._cache.layers, cache.layers, strict=True):
            old.keys = torch.cat([_longer(old.keys, longest), _longer(new.keys, longest)])
            old.values = torch.cat([_longer(old.values, longest), _longer(new.values, longest)])

    def _forward(self, ids: Any, mask: Any, cache: Any, begun: int) -> tuple[Any, Any]:
        """Give each row's likeliest next token, (n, 1) int64 on the CPU, and the grown cache.

        Mask and cache know nothing of the `begun` tokens that come before.
        """
        device = self._model.device
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :] + begun
        with attention.after(self._prefix):
            out = self._model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                position_ids=places.to(device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return likeliest(out.logits[:, -1])[:, None], out.past_key_values


def likeliest(logits: Any) -> Any:
    """Give the place of each row's highest number, the first of equal ones; (n,) int64 on the CPU.

    numpy's argmax is vectorised, and so ten times as fast as torch's on bfloat16; from a GPU tokens
    come back, and not a hundred thousand numbers for each.
    """
    import torch

    if logits.device.type != "cpu":
        return logits.argmax(dim=1).cpu()
    return torch.from_numpy(logits.float().numpy().argmax(axis=1))


def padded(tokens: list[list[int]], left: bool) -> tuple[Any, Any]:
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


def _cache() -> Any:
    from transformers import DynamicCache

    return DynamicCache()


def _wider(mask: Any, columns: int) -> Any:
    import torch

    return torch.nn.functional.pad(mask, (columns - mask.shape[1], 0))


def _longer(states: Any, columns: int) -> Any:
    import torch

    return torch.nn.functional.pad(states, (0, 0, columns - states.shape[2], 0))
