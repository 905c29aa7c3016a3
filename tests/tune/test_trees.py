"""A tree of examples computes what its examples would alone, and less."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.tune import trees

START = [5, 6, 7, 8]


def example(question: list[int], answer: list[int]) -> dict[str, list[int]]:
    mask = [0] * len(question) + [1] * len(answer)
    return {"input_ids": [*question, *answer], "completion_mask": mask}


EXAMPLES = [
    example([*START, 9, 10], [11, 12, 2]),
    example([*START, 9, 13, 14], [11, 2]),
    example([*START, 9, 10], [11, 15, 16, 2]),  # begins its answer as the first does
    example([17, 18, 19], [20, 2]),
]


@pytest.fixture(scope="module")
def model(tiny_llama: Path) -> Any:
    return transformers_offline().AutoModelForCausalLM.from_pretrained(
        tiny_llama, dtype=torch.float32
    )


def losses_alone(model: Any, one: dict[str, list[int]]) -> torch.Tensor:
    tokens = torch.tensor([one["input_ids"]])
    logits = model(input_ids=tokens).logits[0, :-1]
    wanted = torch.tensor(one["completion_mask"][1:], dtype=torch.bool)
    return torch.nn.functional.cross_entropy(logits[wanted], tokens[0, 1:][wanted], reduction="sum")


def test_a_token_that_examples_begin_with_is_there_once() -> None:
    tree = trees.grown(EXAMPLES)
    assert len(tree.tokens) < sum(len(each["input_ids"]) for each in EXAMPLES) - 10
    assert tree.tokens.count(5) == 1
    assert len(tree.answers) == 3 + 2 + 4 + 2, "answers count as often as examples have them"
    assert tree.places()[tree.tokens.index(10)] == 5


def test_a_token_sees_its_own_example_alone() -> None:
    tree = trees.grown(EXAMPLES)
    seen = [tree.tokens[place] for place in tree.seen()[tree.tokens.index(14)].nonzero()[0]]
    assert seen == [*START, 9, 13, 14]


def test_losses_and_gradients_are_those_of_the_examples_alone(model: Any) -> None:
    alone = sum(losses_alone(model, each) for each in EXAMPLES)
    alone.backward()
    gradients = [each.grad.clone() for each in model.parameters()]
    model.zero_grad()
    together = trees.loss(model, trees.Collator(torch.float32)(EXAMPLES))
    together.backward()
    assert together.item() == pytest.approx(alone.item(), rel=1e-5)
    for mine, theirs in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(mine.grad, theirs, rtol=1e-3, atol=1e-4)


def test_a_model_that_keeps_to_the_mask_is_taken(model: Any) -> None:
    trees.check(model, trees.Collator(torch.float32), EXAMPLES)


def test_a_model_that_sees_more_than_the_mask_says_is_refused(model: Any) -> None:
    class Unmasked:
        device = model.device

        def __call__(self, attention_mask: torch.Tensor, **given: Any) -> SimpleNamespace:
            every = torch.zeros_like(attention_mask)
            return SimpleNamespace(logits=model(attention_mask=every, **given).logits)

    with pytest.raises(ConfigError, match="does not keep to the mask"):
        trees.check(Unmasked(), trees.Collator(torch.float32), EXAMPLES)
