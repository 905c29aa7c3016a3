"""No captioner: the embedded default, since no package carries captioner weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL.Image import Image

from realsyn_tasks.models import protocols
from realsyn_tasks.models.protocols import Identity


class NoCaptioner:
    """Says nothing of any image; prompts then hold no caption, rather than a made-up one."""

    Options = protocols.Options
    Running = protocols.Running
    needs = ()

    def __init__(self, options: protocols.Options, running: protocols.Running, cache: Path) -> None:
        pass

    @staticmethod
    def identify(options: protocols.Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Say that there is none."""
        return Identity("none")

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give an empty caption per image."""
        return [""] * len(images)
