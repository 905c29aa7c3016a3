"""SIGTERM: the process abandons its shard and leaves, also out of a call that does not return.

What is committed stays; the shard at hand has no marker, so the next try does it again.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from realsyn_tasks.core.errors import EXIT_TERMINATED

GRACE = 12.0  # seconds to unwind; less than any starter waits before SIGKILL
TERMINATED = "ended by SIGTERM; the shard at hand was abandoned and will be done again"


@contextmanager
def orderly(say: Callable[[str], None]) -> Iterator[None]:
    """Let SIGTERM unwind the main thread, and end the process if that takes too long.

    `say` is told why before anything else. Temporary files go to one folder, which is removed
    either way.
    """
    tempfile.tempdir = None
    scratch = tempfile.mkdtemp(prefix="realsyn-")
    tempfile.tempdir = scratch

    def leave(number: int, frame: Any) -> None:
        say(TERMINATED)
        sys.exit(EXIT_TERMINATED)

    signal.signal(signal.SIGTERM, leave)
    _watch(lambda: _end(scratch, say))
    try:
        yield
    finally:
        tempfile.tempdir = None
        shutil.rmtree(scratch, ignore_errors=True)


def _watch(end: Callable[[], None]) -> None:
    """Call `end` when SIGTERM has come and its grace is over.

    Python runs a signal's handler between two of its own instructions, which a long call into a
    library holds up; the byte in the pipe is there at once.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_forget)

    def wait() -> None:
        while os.read(reader, 1) != bytes([signal.SIGTERM]):
            continue
        threading.Event().wait(float(os.environ.get("REALSYN_GRACE", GRACE)))
        end()

    threading.Thread(target=wait, name="sigterm", daemon=True).start()


def _forget() -> None:
    """Keep a child's signals out of its parent's pipe."""
    signal.set_wakeup_fd(-1)


def _end(scratch: str, say: Callable[[str], None]) -> None:
    say(TERMINATED)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(EXIT_TERMINATED)
