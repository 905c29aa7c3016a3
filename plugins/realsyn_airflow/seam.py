"""The data plane as a child process: `python -m realsyn_tasks ...`.

The words are those that an engineer types to replay the same step in a shell.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import shlex
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO, Any

from realsyn_airflow import aws, settings
from realsyn_airflow.failures import failure_class
from realsyn_tasks.core.screen import VARIABLE as JSON

log = logging.getLogger(__name__)

TAIL = 40  # lines of stderr kept for the message of a failure
LAST = 5  # of them shown where no line says that it is the error
GRACE = 20.0  # seconds between SIGTERM and SIGKILL
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
)


class LocalProcess:
    """One call of the data plane, which can be stopped from a signal handler."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def call(self, words: Sequence[str], context: Any = None) -> dict[str, Any]:
        """Run a command and give the JSON object of its last line on stdout.

        Its stderr goes to the task's log line by line. A DataPlaneFailure of the class that the
        exit code stands for carries the command's own words on what went wrong.
        """
        log.info("python -m realsyn_tasks %s", shlex.join(words))
        with (
            aws.environment(environment()) as variables,
            tempfile.TemporaryFile("w+", encoding="utf-8") as stdout,
        ):
            self._process = _start(words, stdout, variables)
            try:
                if self._stopped:  # while the child was being started
                    self._end()
                tail = _follow(self._process)
                exit_code = self._process.wait()
            finally:
                self._end()
            stdout.seek(0)
            result = _last_json(stdout.read())
        if exit_code:
            raise failure_class(exit_code)(_reason(words, exit_code, tail), result)
        return result

    start = call

    def resume(self, words: Sequence[str], context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Run the command: it was put aside elsewhere, before the profile changed."""
        return self.call(words, context)

    def stop(self) -> None:
        """End the child, also one that is being started; none lives from now on.

        Politely, then for good. Calling it twice is fine.
        """
        self._stopped = True
        self._end()

    def _end(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(
    words: Sequence[str], stdout: IO[str], variables: Mapping[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(settings.data_python()), "-m", "realsyn_tasks", *words],
        cwd=settings.PROJECT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=_die_with_parent,  # noqa: PLW1509 (a task's process has no other threads)
    )


def _die_with_parent() -> None:
    """Let the kernel kill the child when the task's process is gone, however it went.

    The commit protocol makes that safe at any moment; an orphan would only compete with the retry.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def environment() -> dict[str, str]:
    """Give the child's environment: without Airflow's settings, which may hold secrets.

    The words stay those of an engineer; that their answer is to be JSON is said here.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    kept.pop("VIRTUAL_ENV", None)
    own = settings.data_plane_variables() | {"PYTHONPATH": str(settings.PROJECT), JSON: "1"}
    return kept | thread_variables() | own


def thread_variables() -> dict[str, str]:
    """Give the variables that keep libraries to the threads they may use."""
    return dict.fromkeys(_THREADS, settings.threads()) | {"TOKENIZERS_PARALLELISM": "false"}


def _follow(process: subprocess.Popen[str]) -> deque[str]:
    tail: deque[str] = deque(maxlen=TAIL)
    assert process.stderr is not None
    for line in process.stderr:
        log.info(line.rstrip())
        tail.append(line.rstrip())
    return tail


def _last_json(stdout: str) -> dict[str, Any]:
    """Parse the last line; {} if the command did not come to say anything."""
    lines = stdout.strip().splitlines()
    try:
        result = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}


def _reason(words: Sequence[str], exit_code: int, tail: Sequence[str]) -> str:
    """Give the command's own message, which may have several lines, or else its last lines."""
    lines = [line for line in tail if line.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    said = lines[starts[-1] :] if starts else lines[-LAST:]
    message = "\n".join(said).removeprefix("error: ") or "it said nothing"
    return f"{message}\n(exit code {exit_code} of: python -m realsyn_tasks {shlex.join(words)})"
