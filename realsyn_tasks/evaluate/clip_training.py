"""How a CLIP is trained and asked, as a protocol says it: the paper's Table 7 where it is silent.

What the paper leaves open is as the code of its authors' neighbours has it, and is said so.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError

CONFIGS = "model_configs"  # folder of open_clip's package
Precision = Literal["fp32", "amp_bf16", "amp_fp16"]


class Training(Frozen):
    """How a model is trained; it begins with random weights."""

    model: str = "ViT-B-32"  # an architecture of open_clip, or a JSON file that describes one
    # what that says; filled in when an evaluation is opened
    architecture: dict[str, Any] = Field(default_factory=dict)
    epochs: float = Field(default=32.0, gt=0)
    steps: int = Field(default=0, ge=0)  # 0: by the epochs
    batch_size: int = Field(default=4096, ge=2)  # pairs of a step, on all devices together
    learning_rate: float = Field(default=1e-3, gt=0)  # the highest
    warmup: float = Field(default=0.1, gt=0, lt=1)  # share of the steps until then (pct_start)
    weight_decay: float = Field(default=0.2, ge=0)  # not of biases, norms and the temperature
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.98, ge=0, lt=1)
    epsilon: float = Field(default=1e-6, gt=0)
    cycle_momentum: bool = False  # OneCycleLR's own default would put .95 to .85 in place of beta1
    longest_gradient: float | None = Field(default=1.0, gt=0)  # the paper is silent
    precision: Precision = "amp_bf16"
    crop_area: tuple[float, float] = (0.7, 1.0)  # shares of a picture; the paper is silent
    crop_aspect: tuple[float, float] = (0.8, 1.25)  # width by height
    flipped: float = Field(default=0.5, ge=0, le=1)  # share of pictures
    shuffled: int = Field(default=2000, ge=1)  # pictures that wait in memory to be drawn
    checkpointing: bool = False  # of gradients: less memory, more time
    devices: int = Field(default=0, ge=0)  # of one machine; 0: all GPUs there are, or one CPU
    workers: int = Field(default=0, ge=0)  # threads of a device that prepare pictures
    save_steps: int = Field(default=1000, ge=1)


class Asking(Frozen):
    """How a trained model is asked."""

    precision: Precision = "fp32"
    batch_size: int = Field(default=64, ge=1)
    caption: str = "{}"  # that a caption is put into, for retrieval
    strengths: tuple[float, ...] = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4)  # C of linear probes
    held_out: float = Field(default=0.2, gt=0, lt=1)  # of what a probe learns from, to choose C


def described(training: Training) -> Training:
    """Fill in what the architecture is; ConfigError if there is none of that name."""
    if training.architecture:
        return training
    return training.model_copy(update={"architecture": _architecture(training.model)})


def _architecture(model: str) -> dict[str, Any]:
    path = Path(model) if model.endswith(".json") else _known(model)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"training.model {model}: {error}") from None
    if not isinstance(said, dict) or not {"embed_dim", "vision_cfg", "text_cfg"} <= said.keys():
        raise ConfigError(
            f"training.model {model} is no architecture of open_clip: it needs embed_dim,"
            " vision_cfg and text_cfg"
        )
    return said


def _known(model: str) -> Path:
    """Find an architecture of open_clip by name, without importing it, which takes seconds."""
    from realsyn_tasks.core import closed

    package = find_spec("open_clip")
    if package is None or package.origin is None:
        raise ConfigError("open_clip is not installed; run `make setup`")
    folder = Path(package.origin).parent / CONFIGS
    closed.require(model, [p.stem for p in folder.glob("*.json")], "training.model", what="model")
    return folder / f"{model}.json"
