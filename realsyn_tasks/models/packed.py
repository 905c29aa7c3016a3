"""Weights of a model in the order in which a CPU's matrix products read them.

torch's own linear layers reorder their weights in every call, which for a few rows costs as much
as the product: 1.3 to 1.8 times the time of all layers of a model of 135M, in bfloat16 on one
thread, for 8 to 320 rows. The answers have the same bits.
"""

from __future__ import annotations

from functools import partial
from typing import Any

TYPICAL_ROWS = 64  # that the order is chosen for; any number may come


def pack_linear_layers(model: Any) -> int:
    """Pack the linear layers of a model that is only run; gives how many, 0 where none can be.

    Only bfloat16 on a CPU that multiplies it. A layer gives up its own weight unless that serves
    elsewhere too, as embeddings of tokens do.
    """
    import torch

    if not _can_pack(model):
        return 0
    layers: list[Any] = [part for part in model.modules() if type(part) is torch.nn.Linear]
    shared = _shared_weights(model)
    with torch.inference_mode():
        for layer in layers:
            weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), TYPICAL_ROWS)
            bias = None if layer.bias is None else layer.bias.detach()
            layer.forward = partial(_product, weight, bias)
            if id(layer.weight) not in shared:
                layer.weight = None
    return len(layers)


def _can_pack(model: Any) -> bool:
    import torch

    if model.dtype != torch.bfloat16 or model.device.type != "cpu":
        return False
    known = hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return known and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _shared_weights(model: Any) -> set[int]:
    embeddings = model.get_input_embeddings()
    return {id(embeddings.weight)} if embeddings is not None else set()


def _product(weight: Any, bias: Any, rows: Any) -> Any:
    import torch

    return torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")
