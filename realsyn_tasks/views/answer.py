"""What a view answers with, beside a JSON-able dict: a picture, or that there is no such thing."""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.errors import ConfigError

MEDIA_TYPES = frozenset({"image/webp", "image/jpeg", "image/png"})


class Unknown(ConfigError):
    """What was asked for is not there; says what there is, or where to look."""


@dataclass(frozen=True)
class Picture:
    """An encoded picture, made here from storage's: never the bytes of the web themselves."""

    data: bytes
    media_type: str  # of MEDIA_TYPES

    def __post_init__(self) -> None:
        if self.media_type not in MEDIA_TYPES:
            raise ValueError(f"{self.media_type} is none of {', '.join(sorted(MEDIA_TYPES))}")
