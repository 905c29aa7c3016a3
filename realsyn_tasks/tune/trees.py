"""Batches of examples as trees: what examples begin with alike is computed once.

Two examples of one prompt have its instruction and its worked examples in common, which is most of
their tokens. So the examples of a batch are one row of tokens without repetition or padding, in
which a token sees those that it comes after in its own examples, by the mask, and has its place
there, by its position. Losses and gradients are those of the examples one by one, but for rounding;
logits are computed where a token of an answer comes next, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from realsyn_tasks.core.errors import ConfigError

if TYPE_CHECKING:
    import torch

Example = Mapping[str, Sequence[int]]  # input_ids, and completion_mask: 1 for the answer's tokens
ROOT = -1
TOLERANCE = 0.02  # of the largest logit, in the precision of the weights


@dataclass
class Tree:
    """The tokens of some examples, each once for all examples that are alike up to it."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)  # place of the token before; ROOT: none
    asked: list[int] = field(default_factory=list)  # places behind which an answer's token comes
    answers: list[int] = field(default_factory=list)  # those tokens, of every example

    def places(self) -> np.ndarray[Any, Any]:
        """Give how many tokens come before each in its example; (n,) int64."""
        places = np.zeros(len(self.tokens), dtype=np.int64)
        for number, parent in enumerate(self.parents):
            places[number] = 0 if parent == ROOT else places[parent] + 1
        return places

    def seen(self) -> np.ndarray[Any, Any]:
        """Say which tokens each one sees: itself, and those before it; (n, n) bool."""
        seen = np.eye(len(self.tokens), dtype=bool)
        for number, parent in enumerate(self.parents):
            if parent != ROOT:
                seen[number] |= seen[parent]
        return seen


def grown(examples: Iterable[Example]) -> Tree:
    """Make the tree of some examples. A token that begins one is asked of nothing."""
    tree = Tree()
    known: dict[tuple[int, int], int] = {}
    for example in examples:
        at = ROOT
        for token, counts in zip(example["input_ids"], example["completion_mask"], strict=True):
            if counts and at != ROOT:
                tree.asked.append(at)
                tree.answers.append(token)
            following = known.setdefault((at, token), len(tree.tokens))
            if following == len(tree.tokens):
                tree.tokens.append(token)
                tree.parents.append(at)
            at = following
    return tree


@dataclass(frozen=True)
class Collator:
    """Makes a batch of examples what a model of transformers takes, and the answers beside it."""

    dtype: torch.dtype  # of the weights

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """Give tensors of one row; `labels` (1, m) are the tokens asked for, shifted already."""
        import torch

        tree = grown(examples)
        hidden = torch.from_numpy(~tree.seen())
        mask = torch.zeros(hidden.shape, dtype=self.dtype)
        answers = torch.tensor([tree.answers])
        return {
            "input_ids": torch.tensor([tree.tokens]),
            "position_ids": torch.from_numpy(tree.places())[None],
            "attention_mask": mask.masked_fill_(hidden, torch.finfo(self.dtype).min)[None, None],
            "logits_to_keep": torch.tensor(tree.asked, dtype=torch.long),
            "labels": answers,
            "shift_labels": answers,
        }


def loss(model: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Give the sum of the losses of all tokens of the answers of a batch, in float32."""
    from torch.nn.functional import cross_entropy

    logits = model(**_asked(batch)).logits[0]
    return cross_entropy(logits.float(), batch["labels"][0], reduction="sum")


def _asked(batch: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    wanted = ("input_ids", "position_ids", "attention_mask", "logits_to_keep")
    return {**{name: batch[name] for name in wanted}, "use_cache": False}


def check(model: Any, collator: Collator, examples: Sequence[Example]) -> None:
    """Hold what a model makes of two examples at once against what it makes of each alone.

    ConfigError where they differ: a model that looks back otherwise than by attention, or by
    another mask than it is given, cannot be tuned on trees.
    """
    import torch

    few = [{name: list(values)[-24:] for name, values in each.items()} for each in examples[:2]]
    with torch.no_grad():
        [both, *alone] = (_logits(model, collator(some)) for some in (few, *([one] for one in few)))
    if (both - torch.cat(alone)).abs().max() > TOLERANCE * both.abs().max():
        raise ConfigError(
            "stage train_student: the base model does not keep to the mask that it is given (it"
            " has a state or a window of its own), so examples cannot be trained on together here:"
            " name another base, or train by another trainer on what `realsyn export-examples`"
            " gives"
        )


def _logits(model: Any, batch: Mapping[str, torch.Tensor]) -> Any:
    moved = {
        name: values.to(model.device)
        for name, values in _asked(batch).items()
        if name != "use_cache"
    }
    return model(**moved, use_cache=False).logits[0].float()
