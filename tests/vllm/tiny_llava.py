"""A LLaVA of 0.2M random parameters: small, but with every part of a real one."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.models.checkpoints import transformers_offline
from tests.models.checkpoints import tokenizer

SIDE, PATCH = 32, 8
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>' }}"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def make(folder: Path) -> Path:
    """Write it with its processor; heads are as wide as vLLM's kernels want them."""
    import torch

    hub = transformers_offline()
    torch.manual_seed(0)
    words = tokenizer()
    words.add_special_tokens({"additional_special_tokens": ["<image>"]})
    words.chat_template = TEMPLATE
    vision = hub.CLIPVisionConfig(
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=PATCH,
        projection_dim=64,
    )
    text = hub.LlamaConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    config = hub.LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
    )
    hub.LlavaForConditionalGeneration(config).save_pretrained(folder)
    _named_as_published(folder / "model.safetensors")
    side = {"height": SIDE, "width": SIDE}
    images = hub.CLIPImageProcessor(size=side, crop_size=side)
    hub.LlavaProcessor(
        image_processor=images,
        tokenizer=words,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    return folder


def _named_as_published(weights: Path) -> None:
    """Name the parts of the tower as the hub's checkpoints do, which both libraries read."""
    from safetensors.torch import load_file, save_file

    tower = "vision_tower."
    named = {
        name.replace(tower, f"{tower}vision_model."): part
        for name, part in load_file(weights).items()
    }
    save_file(named, weights, {"format": "pt"})
