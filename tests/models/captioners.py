"""Tiny captioners with random weights, one of each family, as their authors' are saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from realsyn_tasks.models.checkpoints import transformers_offline
from tests.models.checkpoints import VISION, _seeded, tokenizer

SPREAD = 0.4
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in"
    " message['content'] %}{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}"
    "{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SIZE = {"height": 32, "width": 32}
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
}
ENDS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def blip(folder: Path) -> Path:
    """A vision transformer that a BERT looks at."""
    hub, words = _seeded(), _words()
    text = {"encoder_hidden_size": 32, "sep_token_id": 2, "vocab_size": len(words), **ENDS}
    config = hub.BlipConfig(
        text_config={**TEXT, **text, "initializer_range": SPREAD, "projection_dim": 16},
        vision_config={**VISION, "initializer_range": SPREAD},
        projection_dim=16,
    )
    images = hub.BlipImageProcessor(size=SIZE)
    return _saved(folder, hub.BlipForConditionalGeneration(config), images, words)


def blip_2(folder: Path) -> Path:
    """A vision transformer, a Q-Former and an OPT."""
    hub, words = _seeded(), _words("<image>", named=False)
    text: dict[str, Any] = {"model_type": "opt", "word_embed_proj_dim": 32, "ffn_dim": 48}
    text |= {"max_position_embeddings": 128, "vocab_size": len(words), "init_std": SPREAD}
    former: dict[str, Any] = {
        "encoder_hidden_size": 32,
        "vocab_size": 8,
        "initializer_range": SPREAD,
    }
    config = hub.Blip2Config(
        vision_config={**VISION, "initializer_range": SPREAD},
        qformer_config={**TEXT, **former},
        text_config={**TEXT, **ENDS, **text},
        num_query_tokens=3,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    images = hub.BlipImageProcessor(size=SIZE)
    processor = hub.Blip2Processor(images, words, num_query_tokens=3)
    return _saved(folder, hub.Blip2ForConditionalGeneration(config), processor)


def blip_2_t5(folder: Path) -> Path:
    """The same before a T5, which answers in a decoder of its own."""
    hub, words = _seeded(), _words("<image>", named=False)
    text: dict[str, Any] = {"model_type": "t5", "d_model": 32, "d_kv": 16, "d_ff": 48}
    text |= {"num_layers": 2, "num_heads": 2, "vocab_size": len(words)}
    text |= {"decoder_start_token_id": 0, "feed_forward_proj": "gated-gelu"}
    former = {"encoder_hidden_size": 32, "vocab_size": 8, "initializer_range": SPREAD}
    config = hub.Blip2Config(
        vision_config={**VISION, "initializer_range": SPREAD},
        qformer_config={**TEXT, **former},
        text_config={**ENDS, **text},
        num_query_tokens=3,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    images = hub.BlipImageProcessor(size=SIZE)
    processor = hub.Blip2Processor(images, words, num_query_tokens=3)
    return _saved(folder, hub.Blip2ForConditionalGeneration(config), processor)


def git(folder: Path) -> Path:
    """A CLIP tower and a text model that has its tokens before the text's."""
    hub, words = _seeded(), _words()
    text = {"vocab_size": len(words), "max_position_embeddings": 128}
    config = hub.GitConfig(
        vision_config={**VISION, "initializer_range": SPREAD},
        initializer_range=SPREAD,
        **{**TEXT, **ENDS, **text},
    )
    images = hub.CLIPImageProcessor(size=SIZE, crop_size=SIZE)
    return _saved(folder, hub.GitForCausalLM(config), images, words)


def florence_2(folder: Path) -> Path:
    """A DaViT and a BART, asked by tasks."""
    hub, words = _seeded(), _words("<image>")
    text: dict[str, Any] = {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "init_std": SPREAD,
    }
    text |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 48}
    text |= {"decoder_ffn_dim": 48, "vocab_size": len(words), "max_position_embeddings": 256}
    text |= {"model_type": "bart", "decoder_start_token_id": 2, "forced_eos_token_id": 2}
    vision: dict[str, Any] = {
        "depths": [1, 1],
        "embed_dim": [16, 32],
        "num_heads": [2, 2],
        "num_groups": [2, 2],
    }
    vision |= {"patch_size": [7, 3], "patch_stride": [4, 2], "patch_padding": [3, 1]}
    vision |= {"patch_prenorm": [False, True], "window_size": 4, "projection_dim": 32}
    config = hub.Florence2Config(
        text_config={**ENDS, **text},
        vision_config=vision,
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    images = hub.CLIPImageProcessor(size=SIZE, crop_size=SIZE)
    images.image_seq_length = 17
    processor = hub.Florence2Processor(images, words, post_processor_config=_PARSING)
    return _saved(folder, hub.Florence2ForConditionalGeneration(config), processor)


_PARSING: dict[str, Any] = {"pure_text": {}}


def llava(folder: Path) -> Path:
    """A CLIP tower and a Llama that chats."""
    hub, words = _seeded(), _words("<image>")
    config = hub.LlavaConfig(
        vision_config={**VISION, "model_type": "clip_vision_model"},
        text_config={**TEXT, **ENDS, "model_type": "llama", "vocab_size": len(words)},
        image_token_index=words.convert_tokens_to_ids("<image>"),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    processor = hub.LlavaProcessor(
        hub.CLIPImageProcessor(size=SIZE, crop_size=SIZE),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT.replace("IMAGE", "<image>"),
    )
    return _saved(folder, hub.LlavaForConditionalGeneration(config), processor)


def idefics_3(folder: Path) -> Path:
    """SmolVLM's family: a SigLIP tower that sees a picture in tiles, and a Llama that chats."""
    hub, words = _seeded(), _words("<image>")
    processor = hub.Idefics3Processor(
        hub.Idefics3ImageProcessor(
            size={"longest_edge": 64}, max_image_size={"longest_edge": VISION["image_size"]}
        ),
        words,
        image_seq_len=4,
        chat_template=CHAT.replace("IMAGE", "<image>"),
    )
    config = hub.Idefics3Config(
        vision_config=VISION,
        text_config={**TEXT, **ENDS, "model_type": "llama", "vocab_size": len(words)},
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
    )
    return _saved(folder, hub.Idefics3ForConditionalGeneration(config), processor)


def qwen_2_vl(folder: Path) -> Path:
    """A vision transformer for pictures of any shape, and a Qwen 2 that chats."""
    hub = _seeded()
    marks = ("<|vision_start|>", "<|image_pad|>", "<|video_pad|>", "<|vision_end|>")
    words = _words(*marks)
    start, image, video, end = (words.convert_tokens_to_ids(mark) for mark in marks)
    text = {"vocab_size": len(words), "max_position_embeddings": 1024}
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10_000.0}
    config = hub.Qwen2VLConfig(
        text_config={**TEXT, **ENDS, **text, "rope_parameters": rope, "rope_scaling": rope},
        vision_config={
            "depth": 2,
            "embed_dim": 32,
            "hidden_size": 32,
            "num_heads": 2,
            "mlp_ratio": 2,
            "patch_size": 8,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=start,
        vision_end_token_id=end,
    )
    asked = f"{marks[0]}{marks[1]}{marks[3]}"
    bounds = {"min_pixels": 32 * 32, "max_pixels": 64 * 64, "patch_size": 8}
    processor = hub.Qwen2VLProcessor(
        hub.Qwen2VLImageProcessor(**bounds),
        words,
        hub.Qwen2VLVideoProcessor(**bounds),
        chat_template=CHAT.replace("IMAGE", asked),
    )
    return _saved(folder, hub.Qwen2VLForConditionalGeneration(config), processor)


FAMILIES: dict[str, Callable[[Path], Path]] = {
    "blip": blip,
    "blip-2": blip_2,
    "blip-2-t5": blip_2_t5,
    "git": git,
    "florence-2": florence_2,
    "llava": llava,
    "idefics3": idefics_3,
    "qwen2-vl": qwen_2_vl,
}


def _words(*extra: str, named: bool = True) -> Any:
    """A tokenizer that knows some tokens more; the first three are pad, begin and end."""
    from tokenizers.processors import TemplateProcessing

    raw = tokenizer().backend_tokenizer
    raw.add_special_tokens(list(extra))
    if not extra:  # as BERT's, which BLIP and GIT have
        ends = [("<|im_start|>", 1), ("<|im_end|>", 2)]
        raw.post_processor = TemplateProcessing(
            single="<|im_start|> $A <|im_end|>", special_tokens=ends
        )
    by_name = {"image_token": "<image>"} if named and "<image>" in extra else list(extra)
    return transformers_offline().PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<|endoftext|>",
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        sep_token="<|im_end|>",
        extra_special_tokens=by_name,
    )


def _saved(folder: Path, model: Any, *parts: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    _spread(model)
    model.save_pretrained(folder)
    for part in parts:
        part.save_pretrained(folder)
    return folder


def _spread(model: Any) -> None:
    """Draw weights so far apart that pictures make a difference to what is said."""
    import torch

    torch.manual_seed(1)
    for name, weight in model.named_parameters():
        if weight.dim() > 1 and "norm" not in name.lower():
            torch.nn.init.normal_(weight, std=SPREAD)
