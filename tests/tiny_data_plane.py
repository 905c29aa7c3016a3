"""The data plane's command line with tiny models in place of the embedded ones.

Everything else is real: processes, storage, commits, gates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from realsyn_tasks import cli
from realsyn_tasks.models import makers
from tests import tiny


def deploy() -> None:
    """Name the tiny models as this deployment's, and prepare no others."""
    os.environ[tiny.VARIABLE] = tiny.BACKENDS
    makers.prepare = _nothing


def _nothing(cache: Path, names: Sequence[str] = ()) -> None:
    """Prepare no model."""


if __name__ == "__main__":
    deploy()
    cli.main()
