"""The data plane's command line with tiny models in place of the embedded ones.

Everything else is real: processes, storage, commits, gates. Batches of the stage that
REALSYN_TEST_HOLD names wait to be stopped: all, or those that begin while there is a file that
REALSYN_TEST_HOLD_WHILE names.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from realsyn_tasks import cli
from realsyn_tasks.core.errors import EXIT_TERMINATED
from realsyn_tasks.models import makers
from tests import tiny

HOLD = "REALSYN_TEST_HOLD"
HOLD_WHILE = "REALSYN_TEST_HOLD_WHILE"


def deploy() -> None:
    """Name the tiny models as this deployment's, and prepare no others."""
    os.environ[tiny.VARIABLE] = tiny.BACKENDS
    makers.prepare = _nothing


def _nothing(cache: Path, names: Sequence[str] = ()) -> None:
    """Prepare no model."""


def hold(words: Sequence[str]) -> None:
    """Wait for SIGTERM where the words are a batch of the stage that is held up."""
    named = list(words[:2]) == ["run", os.environ.get(HOLD)]
    if named and Path(os.environ.get(HOLD_WHILE, "/")).exists():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
        time.sleep(3600)


if __name__ == "__main__":
    hold(sys.argv[1:])
    deploy()
    cli.main()
