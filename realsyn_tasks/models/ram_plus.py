"""The network of RAM++ (arXiv 2310.15200), by the names that its published weights have.

A Swin transformer looks at the picture. Every tag has vectors of several descriptions of it, mixed
by how well each fits the picture, and asks the picture's tokens in a small decoder. Tags know
nothing of each other there, so any may be added, and they are asked in portions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models._torchvision import import_torchvision

if TYPE_CHECKING:
    from torch import Tensor

    State = Mapping[str, Tensor]

HEADS = 4  # of the decoder; no weight tells
PATCH = 4  # px
TAGS = 1024  # asked at once
EPS = 1e-12
LABELS = "label_embed"  # (tags * descriptions, width), one tag after another
_EYE = "visual_encoder."
_LAYER = "tagging_head.encoder.layer.{}"
_PARTS = (
    *("crossattention.self.query", "crossattention.self.key", "crossattention.self.value"),
    *("crossattention.output.dense", "crossattention.output.LayerNorm"),
    *("intermediate.dense", "output.dense", "output.LayerNorm"),
)


class RamPlus:
    """Says of pictures how likely each tag is.

    What a file holds besides is not part of the network, and left: masks, and the self-attention
    that the authors delete after loading. Raises ConfigError if it lacks some.
    """

    def __init__(self, state: State, device: str = "cpu", dtype: Any = None) -> None:
        needed = list(_needed(state))
        if missing := [name for name in needed if name not in state]:
            raise ConfigError(_lacking(missing))
        self._depth = _count(state, _LAYER.format(r"(\d+)").replace(".", r"\.") + r"\.")
        self._weights = {name: state[name].to(device, dtype) for name in needed}
        eye, self.side = _swin(_within(state, _EYE))
        self.eye = eye.eval().to(device, dtype)

    def __call__(self, pixels: Tensor, described: Sequence[Tensor]) -> Tensor:
        """Give (n, tags of all sets) probabilities.

        pixels: (n, 3, side, side), normalised; described: of each set (tags, descriptions, width).
        """
        import torch

        tokens = self._tokens(pixels)
        portions = [
            tags[start : start + TAGS] for tags in described for start in range(0, len(tags), TAGS)
        ]
        return torch.cat([self._probabilities(tokens, tags) for tags in portions], dim=1)

    def _tokens(self, pixels: Tensor) -> Tensor:
        """Give (n, 1 + places, width); the first is of the whole picture."""
        import torch

        places = self.eye.forward_features(pixels).flatten(1, 2)
        whole = places.mean(dim=1, keepdim=True)
        return self._linear("image_proj", torch.cat([whole, places], dim=1))

    def _probabilities(self, tokens: Tensor, described: Tensor) -> Tensor:
        asked = self._linear("wordvec_proj", self._mixed(tokens[:, 0], described)).relu()
        for layer in range(self._depth):
            asked = self._asked(_LAYER.format(layer), asked, tokens)
        return self._linear("fc", asked).squeeze(-1).float().sigmoid()

    def _mixed(self, whole: Tensor, described: Tensor) -> Tensor:
        """Give each tag's vector (n, tags, width): its descriptions by how well they fit."""
        import torch

        unit = whole / whole.norm(dim=-1, keepdim=True)
        scaled = self._weights["reweight_scale"].exp() * unit
        shares = torch.einsum("nw,tdw->ntd", scaled, described).softmax(dim=-1)
        return torch.einsum("ntd,tdw->ntw", shares, described)

    def _asked(self, layer: str, asked: Tensor, tokens: Tensor) -> Tensor:
        """Let tags look at the picture, never at each other."""
        from torch.nn import functional

        given = {"query": asked, "key": tokens, "value": tokens}
        parts = {
            name: self._linear(f"{layer}.crossattention.self.{name}", of)
            for name, of in given.items()
        }
        query, key, value = (
            part.view(*part.shape[:2], HEADS, -1).transpose(1, 2) for part in parts.values()
        )
        seen = functional.scaled_dot_product_attention(query, key, value)
        together = seen.transpose(1, 2).flatten(2)
        asked = self._added(f"{layer}.crossattention.output", together, asked)
        inner = functional.gelu(self._linear(f"{layer}.intermediate.dense", asked))
        return self._added(f"{layer}.output", inner, asked)

    def _added(self, part: str, given: Tensor, before: Tensor) -> Tensor:
        from torch.nn import functional

        whole, norm = self._linear(f"{part}.dense", given) + before, f"{part}.LayerNorm"
        scale, shift = self._weights[f"{norm}.weight"], self._weights[f"{norm}.bias"]
        return functional.layer_norm(whole, scale.shape, scale, shift, EPS)

    def _linear(self, name: str, given: Tensor) -> Tensor:
        from torch.nn import functional

        return functional.linear(
            given, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        )


def left_over(state: State) -> list[str]:
    """Name what a file of weights holds that the network has no place for."""
    eye = {name for name in state if name.startswith(_EYE)}
    return sorted(set(state) - eye - set(_needed(state)) - {LABELS})


def _needed(state: State) -> Iterator[str]:
    """Name the weights of the network besides its Swin's."""
    depth = max(1, _count(state, _LAYER.format(r"(\d+)").replace(".", r"\.") + r"\."))
    layers = [f"{_LAYER.format(layer)}.{part}" for layer in range(depth) for part in _PARTS]
    for part in ("image_proj", "wordvec_proj", "fc", *layers):
        yield from (f"{part}.weight", f"{part}.bias")
    yield "reweight_scale"


def _swin(state: State) -> tuple[Any, int]:
    """Load the Swin transformer; its side, px, is what the last window covers."""
    import_torchvision()
    from timm.models.swin_transformer import SwinTransformer, checkpoint_filter_fn

    stages = _count(state, r"layers\.(\d+)\.")
    tables = [f"layers.{n}.blocks.0.attn.relative_position_bias_table" for n in range(stages)]
    if missing := [n for n in ("patch_embed.proj.weight", *tables) if n not in state]:
        raise ConfigError(_lacking(missing))
    window = (round(state[tables[0]].shape[0] ** 0.5) + 1) // 2
    side = PATCH * 2 ** (stages - 1) * window
    model = SwinTransformer(
        img_size=side,
        patch_size=PATCH,
        num_classes=0,
        embed_dim=state["patch_embed.proj.weight"].shape[0],
        depths=tuple(_count(state, rf"layers\.{n}\.blocks\.(\d+)\.") for n in range(stages)),
        num_heads=tuple(state[table].shape[1] for table in tables),
        window_size=window,
        drop_path_rate=0.0,
    )
    # timm counts the merging of patches to the stage behind it
    loaded = model.load_state_dict(checkpoint_filter_fn(dict(state), model), strict=False)
    if loaded.missing_keys or loaded.unexpected_keys:
        raise ConfigError(_lacking([*loaded.missing_keys, *loaded.unexpected_keys]))
    return model, side


def _lacking(names: Sequence[str]) -> str:
    return (
        f"these are no whole weights of RAM++: {len(names)} are missing or of another network, such"
        f" as {names[0]}; get its files again"
    )


def _within(state: State, prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
    }


def _count(state: State, pattern: str) -> int:
    numbers = {int(match.group(1)) for name in state if (match := re.match(pattern, name))}
    return max(numbers, default=-1) + 1
