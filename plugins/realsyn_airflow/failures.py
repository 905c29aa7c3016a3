"""The data plane's exit codes as exceptions, and what the retry policy does about each.

The codes are those of realsyn_tasks.core.errors; a signal's is minus or 128 plus its number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowException

from realsyn_tasks.core.errors import (
    EXIT_BUG,
    EXIT_CONFIG,
    EXIT_GATE_FAILED,
    EXIT_MEMORY,
    EXIT_PERMANENT,
    EXIT_TERMINATED,
)

EXIT_USAGE = 2  # the command line itself was wrong
FAILURE = "failure"  # key of what a failed task said, for the box above it


class DataPlaneFailure(AirflowException):
    """A data-plane command that did not succeed; `result` is what it still said on stdout."""

    def __init__(self, message: str, result: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.result = result or {}


class TransientFailure(DataPlaneFailure):
    """Worth another try: throttling, a timeout, a killed process, a lost machine."""


class LostFailure(TransientFailure):
    """Ended from outside, by no fault of its own: evicted, deleted, its node lost."""


class MemoryFailure(TransientFailure):
    """Killed for its use of memory, or short of it; in a pod the next try gets more."""


class PermanentFailure(DataPlaneFailure):
    """Never worth another try: the input itself is broken."""


class ConfigFailure(DataPlaneFailure):
    """The same error would come again: a person has to look."""


class BugFailure(DataPlaneFailure):
    """The program is wrong: it has to be mended first."""


class GateFailure(DataPlaneFailure):
    """A gate's expectation was not met; nothing is promoted."""


class StoppedFailure(DataPlaneFailure):
    """The run above was stopped: what is beneath it ends, too."""


class RivalFailure(DataPlaneFailure):
    """Another run is at the very same work, and goes on with it."""


class ChildFailure(DataPlaneFailure):
    """The run that a task had triggered, and waited for, failed."""


_CLASSES: dict[int, type[DataPlaneFailure]] = {
    EXIT_USAGE: ConfigFailure,
    EXIT_PERMANENT: PermanentFailure,
    EXIT_GATE_FAILED: GateFailure,
    EXIT_BUG: BugFailure,
    EXIT_MEMORY: MemoryFailure,
    EXIT_CONFIG: ConfigFailure,
    EXIT_TERMINATED: LostFailure,
}


def failure_class(exit_code: int) -> type[DataPlaneFailure]:
    """Give the exception for an exit code; whatever is not known is worth another try."""
    return _CLASSES.get(exit_code, TransientFailure)


RETRIES = 3
RETRY_DELAY = timedelta(seconds=10)  # doubled with every try
MAX_RETRY_DELAY = timedelta(minutes=10)
AT_ONCE = timedelta(seconds=1)

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            GateFailure, RetryAction.FAIL, reason="a gate's verdict stands until data change"
        ),
        RetryRule(ConfigFailure, RetryAction.FAIL, reason="the configuration has to change first"),
        RetryRule(BugFailure, RetryAction.FAIL, reason="the program has to be mended first"),
        RetryRule(PermanentFailure, RetryAction.FAIL, reason="the input is broken for good"),
        RetryRule(HITLRejectException, RetryAction.FAIL, reason="a person has said no"),
        RetryRule(HITLTimeoutError, RetryAction.FAIL, reason="nobody has answered in time"),
        RetryRule(
            LostFailure, RetryAction.RETRY, AT_ONCE, reason="ended from outside: again at once"
        ),
        RetryRule(
            MemoryFailure, RetryAction.RETRY, AT_ONCE, reason="again at once with more memory"
        ),
        RetryRule(TransientFailure, RetryAction.RETRY, reason="transient: another try may do"),
        RetryRule(
            ChildFailure,
            RetryAction.FAIL,
            reason="the tasks of the triggered run have had their retries",
        ),
        RetryRule(StoppedFailure, RetryAction.FAIL, reason="it was stopped from above"),
        RetryRule(RivalFailure, RetryAction.FAIL, reason="another run does just this"),
    ]
)
