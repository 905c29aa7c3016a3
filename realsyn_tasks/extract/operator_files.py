"""Files and folders that the operator names in a stage's settings: lists, evaluation sets.

What they hold is part of what a run is made of. When a run is opened their digests go into its
configuration, and whoever reads them later checks that they are still the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, model_validator

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage


class OperatorFile(BaseModel):
    """A file or folder by URI (file://, s3:// or a path), and its digest once a run is opened.

    May be written as the URI alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str
    digest: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"uri": value} if isinstance(value, str) else value

    @property
    def name(self) -> str:
        """Give the last part of the URI, for messages and details."""
        return self.uri.rstrip("/").rsplit("/", 1)[-1]

    def pinned(self) -> OperatorFile:
        """Give the same with the digest of what it holds now; ConfigError if it is not there."""
        digest = hashlib.sha256()
        for path, data in _contents(self.uri):
            digest.update(_entry(path, data))
        return self.model_copy(update={"digest": digest.hexdigest()})

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Give the file, or each file of the folder by its path in it, in order of names.

        Raises ConfigError if there is none, and after the last one if the digest is another.
        """
        digest = hashlib.sha256()
        for path, data in _contents(self.uri):
            digest.update(_entry(path, data))
            yield path, data
        if self.digest and digest.hexdigest() != self.digest:
            raise ConfigError(
                f"{self.uri} has changed since the run was opened; open the run again, so that"
                " its stages use what is there now"
            )


def pinned_files(files: tuple[OperatorFile, ...]) -> tuple[OperatorFile, ...]:
    """Pin each file."""
    return tuple(file.pinned() for file in files)


def _contents(uri: str) -> Iterator[tuple[str, bytes]]:
    folder = Storage.at(uri)
    is_bucket = not urlsplit(uri).path.strip("/")
    try:
        if not is_bucket and folder.size("") is not None:
            yield uri.rstrip("/").rpartition("/")[2], folder.read("")
            return
        paths = sorted(path for path, _ in folder.listing("", recursive=True))
    except FileNotFoundError:
        paths = []
    if not paths:
        raise ConfigError(f"{uri} is neither a file nor a folder with files; correct the setting")
    for path in paths:
        yield path, folder.read(path)


def _entry(path: str, data: bytes) -> bytes:
    name = path.encode()
    return b"%d %s " % (len(name), name) + hashlib.sha256(data).digest()
