"""The embedded models, prepared once, and tiny random checkpoints made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.models.checkpoints import transformers_offline
from tests.models.support import load

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.fixture(scope="session")
def cache() -> Path:
    """The cache folder with all embedded models in it; what is there already is not redone."""
    from realsyn_tasks.models.makers import prepare

    prepare(cache_folder())
    return cache_folder()


@pytest.fixture(scope="session")
def conse(cache: Path) -> Any:
    return load("encoder", "conse", cache)


@pytest.fixture(scope="session")
def smollm(cache: Path) -> Any:
    return load("language_model", "transformers", cache)


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    """A byte-level tokenizer with control tokens and a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    transformers = transformers_offline()
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(["the cat sat on the mat and the dog ran"] * 4, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token=SPECIAL[1], eos_token=SPECIAL[2], pad_token=SPECIAL[2]
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


@pytest.fixture(scope="session")
def tiny_llama(tiny_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised Llama with grouped query heads, as a checkpoint folder."""
    import torch

    transformers = transformers_offline()
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tiny_tokenizer),
        hidden_size=36,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.4,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    folder = tmp_path_factory.mktemp("tiny-llama")
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_language_model(tiny_llama: Path) -> Any:
    options = {"checkpoint": str(tiny_llama), "dtype": "float32", "batch_size": 4}
    return load("language_model", "transformers", tiny_llama.parent / "cache", **options)
