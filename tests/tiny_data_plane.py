"""The data plane's command line with tiny models in place of the embedded ones.

Everything else is real: processes, storage, commits, gates. Batches of the stage that
REALSYN_TEST_HOLD names wait to be stopped, or of the one that stands in the file which
REALSYN_TEST_HOLD_FILE names, for as long as it stands there.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from realsyn_tasks import cli
from realsyn_tasks.core.errors import EXIT_TERMINATED
from realsyn_tasks.models import makers
from tests import tiny

HOLD = "REALSYN_TEST_HOLD"
HOLD_FILE = "REALSYN_TEST_HOLD_FILE"


def deploy() -> None:
    """Name the tiny models as this deployment's, and prepare no others."""
    os.environ[tiny.VARIABLE] = tiny.BACKENDS
    makers.prepare = _nothing


def _nothing(cache: Path, names: Sequence[str] = ()) -> None:
    """Prepare no model."""


def hold(words: Sequence[str]) -> None:
    """Wait for SIGTERM where the words are a batch of the stage that is held up."""
    if list(words[:2]) == ["run", _held_up()]:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
        time.sleep(3600)


def _held_up() -> str:
    """Name the stage whose batches wait; empty for none."""
    if HOLD_FILE not in os.environ:
        return os.environ.get(HOLD, "")
    with suppress(FileNotFoundError):
        return Path(os.environ[HOLD_FILE]).read_text(encoding="utf-8")
    return ""


if __name__ == "__main__":
    hold(sys.argv[1:])
    deploy()
    cli.main()
