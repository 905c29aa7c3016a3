"""Tiny checkpoints with random weights, one for each library that loads some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from realsyn_tasks.models._torchvision import import_torchvision
from realsyn_tasks.models.checkpoints import transformers_offline

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CLIP: dict[str, Any] = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
SIGLIP = {  # no mask, the last of all tokens, pictures squashed
    **CLIP,
    "custom_text": True,
    "text_cfg": {**CLIP["text_cfg"], "no_causal_mask": True, "pool_type": "last"},
}
EVA = {  # a tower of timm's beside a text tower of its own
    "embed_dim": 24,
    "vision_cfg": {
        "image_size": 224,
        "timm_model_name": "eva02_tiny_patch14_224",
        "timm_pool": "token",
        "timm_proj": "linear",
    },
    "text_cfg": CLIP["text_cfg"],
    "custom_text": True,
}
VISION = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 8,
}


def tokenizer() -> Any:
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
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token=SPECIAL[1], eos_token=SPECIAL[2], pad_token=SPECIAL[2]
    )
    made.chat_template = TEMPLATE
    return made


def language_model(folder: Path, words: Any) -> Path:
    """A Llama with grouped query heads."""
    hub = _seeded()
    config = hub.LlamaConfig(
        vocab_size=len(words),
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
    hub.LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def scoring_model(folder: Path) -> Path:
    """A GPT-2 as the paper judges by: its tokenizer has no chat template."""
    hub, words = _seeded(), tokenizer()
    words.chat_template = None
    config = hub.GPT2Config(
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=256,
        vocab_size=len(words),
        initializer_range=0.5,
        bos_token_id=0,
        eos_token_id=0,
    )
    hub.GPT2LMHeadModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def captioner(folder: Path, words: Any) -> Path:
    """A vision transformer that a GPT-2 looks at, as image captioners are saved."""
    hub = _seeded()
    vision = hub.ViTConfig(**VISION, initializer_range=0.5)
    text = hub.GPT2Config(
        n_embd=32, n_layer=2, n_head=2, vocab_size=len(words), initializer_range=0.5
    )
    config = hub.VisionEncoderDecoderConfig.from_encoder_decoder_configs(vision, text)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 1, 2, 2
    model = hub.VisionEncoderDecoderModel(config)
    model.generation_config.decoder_start_token_id = 1
    model.generation_config.pad_token_id = model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    _save_image_processor(folder)
    return folder


def scorer(folder: Path) -> Path:
    """An image classifier of three labels."""
    hub = _seeded()
    labels = {0: "normal", 1: "nsfw", 2: "drawing"}
    config = hub.ViTConfig(**VISION, initializer_range=0.5, id2label=labels)
    hub.ViTForImageClassification(config).save_pretrained(folder)
    _save_image_processor(folder)
    return folder


def reranker(folder: Path, words: Any, labels: int = 1) -> Path:
    """A BERT that reads two texts, each behind a token that says so."""
    from tokenizers.processors import TemplateProcessing

    hub = _seeded()
    config = hub.BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=128,
        initializer_range=0.4,
        pad_token_id=2,
        num_labels=labels,
    )
    hub.BertForSequenceClassification(config).save_pretrained(folder)
    words.save_pretrained(folder)
    pairs = hub.AutoTokenizer.from_pretrained(folder)
    pairs.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A",
        pair="<|im_start|> $A <|im_end|>:1 $B:1",
        special_tokens=[("<|im_start|>", 1), ("<|im_end|>", 2)],
    )
    pairs.save_pretrained(folder)
    return folder


def ram_plus(folder: Path) -> Path:
    """RAM++ as it is published: a .pth by the authors' names, a tag list and its thresholds."""
    import torch

    torch.manual_seed(0)
    torch.save({"model": ram_plus_weights()}, folder / "ram_plus_tiny.pth")
    names = "dog,cat,sea,tree,car,snow,house,bird,hill,boat,cup,road".split(",")
    (folder / "ram_tag_list.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    least = [0.45 + 0.01 * place for place in range(len(names))]
    (folder / "ram_tag_list_threshold.txt").write_text("\n".join(map(str, least)) + "\n")
    return folder


def ram_plus_weights(tags: int = 12, descriptions: int = 3, width: int = 20) -> dict[str, Any]:
    """Two stages of a Swin of windows of 4, and a decoder of two layers, 16 wide."""
    import torch

    shapes: dict[str, tuple[int, ...]] = {
        "label_embed": (tags * descriptions, width),
        "reweight_scale": (),
        **_linear("visual_encoder.patch_embed.proj", 8, 3, 4, 4),
        **_norm("visual_encoder.patch_embed.norm", 8),
        **_swin_block("visual_encoder.layers.0.blocks.0", 8, 2),
        **_swin_block("visual_encoder.layers.0.blocks.1", 8, 2),
        **_norm("visual_encoder.layers.0.downsample.norm", 32),
        "visual_encoder.layers.0.downsample.reduction.weight": (16, 32),
        **_swin_block("visual_encoder.layers.1.blocks.0", 16, 4),
        **_norm("visual_encoder.norm", 16),
        **_linear("image_proj", width, 16),
        **_linear("wordvec_proj", 16, width),
        **_linear("fc", 1, 16),
    }
    for layer in range(2):
        shapes |= _asking_layer(f"tagging_head.encoder.layer.{layer}", width)
    state = {name: torch.randn(shape) * 0.5 for name, shape in shapes.items()}
    state["label_embed"] = torch.nn.functional.normalize(state["label_embed"], dim=-1)
    state["reweight_scale"] = torch.tensor(2.66)
    state["visual_encoder.layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(16, 16)
    state["visual_encoder.layers.0.blocks.1.attn_mask"] = torch.zeros(4, 16, 16)
    return state


def _swin_block(name: str, width: int, heads: int) -> dict[str, tuple[int, ...]]:
    return {
        **_norm(f"{name}.norm1", width),
        f"{name}.attn.relative_position_bias_table": (49, heads),
        **_linear(f"{name}.attn.qkv", 3 * width, width),
        **_linear(f"{name}.attn.proj", width, width),
        **_norm(f"{name}.norm2", width),
        **_linear(f"{name}.mlp.fc1", 4 * width, width),
        **_linear(f"{name}.mlp.fc2", width, 4 * width),
    }


def _asking_layer(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {
        **_linear(f"{name}.crossattention.self.query", 16, 16),
        **_linear(f"{name}.crossattention.self.key", 16, width),
        **_linear(f"{name}.crossattention.self.value", 16, width),
        **_linear(f"{name}.crossattention.output.dense", 16, 16),
        **_norm(f"{name}.crossattention.output.LayerNorm", 16),
        **_linear(f"{name}.intermediate.dense", 48, 16),
        **_linear(f"{name}.output.dense", 16, 48),
        **_norm(f"{name}.output.LayerNorm", 16),
    }


def _linear(name: str, out: int, *given: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, *given), f"{name}.bias": (out,)}


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def clip(folder: Path, architecture: dict[str, Any] = CLIP, **preprocessing: Any) -> Path:
    """A CLIP as open_clip saves it: configuration and weights; tiny.json is the architecture."""
    import torch

    import_torchvision()
    import open_clip

    torch.manual_seed(0)
    told = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], **preprocessing}
    about = {"model_cfg": architecture, "preprocess_cfg": told}
    (folder / "open_clip_config.json").write_text(json.dumps(about))
    (folder / "tiny.json").write_text(json.dumps(architecture))
    open_clip.add_model_config(folder / "tiny.json")
    model = open_clip.create_model("tiny")
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder


def _seeded() -> Any:
    import torch

    torch.manual_seed(0)
    return transformers_offline()


def _save_image_processor(folder: Path) -> None:
    hub = transformers_offline()
    hub.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
