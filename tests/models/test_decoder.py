"""Rows that come and go change nothing: each answer is that of its prompt alone."""

from __future__ import annotations

import random
from typing import Any

import pytest

from realsyn_tasks.models import attention
from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.models.decoder import Decoder, likeliest


@pytest.fixture(scope="module")
def model(tiny_llama: Any) -> Any:
    transformers = transformers_offline()
    return transformers.AutoModelForCausalLM.from_pretrained(
        tiny_llama, attn_implementation=attention.register()
    ).eval()


def prompts(count: int, common: int = 5) -> list[list[int]]:
    source = random.Random(count)
    begin = [source.randrange(3, 250) for _ in range(common)]
    lengths = [source.randrange(1, 30) for _ in range(count)]
    return [begin + [source.randrange(3, 250) for _ in range(length)] for length in lengths]


def generated_alone(model: Any, prompt: list[int], limit: int, ends: set[int]) -> list[int]:
    """The library's own greedy generation of one prompt, with its own attention."""
    import torch

    with torch.inference_mode():
        found = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
            max_new_tokens=limit,
            do_sample=False,
            eos_token_id=sorted(ends),
        )
    answer: list[int] = found[0, len(prompt) :].tolist()
    return answer


@pytest.mark.parametrize(
    ("count", "common", "width"), [(1, 5, 4), (23, 5, 4), (9, 0, 3), (6, 2, 64)]
)
def test_answers_are_those_of_each_prompt_alone(
    model: Any, tiny_llama: Any, count: int, common: int, width: int
) -> None:
    plain = transformers_offline().AutoModelForCausalLM.from_pretrained(
        tiny_llama, attn_implementation="eager"
    )
    asked = prompts(count, common)
    ends = set(range(60))  # many, so that answers differ in length
    found = Decoder(model, ends, width).answers(asked, 24)
    assert found == [generated_alone(plain, prompt, 24, ends) for prompt in asked]
    assert count < 5 or len({len(answer) for answer in found}) > 2


def test_no_prompts_no_answers(model: Any) -> None:
    assert Decoder(model, {2}, 4).answers([], 10) == []


def test_a_limit_of_zero_gives_empty_answers(model: Any) -> None:
    assert Decoder(model, {2}, 4).answers(prompts(3), 0) == [[], [], []]


def test_answers_stop_at_the_limit(model: Any) -> None:
    found = Decoder(model, {-1}, 2).answers(prompts(5), 7)
    assert [len(answer) for answer in found] == [7] * 5


def test_the_likeliest_token_is_the_first_of_equal_ones() -> None:
    """As torch has it, which decides on a GPU."""
    import torch

    logits = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], dtype=torch.bfloat16)
    assert likeliest(logits).tolist() == logits.argmax(dim=1).tolist() == [1, 0]


@pytest.mark.parametrize("masked", [False, True])
def test_grouped_attention_is_attention(masked: bool) -> None:
    import torch

    torch.manual_seed(0)
    query = torch.randn(2, 6, 5, 8)
    key, value = torch.randn(2, 2, 9, 8), torch.randn(2, 2, 9, 8)
    mask = torch.randn(2, 1, 5, 9).where(torch.rand(2, 1, 5, 9) > 0.3, -1e9) if masked else None
    found, _ = attention.grouped_attention(None, query, key, value, mask, scaling=0.3)
    wanted = torch.nn.functional.scaled_dot_product_attention(
        query, key.repeat_interleave(3, 1), value.repeat_interleave(3, 1), mask, scale=0.3
    )
    torch.testing.assert_close(found, wanted.transpose(1, 2), atol=1e-5, rtol=1e-4)
