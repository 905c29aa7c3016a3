"""Failures, told apart by what may be done about them (design: retry classes).

The exit codes follow sysexits.h, so that a shell, a pod and the retry policy read them alike.
"""

from __future__ import annotations

import errno
import re
from concurrent.futures import BrokenExecutor

EXIT_PERMANENT = 65
EXIT_GATE_FAILED = 66
EXIT_BUG = 70
EXIT_MEMORY = 71
EXIT_TRANSIENT = 75
EXIT_CONFIG = 78
EXIT_TERMINATED = 143  # 128 + SIGTERM: ended from outside, with no marker for the shard at hand

TRANSIENT, PERMANENT, CONFIG, BUG, MEMORY = "transient", "permanent", "config", "bug", "memory"
STOPPING = frozenset({CONFIG, BUG})  # the next shard would meet the same


class RealSynError(Exception):
    """Base of all errors that say what to do next."""

    failure_class = BUG
    exit_code = EXIT_BUG


class TransientError(RealSynError):
    """Worth another try as it is: throttling, a timeout, a lost pod."""

    failure_class = TRANSIENT
    exit_code = EXIT_TRANSIENT


class OutOfMemory(TransientError):
    """Worth another try with more memory."""

    failure_class = MEMORY
    exit_code = EXIT_MEMORY


class PermanentError(RealSynError):
    """Never worth another try: the input itself is broken; its shard is quarantined."""

    failure_class = PERMANENT
    exit_code = EXIT_PERMANENT


class ConfigError(RealSynError):
    """The same error would come everywhere: stop at once and let a person look."""

    failure_class = CONFIG
    exit_code = EXIT_CONFIG


class Bug(RealSynError):
    """The program is wrong, not the data: stop at once; nothing is quarantined for it."""


class GateFailed(RealSynError):
    """A gate's expectation was not met; nothing is promoted."""

    failure_class = CONFIG
    exit_code = EXIT_GATE_FAILED


class UndeclaredOutput(Bug):
    """A stage gave a table, column, file or reason that it does not declare."""


class MissingInput(TransientError):
    """A shard that this one reads is not committed yet."""


class DamagedObject(TransientError):
    """A committed object is not what its marker says; carries where it was found."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"object {path} is damaged: {detail}")
        self.path = path


class DamagedSource(ConfigError):
    """An object of what a run is pinned to is damaged: no other try makes it whole."""


# Told by words and by names, for the libraries that raise them are not loaded everywhere.
SHORT_OF_MEMORY = re.compile(
    r"out of memory|failed to allocate|cannot allocate memory|bad_alloc|alloc_failed", re.IGNORECASE
)
TOO_LARGE = re.compile(
    r"offset overflow|overflowed binary array capacity|array cannot contain more than"
    r"|input array too large|capacity error|chunked array outputs",
    re.IGNORECASE,
)
# What no other try mends: by number, and what to do about it.
MISPLACED = {
    errno.EACCES: "Let the user that runs this read it, and write where it has to",
    errno.EPERM: "Let the user that runs this read it, and write where it has to",
    errno.EROFS: "It is on a file system that is read-only: choose another place, or mount it anew",
    errno.ENAMETOOLONG: "Choose a shorter path: 255 bytes a name and 4096 in all are the most",
    errno.ELOOP: "Its links lead in a circle: choose the place that they should lead to",
    errno.EEXIST: "Something else is there, or a link that leads nowhere: choose another place",
    errno.EISDIR: "A folder is where a file has to be: choose another place",
    errno.ENOTDIR: "A part of the path is a file, not a folder: choose another place",
}
DEVICE_LOST = re.compile(r"CUDA error|NCCL error|cuDNN error")


def classify(error: BaseException) -> str:
    """Give the failure class of any exception."""
    return explained(error).failure_class


def explained(error: BaseException, where: str = "") -> RealSynError:
    """Give any exception as one that says what to do next.

    Only a PermanentError quarantines its shard. What nobody has foreseen is a bug: were it taken
    for a broken input, a mistake in the program would pass for a few lost shards.
    """
    if isinstance(error, RealSynError):
        return error
    said = f"{where}{type(error).__name__}: {error}"
    if _is_short_of_memory(error):
        return OutOfMemory(f"{said}. Give it more memory, or cut the work into more partitions")
    if is_too_large(error):
        return ConfigError(
            f"{said}. A column or table is larger than it can be: cut the work into more partitions"
            " (`partitions` of the profile) and open the run again under the same name"
        )
    if isinstance(error, ImportError):
        return ConfigError(f"{said}. Install what the run's models and formats need")
    if isinstance(error, OSError) and error.errno in MISPLACED:
        return ConfigError(f"{said}. {MISPLACED[error.errno]}")
    if isinstance(error, (OSError, BrokenExecutor)) or _is_lost_device(error):
        return TransientError(said)
    return Bug(f"{said}. This is a mistake in the program, not in the data: it needs mending")


def is_no_fault_of_input(error: BaseException) -> bool:
    """Say whether memory or a limit of ours was met, whatever was read at that time."""
    return _is_short_of_memory(error) or is_too_large(error)


def _is_short_of_memory(error: BaseException) -> bool:
    named = "OutOfMemoryError" in _names(error)  # torch
    worded = isinstance(error, RuntimeError) and SHORT_OF_MEMORY.search(str(error))
    return isinstance(error, MemoryError) or named or bool(worded)


def is_too_large(error: BaseException) -> bool:
    """Say whether something passed a limit of a library's arrays."""
    names = _names(error)
    worded = "ArrowException" in names and TOO_LARGE.search(str(error))
    return isinstance(error, OverflowError) or "ArrowCapacityError" in names or bool(worded)


def _is_lost_device(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and bool(DEVICE_LOST.match(str(error)))


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}
