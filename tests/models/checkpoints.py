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
