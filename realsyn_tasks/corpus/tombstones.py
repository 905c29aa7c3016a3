"""Tombstones: requests that hold, one numbered after another, never changed.

A request's id is derived from what it asks for, so the same list twice is one request. What holds
is the log: its highest number is the state that a build is pinned to.
"""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.records import parsed, read_record
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.entries import Entry

FOLDER = "takedowns"
LOG = f"{FOLDER}/log"
REQUESTS = f"{FOLDER}/requests"
ID_LENGTH = 16
MEND_LINE = (
    'write {"number": N, "request": "ID"} into it: N is its own number, ID the request in'
    f" {REQUESTS} that no other line names. Nothing is built meanwhile, lest what was taken"
    " down comes back"
)
MEND_REQUEST = "remove it and file the request again: the same list has the same id"


class Request(Frozen):
    """What was asked for; the note (a case number, a date) is the operator's."""

    id: str
    entries: dict[str, tuple[str, ...]]  # kind -> values, sorted
    note: str = ""

    @staticmethod
    def of(entries: tuple[Entry, ...], note: str = "") -> Request:
        """Make a request; its id knows nothing of the note."""
        kinds = sorted({entry.kind for entry in entries})
        content = {k: tuple(sorted({e.value for e in entries if e.kind == k})) for k in kinds}
        return Request(id=digest(content)[:ID_LENGTH], entries=content, note=note)

    @property
    def count(self) -> int:
        """Count the entries."""
        return sum(map(len, self.entries.values()))


class Logged(Frozen):
    """One line of the log."""

    number: int
    request: str


@dataclass(frozen=True)
class State:
    """All requests that hold, up to a number; 0 for none."""

    log: tuple[Logged, ...] = ()

    @property
    def number(self) -> int:
        """Give the highest number."""
        return self.log[-1].number if self.log else 0

    @property
    def digest(self) -> str:
        """Digest what holds."""
        return digest([line.request for line in self.log])

    def until(self, number: int) -> State:
        """Give what held at an earlier number."""
        return State(tuple(line for line in self.log if line.number <= number))


def state(storage: Storage) -> State:
    """Read the log."""
    lines = [
        parsed(data, f"{storage.uri}/{path}", Logged, MEND_LINE)
        for path, data in storage.contents(LOG)
    ]
    return State(tuple(sorted(lines, key=lambda line: line.number)))


def read(storage: Storage, request: str) -> Request:
    """Read a request by its id."""
    return read_record(storage, _path(request), Request, MEND_REQUEST)


def file(storage: Storage, request: Request) -> Logged:
    """Let a request hold from now on; one that holds already is left as it is."""
    for folder in (LOG, REQUESTS):
        storage.sweep(folder)
    storage.put_if_absent(_path(request.id), request.model_dump_json(indent=1).encode())
    while True:
        known = state(storage)
        for line in known.log:
            if line.request == request.id:
                return line
        mine = Logged(number=known.number + 1, request=request.id)
        if storage.put_if_absent(f"{LOG}/{mine.number:04d}.json", mine.model_dump_json().encode()):
            return mine


def _path(request: str) -> str:
    return f"{REQUESTS}/{request}.json"
