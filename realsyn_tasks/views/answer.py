"""What a view answers with, beside a JSON-able dict: a picture, or that there is no such thing.

And what is said with all that goes to a browser. Airflow's server reads this module, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.errors import ConfigError

# What every answer says, the viewer's and those of Airflow's server.
PRIVATE = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# Of the pages themselves: nothing of elsewhere, no script or style but their own files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
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
