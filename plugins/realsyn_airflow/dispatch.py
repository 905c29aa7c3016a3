"""Where data-plane commands run: the profile's `dispatch` names the data plane.

A new way to run them is one class that takes the words of a command line, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from realsyn_airflow import settings
from realsyn_airflow.failures import FAILURE, DataPlaneFailure
from realsyn_airflow.seam import LocalProcess

LONGEST = 4000  # characters of what a failure leaves for the box above


class DataPlane(Protocol):
    """Runs one command at a time; which, the words say, and nothing else does."""

    def call(self, words: Sequence[str], context: Any) -> dict[str, Any]:
        """Run a short command and give its result; a DataPlaneFailure if it does not succeed."""
        ...

    def start(self, words: Sequence[str], context: Any) -> dict[str, Any]:
        """Do the same with a long command. The task may be put aside until `resume`."""
        ...

    def resume(self, words: Sequence[str], context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Go on after the task was put aside; `event` says why it is taken up again."""
        ...

    def stop(self) -> None:
        """End the command, if one is running. Calling it twice is fine."""
        ...


class Telling:
    """A data plane whose failures leave their words with the task, where its box reads them."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    def call(self, words: Sequence[str], context: Any) -> dict[str, Any]:
        """Run a short command."""
        with telling(context):
            return self._plane.call(words, context)

    def start(self, words: Sequence[str], context: Any) -> dict[str, Any]:
        """Run a long command, or put the task aside until `resume`."""
        with telling(context):
            return self._plane.start(words, context)

    def resume(self, words: Sequence[str], context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Go on after the task was put aside."""
        with telling(context):
            return self._plane.resume(words, context, event)

    def stop(self) -> None:
        """End the command."""
        self._plane.stop()


@contextmanager
def telling(context: Any) -> Iterator[None]:
    """Leave what a failure says with its task, as an XCom."""
    try:
        yield
    except DataPlaneFailure as failure:
        with suppress(Exception):  # the failure itself counts for more
            context["ti"].xcom_push(FAILURE, str(failure)[:LONGEST])
        raise


def _pod() -> DataPlane:
    from realsyn_airflow.pods import Pod  # loads the Kubernetes client, which takes seconds

    return Pod()


DATA_PLANES: dict[str, Callable[[], DataPlane]] = {
    "process": LocalProcess,
    "pod": _pod,
}


def data_plane() -> DataPlane:
    """Give the data plane of this deployment's profile."""
    return Telling(DATA_PLANES[settings.profile().dispatch]())
