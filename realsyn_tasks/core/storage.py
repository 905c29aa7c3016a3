"""Objects below a root, file:// or s3://: bytes, names and sizes, in both planes.

Three promises hold on both: an object appears whole or not at all, `put_if_absent` has exactly
one winner, and what was written is verified before anybody is told of it. Files are in
core.files, S3 in core.s3; Parquet is opened by core.arrow_files, which needs pyarrow.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.prefixes import allowed

CHUNK = 1 << 22
Item = TypeVar("Item")
Answer = TypeVar("Answer")
Tagged = tuple[str, str, bytes]  # name below a prefix, tag, content


class ObjectRef(Frozen):
    """An object that a marker vouches for; its path is relative to the root."""

    path: str
    size: int
    sha256: str
    rows: int | None = None


class Storage:
    """The objects below one root. Paths are relative, with forward slashes."""

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")

    @staticmethod
    def at(uri: str) -> Storage:
        """Open a root by URI or plain path.

        Raises ConfigError for a scheme that is neither file nor s3, a spelling that is no place,
        and a place outside of the prefixes that this deployment names.
        """
        uri = allowed(uri)
        if "://" not in uri:
            uri = Path(os.path.realpath(uri)).as_uri()  # which minds no links in a circle
        scheme = uri.split("://", 1)[0]
        if scheme == "file":
            from realsyn_tasks.core.files import LocalStorage

            return LocalStorage(uri)
        if scheme == "s3":
            from realsyn_tasks.core.s3 import S3Storage

            return S3Storage(uri)
        raise ConfigError(f"storage root {uri!r}: use a file:// or s3:// URI, or a plain path")

    def read(self, path: str) -> bytes:
        """Read a whole object; FileNotFoundError if it is not there."""
        raise NotImplementedError

    def read_each(self, paths: Sequence[str]) -> list[bytes | None]:
        """Read small objects, several at once where that helps; None for one that is gone."""
        raise NotImplementedError

    def each(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
        """Do something with each of some small objects, several at once where that helps."""
        return [function(item) for item in items]

    def contents(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Read the small objects directly below a prefix one by one, sorted by path."""
        raise NotImplementedError

    def tags(self, prefix: str) -> dict[str, str]:
        """List the objects directly below a prefix by name, each with what changes if it does.

        Empty is the tag of one that may yet change without its tag doing so.
        """
        raise NotImplementedError

    def tag(self, path: str) -> str:
        """Give the tag of one object; empty too where there is none."""
        raise NotImplementedError

    def written(self, path: str) -> float | None:
        """Tell when an object was written, in seconds since 1970; None where there is none.

        For people to see: nothing that is made may depend on it.
        """
        raise NotImplementedError

    def stamp(self, prefix: str) -> str:
        """Give what changes if an object directly below a prefix comes, goes or is replaced.

        Empty where that cannot be told by one look.
        """
        return ""

    def read_tagged(self, prefix: str, names: Sequence[str]) -> Iterator[Tagged]:
        """Read small objects directly below a prefix, without those that are gone."""
        raise NotImplementedError

    def tagged_contents(self, prefix: str) -> Iterator[Tagged]:
        """Read all small objects directly below a prefix, sorted by name."""
        raise NotImplementedError

    def read_folder(self, prefix: str) -> dict[str, bytes]:
        """Read all small objects directly below a prefix, by path."""
        return dict(self.contents(prefix))

    def open(self, path: str, size: int | None = None) -> BinaryIO:
        """Open an object for random reads; FileNotFoundError if it is not there.

        Whoever knows its size saves a look at it.
        """
        raise NotImplementedError

    def local(self, reference: ObjectRef, folder: Path) -> Path:
        """Give a committed object as a local file: itself, or a copy in a folder, read at once.

        Raises DamagedObject if it is not as committed.
        """
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

    def content(self, path: str) -> str:
        """Tell what an object holds: by its SHA-256, or by what its endpoint says of it.

        An endpoint's word spares reading it; then the same bytes may be told otherwise elsewhere.
        """
        with self.open(path) as source:
            return sha256_of(source)

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

    def sweep(self, prefix: str) -> None:
        """Remove what writers that are gone have left unfinished directly below a prefix."""

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
            actual = "missing" if size is None else f"{size} bytes"
            raise DamagedObject(reference.path, f"expected {reference.size} bytes, found {actual}")
        if checksum:
            with self.open(reference.path) as source:
                if sha256_of(source) != reference.sha256:
                    raise DamagedObject(reference.path, "its checksum differs")


def sha256_of(source: BinaryIO) -> str:
    """Digest a file's content, in hex."""
    hasher = hashlib.sha256()
    while chunk := source.read(CHUNK):
        hasher.update(chunk)
    return hasher.hexdigest()
