"""The settings of all templates: what is undefined fails, and texts are escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def environment(folder: Path, *, autoescape: bool = True, final_newline: bool = False) -> Any:
    """Give the Jinja environment of a folder's templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    jinja_environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=final_newline,
    )
    jinja_environment.filters["count"] = lambda value: f"{value:,}"
    return jinja_environment
