"""How tests of models resolve and load them: the project's own backends, any cache, no cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from realsyn_tasks import models
from realsyn_tasks.core.config import ModelSpec, ResolvedModel
from realsyn_tasks.models.deployment import OWN, Deployment
from realsyn_tasks.models.resolution import Asked, resolve


def own(cache: Path) -> Deployment:
    """The project's own backends, and no cards."""
    return Deployment(cache, {}, OWN)


def resolved(
    kind: str,
    name: str,
    cache: Path,
    others: dict[str, ResolvedModel] | None = None,
    **options: Any,
) -> ResolvedModel:
    """Resolve a model by its backend's name."""
    return resolve(kind, Asked(ModelSpec(name=name, options=options)), own(cache), others)


def load(
    kind: str,
    name: str,
    cache: Path,
    others: dict[str, ResolvedModel] | None = None,
    **options: Any,
) -> Any:
    """Resolve and load a model."""
    return models.load(kind, resolved(kind, name, cache, others, **options), own(cache), others)


def drawing(seed: int, size: tuple[int, int] = (120, 90), mode: str = "RGB") -> Image.Image:
    """Draw coloured ellipses; the same ones for a seed."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(random.integers(0, 255, 3).tolist()))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        corners = np.sort(random.integers(0, min(size), (2, 2)), axis=0).flatten().tolist()
        pen.ellipse(corners, fill=tuple(random.integers(0, 255, 3).tolist()))
    return image.convert(mode)
