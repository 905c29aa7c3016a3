"""Failures, told apart by what may be done about them (design: retry classes).

The exit codes follow sysexits.h, so that a shell, a pod and the retry policy read them alike.
"""

from __future__ import annotations

EXIT_PERMANENT = 65
EXIT_TRANSIENT = 75
EXIT_CONFIG = 78
EXIT_GATE_FAILED = 66
EXIT_TERMINATED = 143  # 128 + SIGTERM: ended from outside, with no marker for the shard at hand


class RealSynError(Exception):
    """Base of all errors that say what to do next."""

    failure_class = "permanent"
    exit_code = EXIT_PERMANENT


class TransientError(RealSynError):
    """Worth another try as it is: throttling, a timeout, a lost pod."""

    failure_class = "transient"
    exit_code = EXIT_TRANSIENT


class PermanentError(RealSynError):
    """Never worth another try: the input itself is broken; its shard is quarantined."""


class ConfigError(RealSynError):
    """The same error would come everywhere: stop at once and let a person look."""

    failure_class = "config"
    exit_code = EXIT_CONFIG


class GateFailed(RealSynError):
    """A gate's expectation was not met; nothing is promoted."""

    exit_code = EXIT_GATE_FAILED


class UndeclaredOutput(ConfigError):
    """A stage gave a table, column, file or reason that it does not declare: our own fault."""


class MissingInput(TransientError):
    """A shard that this one reads is not committed yet."""


class DamagedObject(TransientError):
    """A committed object is not what its marker says; carries where it was found."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"object {path} is damaged: {detail}")
        self.path = path


def classify(error: BaseException) -> str:
    """Give the failure class of any exception.

    Unknown exceptions count as permanent: the shard is quarantined with its traceback and the
    gate decides, so that one odd page cannot stop a build.
    """
    if isinstance(error, RealSynError):
        return error.failure_class
    if isinstance(error, ImportError):
        return "config"
    if isinstance(error, (MemoryError, TimeoutError, ConnectionError, OSError)):
        return "transient"
    return "permanent"
