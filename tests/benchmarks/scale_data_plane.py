"""The data plane's command line with the models of the suite `scale`, and a meter.

Everything else is real. The parser of filter_sentences is a model, too: its look-up finds every
sentence to be a statement. What the process cost is appended to the file REALSYN_METER, a line of
JSON; what it had cost before its first shard (`startup_seconds`) is imports. Requests are what the
same calls of storage cost in S3 (core.s3), counted on files; a read by ranges counts as one for
each 8 MiB of the object, and of a keyed table as one for the footer and one for each 8 MiB of
neighbouring row groups.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from realsyn_tasks import cli
from realsyn_tasks.core import arrow_files, keyed_tables, s3_snapshot
from realsyn_tasks.core.declaration import load
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.ranged import WHOLE
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.extract import cat
from realsyn_tasks.models.deployment import VARIABLE
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks.scale_models import BACKENDS

METER = "REALSYN_METER"
RANGE = 8 << 20  # bytes of a request, at most
LISTED = 1000  # names of a request, at most

requests: Counter[str] = Counter()
written: Counter[str] = Counter()


class CountedStorage(LocalStorage):
    """A root in a folder that counts what the same calls would ask of S3."""

    def _count(self, kind: str, number: int = 1) -> None:
        requests[kind] += number

    def read(self, path: str) -> bytes:
        self._count("get")
        return super().read(path)

    def contents(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        items = list(super().contents(prefix))
        requests.update(folder_requests(prefix, len(items)))
        yield from items

    def open(self, path: str, size: int | None = None) -> BinaryIO:
        opened = super().open(path, size)
        self.count_reading(path, size)
        return opened

    def count_reading(self, path: str, known: int | None) -> None:
        """Count opening an object, with a look where its size is unknown, and reading it."""
        size = known or super().size(path) or 0
        self._count("head", int(known is None))
        self._count("get", max(1, -(-size // RANGE)))

    def size(self, path: str) -> int | None:
        self._count("head")
        return super().size(path)

    def listing(self, prefix: str, recursive: bool = False) -> list[tuple[str, int]]:
        listed = super().listing(prefix, recursive)
        self._count("list", pages(len(listed)))
        return listed

    def folders(self, prefix: str) -> list[str]:
        listed = super().folders(prefix)
        self._count("list", pages(len(listed)))
        return listed

    def upload(self, source: Path, path: str) -> ObjectRef:
        before = Counter(requests)
        reference = super().upload(source, path)
        settle(before, {"put": max(1, -(-reference.size // (64 << 20))), "head": 1})
        note(reference.size)
        return reference

    def put_if_absent(self, path: str, data: bytes) -> bool:
        self._count("put")
        won = super().put_if_absent(path, data)
        if won:
            note(len(data))
        return won

    def replace(self, path: str, data: bytes) -> None:
        self._count("put")
        super().replace(path, data)
        note(len(data), objects=0)

    def delete(self, path: str) -> None:
        self._count("delete")
        super().delete(path)

    def copy(self, reference: ObjectRef, path: str) -> ObjectRef:
        before = Counter(requests), Counter(written)
        copied = super().copy(reference, path)
        settle(before[0], {"put": 1, "head": 2})
        written.clear()
        written.update(before[1])
        note(copied.size)
        return copied


def folder_requests(prefix: str, number: int) -> dict[str, int]:
    """Count what it costs to read so many markers, of which a snapshot may hold most.

    What the snapshot would hold is noted beside the meter (core.s3_snapshot).
    """
    asked = {"list": pages(number)}
    if number < s3_snapshot.WORTHWHILE:
        return asked | {"get": number}
    name = hashlib.sha256(prefix.encode()).hexdigest()[:16]
    noted = Path(f"{os.environ[METER]}.snapshots") / name
    unread = max(0, number - (int(noted.read_text()) if noted.exists() else 0))
    if unread < max(s3_snapshot.WORTHWHILE, number // s3_snapshot.SHARE):
        return asked | {"get": 1 + unread}
    noted.parent.mkdir(exist_ok=True)
    noted.write_text(str(number))
    return asked | {"get": 1 + unread, "put": 1}


def pages(number: int) -> int:
    """Count the requests that list so many names."""
    return max(1, -(-number // LISTED))


def settle(before: Counter[str], kinds: dict[str, int]) -> None:
    """Count these, and not what a call has asked of itself."""
    requests.clear()
    requests.update(before)
    requests.update(kinds)


def note(size: int, objects: int = 1) -> None:
    """Note an object that was written."""
    written.update(bytes=size, objects=objects)


def deploy() -> None:
    """Put look-ups in the place of models, and a counter in that of storage."""
    os.environ[VARIABLE] = json.dumps(BACKENDS)
    cat.read = read_nothing
    at, opened, committed = Storage.at, arrow_files.opened, arrow_files.committed

    def counted_at(uri: str) -> Storage:
        storage = at(uri)
        return CountedStorage(storage.uri) if isinstance(storage, LocalStorage) else storage

    def counted_opened(storage: Storage, path: str, size: int | None = None) -> Any:
        source = opened(storage, path, size)
        if isinstance(storage, CountedStorage) and (size is None or size <= WHOLE):
            storage.count_reading(path, size)
        return source

    def counted_committed(storage: Storage, ref: ObjectRef) -> Any:
        source = committed(storage, ref)  # a mapped file, which asks nothing of storage
        if isinstance(storage, CountedStorage) and ref.size:
            storage.count_reading(ref.path, None)
        return source

    Storage.at = staticmethod(counted_at)  # type: ignore[method-assign]
    arrow_files.opened, arrow_files.committed = counted_opened, counted_committed
    keyed_tables._fetch = count_range


def count_range(source: Any, start: int, length: int) -> None:
    """Count what a keyed table asks for of an object that is not read at once."""
    requests["get"] += int(source.size() > WHOLE)


def read_nothing(sentences: Iterable[str], batch_size: int) -> Iterator[cat.Reading]:
    """Find each sentence to be a statement, without parsing it."""
    return (cat.Reading(complexity=2, action=True, kind="statement") for _ in sentences)


# What stages load when they first need it, which is no part of their work.
LAZY = {
    "parse": ("text.sentences:split_sentences",),
    "count_words": ("extract.entropy:words_of",),
    "filter_sentences": ("extract.entropy:words_of", "text.language:likeliest_language"),
    "describe_images": ("text.language:likeliest_language",),
    "generate_texts": ("synthesize.words:content_stems", "text.language:likeliest_language"),
}
STEPS = {
    "gate": ("realsyn_tasks.quality", "great_expectations"),
    "promote": ("realsyn_tasks.report.attachments",),
}


def import_all(words: Sequence[str]) -> None:
    """Load what a command needs, so that its cost can be told from that of the work."""
    for name in ("core.planner", "core.runner", "runs.models", "runs.root"):
        importlib.import_module(f"realsyn_tasks.{name}")
    importlib.import_module("pandas")  # which pyarrow loads with the first array it is given
    for name in STEPS.get(words[0], ()):
        importlib.import_module(name)
    if words[0] == "run":
        PIPELINE.stage(words[1]).function()
        for target in LAZY.get(words[1], ()):
            load(f"realsyn_tasks.{target}")("The dog stands in the evening.")


def peak_mb() -> float:
    """Give the peak memory of this process; getrusage would give its parent's, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def cpu() -> float:
    """Give the CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def bytes_read() -> int:
    """Give the bytes that this process has read, from files or their cache."""
    return int(Path("/proc/self/io").read_text().split()[1])


def main() -> None:
    """Run the command that the process was given."""
    started = time.monotonic()
    deploy()
    metered(sys.argv[1:], cli.main, started)


def metered(words: Sequence[str], run: Callable[[], None], started: float) -> None:
    """Run a command and note what it cost."""
    import_all(words)
    startup, read_before = cpu(), bytes_read()
    startup_mb = peak_mb()
    code: Any = 1
    try:
        run()
        code = 0
    except SystemExit as left:
        code = left.code or 0
        raise
    finally:
        line = {
            "words": list(words),
            "code": code,
            "cpu_seconds": cpu() - startup,
            "startup_seconds": startup,
            "wall": time.monotonic() - started,
            "peak_rss_mb": peak_mb(),
            "startup_rss_mb": startup_mb,
            "bytes_read": bytes_read() - read_before,
            "bytes_written": written["bytes"],
            "objects": written["objects"],
            "requests": {kind: requests[kind] for kind in ("get", "put", "head", "list", "delete")},
        }
        with open(os.environ[METER], "a", encoding="utf-8") as meter:
            meter.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
