"""One way to read and write any root, file:// or s3://.

Three promises hold on both: an object appears whole or not at all, `put_if_absent` has exactly
one winner, and what was written is verified before anybody is told of it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow.fs as pafs

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.prefixes import allowed

CHUNK = 1 << 22


class ObjectRef(Frozen):
    """An object that a marker vouches for; its path is relative to the root."""

    path: str
    size: int
    sha256: str
    rows: int | None = None
    row_groups: tuple[int, ...] | None = None  # per partition, for keyed tables


class Storage:
    """The objects below one root. Paths are relative, with forward slashes."""

    def __init__(self, base: str, uri: str) -> None:
        self._base = base.rstrip("/")
        self.uri = uri.rstrip("/")

    @staticmethod
    def at(uri: str) -> Storage:
        """Open a root by URI or plain path.

        Raises ConfigError for a scheme that is neither file nor s3, a spelling that is no place,
        and a place outside of the prefixes that this deployment names.
        """
        uri = allowed(uri)
        if "://" not in uri:
            uri = Path(uri).resolve().as_uri()
        scheme = uri.split("://", 1)[0]
        if scheme == "file":
            return LocalStorage(uri)
        if scheme == "s3":
            from realsyn_tasks.core.s3 import S3Storage

            return S3Storage(uri)
        raise ConfigError(f"storage root {uri!r}: use a file:// or s3:// URI, or a plain path")

    def _full(self, path: str) -> str:
        return f"{self._base}/{path}" if path else self._base

    def read(self, path: str) -> bytes:
        """Read a whole object; FileNotFoundError if it is not there."""
        raise NotImplementedError

    def read_each(self, paths: Sequence[str]) -> list[bytes | None]:
        """Read small objects, several at once where that helps; None for one that is gone."""
        raise NotImplementedError

    def read_folder(self, prefix: str) -> dict[str, bytes]:
        """Read all small objects directly below a prefix, by path."""
        paths = [path for path, _ in self.listing(prefix)]
        found = zip(paths, self.read_each(paths), strict=True)
        return {path: data for path, data in found if data is not None}

    def open(self, path: str) -> Any:
        """Open an object for random reads, as a binary Python file."""
        raise NotImplementedError

    def size(self, path: str) -> int | None:
        """Give the size of an object in bytes, or None where there is none."""
        raise NotImplementedError

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        """Give the sizes of objects, several at once where that helps."""
        return [self.size(path) for path in paths]

    def exists(self, path: str) -> bool:
        """Say whether there is an object."""
        return self.size(path) is not None

    def listing(self, prefix: str, recursive: bool = False) -> list[tuple[str, int]]:
        """List the objects below a prefix with their sizes, sorted by path.

        Meant for markers and for crawls; data is found through markers only.
        """
        raise NotImplementedError

    def folders(self, prefix: str) -> list[str]:
        """List the folders directly below a prefix, sorted."""
        raise NotImplementedError

    def upload(self, source: Path, path: str) -> ObjectRef:
        """Store a local file as a new object, and verify its size and checksum."""
        raise NotImplementedError

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Create an object unless there is one; True for the only winner."""
        raise NotImplementedError

    def replace(self, path: str, data: bytes) -> None:
        """Write an object whole, whatever was there. For pointers and progress, never data."""
        raise NotImplementedError

    def delete(self, path: str) -> None:
        """Remove an object; nothing happens where there is none."""
        raise NotImplementedError

    def delete_if(self, path: str, data: bytes) -> bool:
        """Remove an object if it still holds these bytes; True if it is gone then."""
        raise NotImplementedError

    def copy(self, reference: ObjectRef, path: str) -> ObjectRef:
        """Copy a committed object to another path of this root, and verify it."""
        raise NotImplementedError

    def verify(self, reference: ObjectRef, checksum: bool = False) -> None:
        """Raise DamagedObject unless the object has the size (and checksum) it should have."""
        size = self.size(reference.path)
        if size != reference.size:
            found = "missing" if size is None else f"{size} bytes"
            raise DamagedObject(reference.path, f"expected {reference.size} bytes, found {found}")
        if checksum:
            with self.open(reference.path) as source:
                if sha256_of(source) != reference.sha256:
                    raise DamagedObject(reference.path, "its checksum differs")


class LocalStorage(Storage):
    """A root in a folder. Atomic by rename, exclusive by hard link, durable by fsync."""

    def __init__(self, uri: str) -> None:
        self._fs, base = pafs.FileSystem.from_uri(uri)
        super().__init__(base, uri)

    def _full(self, path: str) -> str:
        return f"{self._base}/{path}" if path else self._base

    def read(self, path: str) -> bytes:
        with self.open(path) as source:
            return cast(bytes, source.read())

    def read_each(self, paths: Sequence[str]) -> list[bytes | None]:
        return [self._read_or_none(path) for path in paths]

    def _read_or_none(self, path: str) -> bytes | None:
        try:
            return self.read(path)
        except FileNotFoundError:
            return None

    def open(self, path: str) -> Any:
        return self._fs.open_input_file(self._full(path))

    def size(self, path: str) -> int | None:
        info = self._fs.get_file_info(self._full(path))
        return info.size if info.type == pafs.FileType.File else None

    def listing(self, prefix: str, recursive: bool = False) -> list[tuple[str, int]]:
        found = self._infos(prefix, recursive)
        files = [(path, info.size) for path, info in found if info.is_file]
        return sorted((path, size) for path, size in files if self._inside(path))

    def _inside(self, path: str) -> bool:
        """Say whether a path really is below the root; a crawl may hold links to anywhere."""
        real = os.path.realpath(self._full(path))
        return real.startswith(os.path.realpath(self._base) + os.sep)

    def folders(self, prefix: str) -> list[str]:
        found = self._infos(prefix, recursive=False)
        return sorted(path for path, info in found if info.type == pafs.FileType.Directory)

    def _infos(self, prefix: str, recursive: bool) -> list[tuple[str, Any]]:
        selector = pafs.FileSelector(self._full(prefix), allow_not_found=True, recursive=recursive)
        start = len(self._base) + 1
        return [(info.path[start:], info) for info in self._fs.get_file_info(selector)]

    def delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._fs.delete_file(self._full(path))

    def delete_if(self, path: str, data: bytes) -> bool:
        found = self._read_or_none(path)
        if found == data:
            self.delete(path)
        return found in {None, data}

    def upload(self, source: Path, path: str) -> ObjectRef:
        target = self._parent_of(path)
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        shutil.copyfile(source, temporary)
        _sync(temporary)
        os.replace(temporary, target)
        with source.open("rb") as original:
            expected = sha256_of(original)
        reference = ObjectRef(path=path, size=source.stat().st_size, sha256=expected)
        self.verify(reference, checksum=True)
        return reference

    def put_if_absent(self, path: str, data: bytes) -> bool:
        target = self._parent_of(path)
        temporary = self._write_beside(target, data)
        try:
            os.link(temporary, target)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
        return True

    def replace(self, path: str, data: bytes) -> None:
        target = self._parent_of(path)
        os.replace(self._write_beside(target, data), target)

    def copy(self, reference: ObjectRef, path: str) -> ObjectRef:
        self.upload(Path(self._full(reference.path)), path)
        copied = reference.model_copy(update={"path": path})
        self.verify(copied, checksum=True)
        return copied

    def _parent_of(self, path: str) -> Path:
        target = Path(self._full(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    @staticmethod
    def _write_beside(target: Path, data: bytes) -> Path:
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        temporary.write_bytes(data)
        _sync(temporary)
        return temporary


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(source: BinaryIO | Any) -> str:
    """Digest a file's content, in hex."""
    hasher = hashlib.sha256()
    while chunk := source.read(CHUNK):
        hasher.update(chunk)
    return hasher.hexdigest()
