"""Roots in a folder: atomic by rename, exclusive by hard link, durable by fsync.

What is being written is called `.{name}.{32 hexadecimal digits}` and is locked by its writer, so
that leftovers of a process that was killed can be told from what is still being written.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import stat
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from realsyn_tasks.core.errors import ConfigError, explained
from realsyn_tasks.core.storage import CHUNK, ObjectRef, Storage, Tagged

if TYPE_CHECKING:
    from typing_extensions import Buffer

UNFINISHED = re.compile(r"\..+\.[0-9a-f]{32}")
SMALL = 1 << 16  # bytes
MANY = 64  # objects, for which it is worth while to open the folder that they are below
SETTLE_NS = 2_000_000_000  # until a change surely has another time: some file systems count seconds
Entry = os.DirEntry[str]


class LocalStorage(Storage):
    """A root in a folder."""

    def __init__(self, uri: str) -> None:
        base = unquote(uri.removeprefix("file://"))
        if not base.startswith("/"):
            raise ConfigError(f"storage root {uri!r}: a file:// URI has no host: file:///folder")
        super().__init__(uri)
        self._base = base.rstrip("/")

    def full(self, path: str) -> str:
        """Name the file that holds an object."""
        return f"{self._base}/{path}" if path else self._base

    # -- reading ----------------------------------------------------------------------------------

    def read(self, path: str) -> bytes:
        return _content(self.full(path))[1]

    def read_each(self, paths: Sequence[str]) -> list[bytes | None]:
        return [self._read_or_none(path) for path in paths]

    def _read_or_none(self, path: str) -> bytes | None:
        try:
            return self.read(path)
        except FileNotFoundError:
            return None

    def contents(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        for name, _, data in self.tagged_contents(prefix):
            yield f"{prefix}/{name}", data

    def tags(self, prefix: str) -> dict[str, str]:
        now, full = time.time_ns(), self.full(prefix)
        if prefix and not self._inside(full):
            return {}
        tags: dict[str, str] = {}
        with _opened(full) as folder:
            for name in [] if folder is None else sorted(os.listdir(folder)):
                if name[0] == ".":
                    continue
                try:
                    file_stat = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    if stat.S_ISLNK(file_stat.st_mode) and self._inside(f"{full}/{name}"):
                        file_stat = os.stat(name, dir_fd=folder)
                except FileNotFoundError:  # taken back at this moment
                    continue
                if stat.S_ISREG(file_stat.st_mode):
                    tags[name] = _tag(file_stat, now)
        return tags

    def tag(self, path: str) -> str:
        try:
            return _tag(os.stat(self.full(path)), time.time_ns())
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def written(self, path: str) -> float | None:
        try:
            return os.stat(self.full(path)).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return None

    def stamp(self, prefix: str) -> str:
        return self.tag(prefix)

    def read_tagged(self, prefix: str, names: Sequence[str]) -> Iterator[Tagged]:
        now = time.time_ns()
        for name in names:
            with suppress(FileNotFoundError):
                file_stat, data = _content(self.full(f"{prefix}/{name}"))
                yield name, _tag(file_stat, now), data

    def tagged_contents(self, prefix: str) -> Iterator[Tagged]:
        entries = [e for e in self._entries(prefix) if not e.name.startswith(".") and e.is_file()]
        return self.read_tagged(prefix, [entry.name for entry in entries])

    def open(self, path: str, size: int | None = None) -> BinaryIO:
        try:
            return io.BufferedReader(_Told(self.full(path)))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise explained(error) from error

    def local(self, reference: ObjectRef, folder: Path) -> Path:
        self.verify(reference)
        return Path(self.full(reference.path))

    def size(self, path: str) -> int | None:
        [size] = _sizes_in(None, [self.full(path)])
        return size

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        """Look at many objects from the folder that all are below, which shortens their ways."""
        if len(paths) < MANY:
            return [self.size(path) for path in paths]
        alike = os.path.commonprefix([min(paths), max(paths)])  # noqa: RUF071 (as many letters)
        common = alike.rpartition("/")[0]
        with _opened(self.full(common)) as folder:
            if folder is None:
                return [None] * len(paths)
            start = len(common)
            return list(_sizes_in(folder, [path[start:].lstrip("/") for path in paths]))

    # -- listing ----------------------------------------------------------------------------------

    def listing(self, prefix: str, recursive: bool = False) -> list[tuple[str, int]]:
        files = self._files(prefix, recursive, frozenset())
        return sorted((self._relative(e), size) for e in files if (size := _size(e)) is not None)

    def _files(self, prefix: str, recursive: bool, above: frozenset[str]) -> Iterator[Entry]:
        """Give the files below a folder, but for links into one of the folders `above` it."""
        real = os.path.realpath(self.full(prefix))
        for entry in self._entries(prefix) if real not in above else ():
            if entry.is_file():
                yield entry
            elif recursive and entry.is_dir():
                yield from self._files(self._relative(entry), recursive, above | {real})

    def folders(self, prefix: str) -> list[str]:
        entries = _scanned(self.full(prefix))
        return sorted(self._relative(entry) for entry in entries if entry.is_dir())

    def _entries(self, prefix: str) -> list[Entry]:
        """List what is in a folder by name, if it really is below the root.

        A crawl may hold links to anywhere; those that lead out of the root are left out.
        """
        folder = self.full(prefix)
        if prefix and not self._inside(folder):
            return []
        return [
            entry
            for entry in sorted(_scanned(folder), key=lambda entry: entry.name)
            if not entry.is_symlink() or self._inside(entry.path)
        ]

    def _inside(self, full: str) -> bool:
        real = os.path.realpath(full)
        return real.startswith(os.path.realpath(self._base) + os.sep)

    def _relative(self, entry: Entry) -> str:
        return entry.path[len(self._base) + 1 :]

    # -- writing ----------------------------------------------------------------------------------

    def upload(self, source: Path, path: str) -> ObjectRef:
        reference = self._stored(source, path)
        self.verify(reference, checksum=True)
        return reference

    def _stored(self, source: Path, path: str) -> ObjectRef:
        """Copy a file and say what was read of it, in one pass."""
        target, hasher, size = self._parent_of(path), hashlib.sha256(), 0
        with _unfinished(target) as file:
            with source.open("rb") as original:
                while chunk := original.read(CHUNK):
                    hasher.update(chunk)
                    size += file.write(chunk)
            _put(file, target)
        return ObjectRef(path=path, size=size, sha256=hasher.hexdigest())

    def put_if_absent(self, path: str, data: bytes) -> bool:
        target = self._parent_of(path)
        with _unfinished(target) as file:
            file.write(data)
            _to_disk(file)
            try:
                os.link(file.name, target)
            except FileExistsError:
                return False
            _sync(target.parent)
        return True

    def replace(self, path: str, data: bytes) -> None:
        target = self._parent_of(path)
        with _unfinished(target) as file:
            file.write(data)
            _put(file, target)

    def copy(self, reference: ObjectRef, path: str) -> ObjectRef:
        self._stored(Path(self.full(reference.path)), path)
        copied = reference.model_copy(update={"path": path})
        self.verify(copied, checksum=True)
        return copied

    def delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.full(path))

    def delete_if(self, path: str, data: bytes) -> bool:
        content = self._read_or_none(path)
        if content == data:
            self.delete(path)
        return content in {None, data}

    def sweep(self, prefix: str) -> None:
        for entry in self._entries(prefix):
            if UNFINISHED.fullmatch(entry.name):
                with suppress(OSError):  # its writer is at work, or somebody else has removed it
                    _remove_unless_locked(entry.path)

    def _parent_of(self, path: str) -> Path:
        """Make the folders that a path needs, each of them lasting."""
        target = Path(self.full(path))
        missing = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            _sync(folder.parent)
        return target


class _Told(io.FileIO):
    """A file of which what the disk does is told by its class, as S3's troubles are.

    Readers of crawls take an OSError for the damage of a file, which costs its documents for good.
    """

    def readinto(self, buffer: Buffer) -> int:
        try:
            return super().readinto(buffer) or 0
        except OSError as error:
            raise explained(error, f"{self.name}: ") from error

    def readall(self) -> bytes:
        try:
            return super().readall() or b""
        except OSError as error:
            raise explained(error, f"{self.name}: ") from error


def _scanned(folder: str) -> list[Entry]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _content(path: str) -> tuple[os.stat_result, bytes]:
    """Read a small file without the buffers that `open` makes for it, which take as long again."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        file_stat, data = os.fstat(descriptor), os.read(descriptor, SMALL)
        while len(data) >= SMALL and (more := os.read(descriptor, CHUNK)):
            data += more
    finally:
        os.close(descriptor)
    return file_stat, data


def _tag(file_stat: os.stat_result, now: int) -> str:
    """Tell a file or folder as it is; empty while another change would have the same time."""
    changed = file_stat.st_mtime_ns
    if now - changed < SETTLE_NS:
        return ""
    numbers = (file_stat.st_size, changed, file_stat.st_ino)
    return "%x.%x.%x" % numbers  # noqa: UP031 (a third of the time, for each of a million)


@contextmanager
def _opened(folder: str) -> Iterator[int | None]:
    """Open a folder to look at what is below it; None where there is none."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sizes_in(folder: int | None, paths: Iterable[str]) -> Iterator[int | None]:
    """Give the bytes of files below an open folder, or at whole paths; None where none is.

    All in one loop: of a million, a call more for each takes a tenth of the time.
    """
    for path in paths:
        try:
            file_stat = os.stat(path, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            yield None
            continue
        yield file_stat.st_size if stat.S_ISREG(file_stat.st_mode) else None


def _size(entry: Entry) -> int | None:
    """Give the bytes of a file; None of one that is gone by now, as unfinished ones soon are."""
    try:
        return int(entry.stat().st_size)
    except FileNotFoundError:
        return None


@contextmanager
def _unfinished(target: Path) -> Iterator[BinaryIO]:
    """Give a file beside a target to write to; whatever is left of it at the end is removed."""
    file = _locked(target)
    try:
        with file:
            yield file
    finally:
        Path(file.name).unlink(missing_ok=True)


def _locked(target: Path) -> BinaryIO:
    """Make a new file beside a target and lock it; again, if a sweep came before the lock."""
    while True:
        file = target.with_name(f".{target.name}.{uuid.uuid4().hex}").open("xb")
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _put(file: BinaryIO, target: Path) -> None:
    _to_disk(file)
    os.replace(file.name, target)
    _sync(target.parent)


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _remove_unless_locked(path: str) -> None:
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
