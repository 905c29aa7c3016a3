"""Packed layers compute what they did before, and only what can be packed is."""

from __future__ import annotations

from typing import Any

import pytest

from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.models.packed import pack_linear_layers


def small_model(dtype: str, tied: bool = True) -> Any:
    import torch

    transformers = transformers_offline()
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=96,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        attention_bias=True,
        tie_word_embeddings=tied,
    )
    return transformers.LlamaForCausalLM(config).to(getattr(torch, dtype)).eval()


def logits(model: Any, rows: int, length: int) -> Any:
    import torch

    torch.manual_seed(rows)
    with torch.inference_mode():
        return model(torch.randint(0, 96, (rows, length))).logits


@pytest.mark.parametrize("tied", [True, False])
def test_the_answers_stay(tied: bool) -> None:
    import torch

    model = small_model("bfloat16", tied)
    sizes = [(1, 1), (3, 7), (65, 1)]
    before = [logits(model, *size) for size in sizes]
    packed = pack_linear_layers(model)
    if not packed:
        pytest.skip("this CPU does not multiply bfloat16")
    assert packed == 2 * 7 + 1
    for size, expected in zip(sizes, before, strict=True):
        torch.testing.assert_close(logits(model, *size), expected)
    assert (model.lm_head.weight is None) is not tied
    assert model.get_input_embeddings().weight is not None


def test_what_cannot_be_packed_is_left_alone() -> None:
    model = small_model("float32")
    assert pack_linear_layers(model) == 0
    assert model.model.layers[0].mlp.up_proj.weight is not None
