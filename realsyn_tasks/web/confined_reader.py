"""Reads suspicious pages in a process of its own, which may die of them; ordinary ones here.

What is known to cost more than linear time is cut or refused before (dom_guard.py); this is the
last resort for what is not known. A page that is larger than nearly all others goes to a child that
the system ends when one page takes more processor time or memory than it may. That is a verdict on
the page, and the next one goes to another child.

It is the same verdict on each machine as far as it matters: at the bounds of dom_guard.py a page
costs about ten seconds and half a gigabyte, a bomb hours or more memory than there is, and the
limits lie between. Time is that of the processor, not of a clock. A child that died of anything
else, such as a lack of memory around it, or that had read other pages, is given a second try.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.web.dom import Page, read_page
from realsyn_tasks.web.reasons import COSTLY_PAGE

LARGE = 500_000  # characters of a page that is read in a child
MANY = 20_000  # starts of tags of such a page
CPU_SECONDS = 60  # for one page
MEMORY = 2 << 30  # bytes of address space of a child
_PDEATHSIG = 1  # of prctl
_TRIES = 2
_SERVE = "from realsyn_tasks.web.confined_reader import serve; serve()"
_COMMAND = [sys.executable, "-c", _SERVE]
_READY = "ready"
_NO_TREE = "Can't parse HTML"
_ANY = "<p>One sentence to read.</p><img src=a.jpg>"


class _Task(NamedTuple):
    """One page to read, and what it may cost."""

    html: str
    max_nodes: int
    max_images: int
    address: str
    cpu_seconds: int
    memory: int


def read_confined(html: str, max_nodes: int, max_images: int, address: str = "") -> Page:
    """Read a page as `read_page` does, in a child if it is suspicious.

    Raises Refused where the child dies of it.
    """
    if not is_suspicious(html):
        return read_page(html, max_nodes, max_images, address)
    task = _Task(html, max_nodes, max_images, address, CPU_SECONDS, MEMORY)
    with _CHILD.lock:
        return _CHILD.read(task)


def is_suspicious(html: str) -> bool:
    """Say whether a page is larger than ordinary ones."""
    return len(html) > LARGE or html.count("<") > MANY


@contextmanager
def no_child_left() -> Iterator[None]:
    """End the child with the shard; the next suspicious page starts another."""
    try:
        yield
    finally:
        with _CHILD.lock:
            _CHILD.end()


class _OutOfMemory(Exception):
    """The child has met its limit of memory and is of no use any more."""


@dataclass
class _Child:
    """The process that reads, started when it is needed first."""

    process: subprocess.Popen[bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, task: _Task) -> Page:
        """Have a page read. Raises Refused, and whatever reading it raises."""
        why = ""
        for _ in range(_TRIES):
            try:
                return self._asked(task)
            except _OutOfMemory:
                self.end()
                why = _out_of_memory(task)
            except (EOFError, OSError, pickle.UnpicklingError):
                status = self.end()
                why = _cause(status, task)
                if status == -signal.SIGXCPU:
                    break
            except BaseException:  # what it would answer now is no answer to the next question
                self.end()
                raise
        raise Refused(COSTLY_PAGE, why)

    def _asked(self, task: _Task) -> Page:
        process = self.process or self._started()
        _send(task, process.stdin)
        kind, value = pickle.load(_open(process.stdout))
        if kind == "memory":
            raise _OutOfMemory
        if kind == "error":
            raise value
        page: Page = value
        return page

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the process. Raises RuntimeError if it cannot run here, whatever it reads."""
        paths = os.pathsep.join(filter(None, sys.path))
        process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # what the terminal or a starter tells us it hears from us
        )
        self.process = process
        try:
            started = pickle.load(_open(process.stdout)) == _READY
        except (EOFError, pickle.UnpicklingError):
            started = False
        if not started:
            status = self.end()
            raise RuntimeError(f"the reader of large pages does not start: exit status {status}")
        return process

    def end(self) -> int:
        """End it at once unless it has ended; give its exit status, 0 if there is none."""
        process, self.process = self.process, None
        if process is None:
            return 0
        with suppress(subprocess.TimeoutExpired):
            # Its end of the pipe is closed a moment before its status is known.
            process.wait(timeout=0.0 if process.poll() is not None else 0.5)
        process.kill()
        status = process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                _open(stream).close()
        return status

    def forget(self) -> None:
        """Leave it to the process that forked this one."""
        self.process = None
        self.lock = threading.Lock()


def _cause(status: int, task: _Task) -> str:
    if status == -signal.SIGXCPU:
        return f"more than {task.cpu_seconds} seconds of processor time"
    if status < 0:
        return f"its reader died of {signal.Signals(-status).name}"
    return f"its reader ended with {status}"


def _out_of_memory(task: _Task) -> str:
    return f"more than {task.memory >> 20} MiB of memory"


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "a pipe was asked for"
    return stream


def _send(value: Any, stream: IO[bytes] | None) -> None:
    pipe = _open(stream)
    pickle.dump(value, pipe)
    pipe.flush()


_CHILD = _Child()
atexit.register(_CHILD.end)
os.register_at_fork(after_in_child=_CHILD.forget)


def serve() -> None:
    """Be the child: read the pages that stdin asks for, until it ends or a page ends this."""
    _die_with_parent()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever libraries print is no answer
    read_page(_ANY, 1, 1)  # what is imported on the way counts for no page
    _send(_READY, answers)
    while True:
        try:
            task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        _send(_answer(task), answers)


def _answer(task: _Task) -> tuple[str, Any]:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime) + 1 + task.cpu_seconds)
    _bound(resource.RLIMIT_AS, task.memory)
    try:
        return "page", read_page(task.html, task.max_nodes, task.max_images, task.address)
    except MemoryError:
        return "memory", None
    except Exception as error:
        # The parser says so, and nothing else, where it is given no memory.
        return "memory" if _NO_TREE in str(error) else "error", error


def _bound(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _die_with_parent() -> None:
    """Have the system end this process with the one that started it, also amid a page."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
