"""`make models`: turns the weights that packages carry into what the backends load.

Done once per machine, into the cache folder: the classifier and the sentence encoder as ONNX with
the class vectors and means of the `conse` encoder, and the language model as bfloat16 safetensors
instead of 4-bit GGUF. Cross-encoder, text detector
and safety scorer are run as they are packaged.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.models import classifier, prepared, sentences, threads
from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.models.recipes import (
    CONSE,
    MS_MARCO,
    OPEN_NSFW,
    PADDLE_DETECTOR,
    RECIPES,
    SMOLLM2,
)


def prepare(cache: Path, names: Sequence[str] = ()) -> None:
    """Make the prepared models that are missing or outdated; all of them, or those named.

    A model appears whole or not at all; what is current already is left alone.
    """
    wanted = [recipe for recipe in RECIPES if not names or recipe.name in names]
    due = [recipe.name for recipe in wanted if not prepared.is_made(cache, recipe)]
    made = dict(_prepare_all(cache, due)) if due else {}
    for recipe in wanted:
        state = "prepared" if made.get(recipe.name) else "is prepared already"
        print(f"model {recipe.name} {state}", file=sys.stderr)


def _prepare_all(cache: Path, names: Sequence[str]) -> list[tuple[str, bool]]:
    """Make models side by side; say of each whether it had to be made."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=len(names), mp_context=spawn) as pool:
        return list(zip(names, pool.map(_prepare, [cache] * len(names), names), strict=True))


def _prepare(cache: Path, name: str) -> bool:
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    return prepared.prepare(cache, recipe, MAKERS[name])


def make_conse(sources: Mapping[str, Path], folder: Path) -> None:
    """Export both towers and embed the classes."""
    _export_classifier(sources["classifier"], folder / "classifier.onnx")
    _export_sentences(sources["sentences"].parent, folder / "sentences.onnx")
    (folder / "tokenizer.json").write_bytes(sources["tokenizer"].read_bytes())
    names, descriptions = read_classes(sources["names"], sources["descriptions"])
    (folder / "labels.json").write_text(json.dumps(names, indent=0), encoding="utf-8")
    embedded = embed_classes(folder, names, descriptions)
    np.savez(folder / "classes.npz", allow_pickle=False, **embedded)


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

    hub = transformers_offline()

    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = hub.BertModel.from_pretrained(model, attn_implementation="eager")

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.bert(ids, mask, torch.zeros_like(ids)).last_hidden_state
            return states

    ids = torch.ones(2, 16, dtype=torch.int64)
    _export(States(), (ids, ids), path, ["ids", "mask"], "states", axes=2)


def _export(
    module: Any,
    example: tuple[object, ...],
    path: Path,
    inputs: list[str],
    output: str,
    axes: int = 1,
) -> None:
    """Export a module with its first axes left open."""
    import warnings

    import torch

    threads.settle()
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

    hub = transformers_offline()
    gguf = sources["weights"]
    where = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    unpacked = hub.GgufConfig(dequantize=True)
    model = hub.AutoModelForCausalLM.from_pretrained(
        **where, quantization_config=unpacked, dtype=torch.bfloat16
    )
    model.save_pretrained(folder)
    hub.AutoTokenizer.from_pretrained(**where).save_pretrained(folder)


def copy_sources(sources: Mapping[str, Path], folder: Path) -> None:
    """Copy models that packages carry in the form in which they are run."""
    for source in sources.values():
        (folder / (source.name if source.suffix == ".json" else "model.onnx")).write_bytes(
            source.read_bytes()
        )


MAKERS: dict[str, Callable[[Mapping[str, Path], Path], None]] = {
    CONSE.name: make_conse,
    SMOLLM2.name: make_smollm2,
    MS_MARCO.name: copy_sources,
    PADDLE_DETECTOR.name: copy_sources,
    OPEN_NSFW.name: copy_sources,
}
