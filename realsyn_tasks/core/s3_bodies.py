"""Bodies of answers, each with a time by which all of it has to be here.

A client's time-out is from byte to byte: who sends a byte a minute is never late for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any

from realsyn_tasks.core.errors import TransientError

BODY_SECONDS = 60.0  # that any body may take
LEAST_RATE = 64 << 10  # bytes a second, that a larger one comes with besides


@contextmanager
def in_time(answer: Mapping[str, Any]) -> Iterator[Any]:
    """Give the body of an answer; TransientError where it is read for longer than it may take."""
    seconds = BODY_SECONDS + int(answer.get("ContentLength", 0)) / LEAST_RATE
    late = Event()
    timer = Timer(seconds, _end, (answer["Body"], late))
    timer.daemon = True
    timer.start()
    try:
        yield answer["Body"]
    except Exception as error:
        if late.is_set():
            raise _too_late(answer, seconds) from error
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise _too_late(answer, seconds)


def _end(body: Any, late: Event) -> None:
    """Wake up whoever waits for bytes; botocore's body has no word for that, urllib3's has."""
    late.set()
    with suppress(ValueError, RuntimeError, OSError):  # all of it has just come
        body._raw_stream.shutdown()


def _too_late(answer: Mapping[str, Any], seconds: float) -> TransientError:
    size = answer.get("ContentLength", 0)
    return TransientError(f"{size} bytes did not arrive within {seconds:.0f} s: too slow to wait")
