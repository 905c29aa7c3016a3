"""No captioner: the embedded default, since no package carries captioner weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict


class NoCaptioner:
    """Says nothing of any image; prompts then hold no caption, rather than a made-up one."""

    class Options(BaseModel):
        """Nothing to choose."""

        model_config = ConfigDict(frozen=True, extra="forbid")

    identity = "none"

    def __init__(self, options: Options, cache: Path) -> None:
        pass

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give an empty caption per image."""
        return [""] * len(images)
