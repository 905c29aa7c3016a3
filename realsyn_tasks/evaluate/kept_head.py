"""A trained head as a file: one linear map from frozen features of pictures to those of texts.

safetensors, with the names and shapes of torch's Linear, float32:

    weight  (d, p)    what is done to p features of a picture as the encoder gives them
    bias    (d,)      (models.features.of_pictures): standardised, turned and mapped in one

Scaled to length one, what comes out is compared with a text's d features (`of_texts`), scaled, too.
Equal heads give equal bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from realsyn_tasks.evaluate.heads import Trained, View

SUFFIX = ".safetensors"


def write(path: Path, head: Trained, view: View) -> Path:
    """Write a head with the view that it was trained on folded into it; give the path."""
    from safetensors.numpy import save_file

    whole = view.turn @ head.weight
    bias = head.bias - view.centre @ whole
    save_file({"weight": np.ascontiguousarray(whole.T), "bias": bias}, path)
    return path
