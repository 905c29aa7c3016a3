"""Whether somebody waits for an answer: what can be done later gives way to that."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE = 0.5  # seconds without an answer at work after which a viewer counts as idle
PATIENCE = 5.0  # seconds after which what waits for that goes on nevertheless


class Quiet:
    """The answers at work in one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._ended = 0.0  # when the last answer was ready

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count an answer as at work until it is ready."""
        with self._changed:
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._ended = time.monotonic()
                self._changed.notify_all()

    def wait(self, pause: float = PAUSE, patience: float = PATIENCE) -> bool:
        """Wait until nothing has been at work for `pause` seconds; False if that never came."""
        until = time.monotonic() + patience
        with self._changed:
            while True:
                now = time.monotonic()
                left = until - now if self._at_work else self._ended + pause - now
                if not self._at_work and left <= 0:
                    return True
                if now >= until:
                    return False
                self._changed.wait(min(left, until - now))


QUIET = Quiet()
