"""Where a hub's models are got from: the hub itself, or a mirror of it in a bucket or folder.

REALSYN_MODELS names a mirror, s3:// or file://, and then the hub is never asked:

    {mirror}/OWNER/NAME/COMMIT/FILE          a repository's files, as they are
                              /SHA256SUMS    their digests, as `sha256sum` writes them
                       /refs/main            the commit that is meant where none is named
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.storage import CHUNK, Storage
from realsyn_tasks.models.hub_cache import MAIN

VARIABLE, ENDPOINT, TOKEN = "REALSYN_MODELS", "HF_ENDPOINT", "HF_TOKEN"
SUMS = "SHA256SUMS"
PARTIAL, DENIED, MISSING = 206, (401, 403), 404
TIMEOUT = 60.0  # seconds without a byte


@dataclass(frozen=True)
class Remote:
    """A file of a repository; what is not known of it is empty."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""  # git's SHA-1 of a small file


@dataclass(frozen=True)
class Listing:
    """The files of a repository at a commit."""

    commit: str
    files: tuple[Remote, ...]


class Hub(Protocol):
    """A place that has repositories of models."""

    def listing(self, repository: str, revision: str) -> Listing:
        """List a commit, or the one behind a name; ConfigError if there is none."""
        ...

    def parts(self, repository: str, commit: str, file: Remote, start: int) -> Iterator[bytes]:
        """Read a file from a byte on. Raises TransientError where it breaks off."""
        ...


def hub() -> Hub:
    """Give the mirror that the environment names, or the hub."""
    mirror = os.environ.get(VARIABLE, "")
    return Mirror(mirror) if mirror else WebHub(os.environ.get(ENDPOINT, "https://huggingface.co"))


class Mirror:
    """A bucket or a folder."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._storage = Storage.at(uri)

    def listing(self, repository: str, revision: str) -> Listing:
        """List what lies there."""
        commit = self._commit(repository, revision)
        place = f"{repository}/{commit}"
        sizes = {name.removeprefix(f"{place}/"): size for name, size in self._all(place)}
        if not sizes:
            raise ConfigError(
                f"{self._uri}/{place} has no files: put the repository's there, with {SUMS}"
            )
        sums = self._sums(place) if SUMS in sizes else {}
        files = [Remote(n, size, sums.get(n, "")) for n, size in sorted(sizes.items()) if n != SUMS]
        return Listing(commit, tuple(files))

    def parts(self, repository: str, commit: str, file: Remote, start: int) -> Iterator[bytes]:
        """Read an object."""
        with self._storage.open(f"{repository}/{commit}/{file.name}", file.size) as source:
            source.seek(start)
            while chunk := source.read(CHUNK):
                yield chunk

    def _all(self, place: str) -> list[tuple[str, int]]:
        return self._storage.listing(place, recursive=True)

    def _commit(self, repository: str, revision: str) -> str:
        name = revision or MAIN
        try:
            return self._storage.read(f"{repository}/refs/{name}").decode().strip()
        except FileNotFoundError:
            if revision:
                return revision
        raise ConfigError(
            f"{self._uri}/{repository}/refs/{MAIN} is not there: write a commit into it, or declare"
            " the card's revision"
        )

    def _sums(self, place: str) -> dict[str, str]:
        lines = self._storage.read(f"{place}/{SUMS}").decode().splitlines()
        pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
        return {name.lstrip("*").removeprefix("./"): digest for digest, name in pairs}


class WebHub:
    """huggingface.co, or what HF_ENDPOINT names; HF_TOKEN opens what access is granted to."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")

    def listing(self, repository: str, revision: str) -> Listing:
        """Ask for sizes and digests of a commit's files."""
        path = f"api/models/{repository}/revision/{quote(revision or MAIN, safe='')}?blobs=true"
        with self._answer(path, repository, 0) as answer:
            told = json.loads(answer.read())
        return Listing(str(told["sha"]), tuple(_remote(each) for each in told["siblings"]))

    def parts(self, repository: str, commit: str, file: Remote, start: int) -> Iterator[bytes]:
        """Read a file from a byte on; where the hub sends all of it, the first bytes are cut."""
        import urllib3

        path = f"{repository}/resolve/{commit}/{quote(file.name)}"
        with self._answer(path, repository, start) as answer:
            skip = 0 if answer.status == PARTIAL else start
            try:
                while chunk := answer.read1(CHUNK):
                    kept, skip = chunk[skip:], max(0, skip - len(chunk))
                    yield kept
            except urllib3.exceptions.HTTPError as error:
                raise TransientError(f"{repository} {file.name} broke off: {error}") from error

    @contextmanager
    def _answer(self, path: str, repository: str, start: int) -> Iterator[Any]:
        """Ask; a redirection elsewhere does not get the token (urllib3 takes it off)."""
        import urllib3

        token = os.environ.get(TOKEN, "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Range": f"bytes={start}-"} if start else {}
        url = f"{self._endpoint}/{path}"
        try:
            answer = urllib3.PoolManager().request(
                "GET", url, headers=headers, preload_content=False, timeout=TIMEOUT
            )
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(
                f"{self._endpoint} cannot be reached: {error}; where there is no network, name a"
                f" mirror in {VARIABLE} (s3://… or file://…)"
            ) from error
        with answer:
            _require_right(answer.status, repository, url)
            yield answer


def _require_right(status: int, repository: str, url: str) -> None:
    if status in DENIED:
        raise ConfigError(
            f"{repository}: the hub grants no access ({status}); accept its licence there, and give"
            f" the token in {TOKEN}"
        )
    if status == MISSING:
        raise ConfigError(f"{url} is not there: check the card's repository and revision")
    if status >= 400:
        raise TransientError(f"{url} answers {status}")


def _remote(told: dict[str, Any]) -> Remote:
    large = told.get("lfs") or {}
    size = int(large.get("size") or told.get("size") or 0)
    blob = "" if large else str(told.get("blobId") or "")
    return Remote(str(told["rfilename"]), size, str(large.get("sha256") or ""), blob)
