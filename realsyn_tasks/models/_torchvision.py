"""Import torchvision beside a torch build that its compiled operators do not fit.

The torchvision wheels on PyPI are CUDA builds. Beside a CPU build of torch their library of
operators does not load, and the import fails although only the transforms are wanted, because
torchvision attaches shape rules to operators which nobody declared.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

# The operators that torchvision attaches rules to even when its library did not load.
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

# A torch library lives as long as its Python object: dropping it would undeclare the operators.
_declared: list[Any] = []


def import_torchvision() -> ModuleType:
    """Return torchvision; transforms and models work with any torch build of its version.

    Detection operators (`nms`, `roi_align`) stay unusable where the library does not load:
    calling them raises. Where it loads, this is a plain import.
    """
    if not _declared and not _operators_load():
        _declare_operators()
    return importlib.import_module("torchvision")


def _operators_load() -> bool:
    import torch

    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("torchvision is not installed; run `make setup`")
    try:
        operators: Any = torch.ops
        for library in Path(spec.origin).parent.glob("_C*.so"):
            operators.load_library(library)
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "nms")


def _declare_operators() -> None:
    import torch

    make: Any = torch.library.Library
    library = make("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    _declared.append(library)
