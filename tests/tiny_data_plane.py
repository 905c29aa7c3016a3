"""The data plane's command line with tiny models in place of the embedded ones.

Everything else is real: processes, storage, commits, gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from realsyn_tasks import cli, models
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.models import makers
from tests.support import tiny_model


def load(
    kind: str, spec: ModelSpec, cache: Path, others: Mapping[str, ModelSpec] | None = None
) -> Any:
    """Load a tiny model, whatever was asked for."""
    return tiny_model(kind, spec)


def prepare(cache: Path, names: Sequence[str] = ()) -> None:
    """Prepare nothing: tiny models have no files."""


if __name__ == "__main__":
    models.load = load
    makers.prepare = prepare
    cli.main()
