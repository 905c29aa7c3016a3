"""Scores of vectors by a small head of layers, as LAION tells what is unsafe by CLIP's vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import protocols
from realsyn_tasks.models.digests import SHORT, cached_sha256
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity

PLACE = ("weights",)  # an option that the content stands for
Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


class LinearHeadScorer:
    """Layers with ReLU between them, and one answer at last, by a sigmoid unless said otherwise.

    The file, .npz or .safetensors, has arrays weight.0 (dim, width), bias.0 (width,), weight.1 ...,
    the last of width one. A head belongs to the encoder whose vectors it was taught with.
    """

    class Options(protocols.Options):
        """Where the weights are, and whose vectors they are for."""

        weights: str
        encoder: str = ""  # beginning of the identity of the encoder it belongs to; empty: any
        answer: Literal["sigmoid", "identity"] = "sigmoid"

    Running = protocols.Running
    needs = ("encoder",)

    def __init__(
        self, options: Options, running: protocols.Running, cache: Path, encoder: Any
    ) -> None:
        self._options = options
        self._layers = read_layers(Path(options.weights))
        if encoder.dim != len(self._layers[0][0]):
            raise ConfigError(
                f"{options.weights} is for vectors of {len(self._layers[0][0])} numbers, and the"
                f" encoder {encoder.identity} gives {encoder.dim}: name the head of this encoder"
            )

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its weights and its encoder; ConfigError if that is another one."""
        path = Path(options.weights)
        if not path.is_file():
            raise ConfigError(f"there is no file {path}: get it again, or correct `weights`")
        (encoder,) = beside
        if not encoder.startswith(options.encoder):
            raise ConfigError(
                f"{path} is for vectors of {options.encoder}, and the encoder of this run is"
                f" {encoder}: name the head of that one, or the encoder of this"
            )
        digest = cached_sha256(path, cache)[:SHORT]
        return Identity(f"{path.stem}-{digest}{changes(options, PLACE)}-of-{encoder}")

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give one score per row of (n, dim); (n,) float64."""
        values = vectors.astype(np.float64)
        for number, (weight, bias) in enumerate(self._layers):
            # Row by row, so that no row's sum depends on how many others there are.
            rows = [row @ weight for row in values]
            values = np.reshape(rows, (len(rows), len(bias))) + bias
            values = np.maximum(values, 0.0) if number + 1 < len(self._layers) else values
        last: NDArray[np.float64] = values[:, 0]
        return last if self._options.answer == "identity" else 1 / (1 + np.exp(-last))


def read_layers(path: Path) -> list[Layer]:
    """Read the layers of a head, first to last; ConfigError for a file that is none."""
    arrays = _arrays(path)
    layers: list[Layer] = []
    while (weight := arrays.get(f"weight.{len(layers)}")) is not None:
        bias = arrays.get(f"bias.{len(layers)}")
        wide = len(layers[-1][1]) if layers else len(weight)
        if bias is None or weight.ndim != 2 or weight.shape != (wide, len(bias)):
            raise ConfigError(
                f"{path}: layer {len(layers)} does not fit the one before, or its bias"
            )
        layers.append((weight, bias))
    if not layers or len(layers[-1][1]) != 1:
        raise ConfigError(
            f"{path} has no layers weight.0, bias.0 ... of which the last is of width 1"
        )
    return layers


def _arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            tensors: dict[str, NDArray[Any]] = load_file(path)
            return tensors
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, AttributeError) as error:
        said = f"{path} is no head (.npz or .safetensors): {error}; get it again"
        raise ConfigError(said) from error
