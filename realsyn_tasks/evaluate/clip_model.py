"""A CLIP of open_clip with random weights, and as a checkpoint: a folder that open_clip loads.

open_clip_config.json       architecture and preprocessing
open_clip_model.safetensors weights, float32
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from realsyn_tasks.models import threads
from realsyn_tasks.models._torchvision import import_torchvision
from realsyn_tasks.models.checkpoints import hub_options, transformers_offline

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"


def describe(architecture: Mapping[str, Any], folder: Path) -> Path:
    """Write what a model is into a new folder, with its tokenizer where that is not open_clip's."""
    import_torchvision()
    import open_clip

    folder.mkdir(parents=True)
    told = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    about = {"model_cfg": dict(architecture), "preprocess_cfg": told}
    (folder / CONFIG).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    if name := architecture["text_cfg"].get("hf_tokenizer_name"):
        words = transformers_offline().AutoTokenizer.from_pretrained(name, **hub_options())
        words.save_pretrained(folder)
    return folder


def create(folder: Path, seed: int, checkpointing: bool = False) -> tuple[Any, Any, Any]:
    """Give the model, with weights drawn by the seed, its preprocessing and its tokenizer."""
    threads.settle()
    import_torchvision()
    import open_clip
    import torch
    from open_clip.transform import PreprocessCfg, image_transform_v2

    torch.manual_seed(seed)
    name = f"local-dir:{folder}"
    with _quiet():
        model = open_clip.create_model(
            name, load_weights=False, pretrained_text=False, output_dict=True
        )
    if checkpointing:
        model.set_grad_checkpointing()
    told = PreprocessCfg(**model.visual.preprocess_cfg)
    prepare = image_transform_v2(told, is_train=False)
    return model, prepare, open_clip.get_tokenizer(name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep open_clip from warning that there are no weights, which is as it should be."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def save(model: Any, folder: Path) -> None:
    """Write the weights beside what the model is."""
    from safetensors.torch import save_file

    state = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    save_file(state, folder / WEIGHTS)
