"""Whether the model that names what pictures show is the one that scores their texts."""

from __future__ import annotations

from realsyn_tasks.core.config import RunConfig


def shared_weights(config: RunConfig) -> str:
    """Give the identity that tagger and encoder share; "" where they share none.

    A tagger that is made with the run's encoder has its identity in its own.
    """
    models = config.models
    if "tagger" not in models or "encoder" not in models:
        return ""
    encoder = models["encoder"].identity
    return encoder if encoder in models["tagger"].identity else ""


def masked(config: RunConfig) -> bool:
    """Say whether words that only tags brought are left out of what is scored."""
    return bool(config.stages.get("embed_texts", {}).get("mask_tags", False))
